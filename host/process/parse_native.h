/*
 * What upstream's parsers written in C++ (processor_parse_*_native) have in common: what
 * becomes of the parsed field, and that a log has each key once.
 */
#ifndef PROCESS_PARSE_NATIVE_H
#define PROCESS_PARSE_NATIVE_H

#include <weir/option.h>
#include "process/failures.h"

struct parse_native_options {
    struct weir_str source_key, renamed_source_key;
    bool keep_if_failed, keep_if_parsed, copy_raw_log;
};

/* Rows of an option table whose struct has a `struct parse_native_options` MEMBER. */
#define PARSE_NATIVE_ROWS(STRUCT, MEMBER) \
    WEIR_OPTION_STRING_ROW(STRUCT, MEMBER.source_key, "SourceKey", WEIR_REQUIRED, NULL, \
        "Key of the field to parse. A log without it stays as it is."), \
        WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER.keep_if_failed, "KeepingSourceWhenParseFail", "false", \
            "Keep the field when it cannot be parsed; otherwise its content is lost then, and " \
            "a log that has nothing else is dropped."), \
        WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER.keep_if_parsed, "KeepingSourceWhenParseSucceed", \
            "false", "Keep the field beside the new ones when it could be parsed."), \
        WEIR_OPTION_STRING_ROW(STRUCT, MEMBER.renamed_source_key, "RenamedSourceKey", 0, "", \
            "Key of the field when it is kept. Empty: SourceKey."), \
        WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER.copy_raw_log, "CopingRawLog", "false", \
            "With KeepingSourceWhenParseFail: add the content that cannot be parsed as the " \
            "field __raw_log__, too.")

/* One log being worked on. */
struct parse_native {
    const struct parse_native_options *options;
    struct batch *batch;
    struct weir_log *log;
    struct weir_str source_key; /* a copy in the batch, of what it is when it is kept */
    uint32_t source, n_before;  /* index of the content; contents there were */
    struct weir_str text;       /* its value */
};

/* The key for `source_key`. Before each batch. */
struct weir_str parse_native_source_key(
    const struct parse_native_options *options, struct batch *batch);
/* False: the log has no such field. */
bool parse_native_begin(struct parse_native *parse);

/* What becomes of the source, and of the contents that were appended since: they replace
 * those of their keys that were there before. When parsing failed they are taken away.
 * False: the log is to be dropped. */
bool parse_native_end(struct parse_native *parse, bool parsed);

#endif
