/*
 * Making several logs of one: what processor_split_log_string and
 * processor_split_log_regex share. Belongs to one thread.
 */
#ifndef PROCESS_SPLIT_LOG_H
#define PROCESS_SPLIT_LOG_H

#include "process/failures.h"

/* Logs that one log may become, and contents of all of them; the rest stays in the last. */
#define SPLIT_LOGS_MAX 65536U
#define SPLIT_CONTENTS_MAX 1048576U

struct split_log_options {
    struct weir_str split_key;
    bool preserve_others, no_key_error, enable_log_position_meta;
};

/* The size of the piece that `text` starts with; *ret_skip is what is between it and the
 * next one. SIZE_MAX: nothing to make a log of. */
typedef size_t split_log_piece(struct processor *processor, struct weir_str text, size_t *ret_skip);

/* Rows of an option table whose struct has a `struct split_log_options` MEMBER. */
#define SPLIT_LOG_ROWS(STRUCT, MEMBER, PRESERVE_OTHERS) \
    WEIR_OPTION_STRING_ROW(STRUCT, MEMBER.split_key, "SplitKey", 0, "", \
        "Key of the field to split. Empty: the first field, whatever its key."), \
        WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER.preserve_others, "PreserveOthers", PRESERVE_OTHERS, \
            "Give all logs the other fields, too, and let logs without the field SplitKey " \
            "pass; otherwise both are lost."), \
        WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER.no_key_error, "NoKeyError", "false", \
            "Report logs without the field SplitKey."), \
        WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER.enable_log_position_meta, "EnableLogPositionMeta", \
            "false", "Correct the field __file_offset__ of each log to its own place.")

/* Replaces the logs of the batch by what they are split into. */
void split_log(struct processor *processor, struct failures *failures,
    const struct split_log_options *options, split_log_piece *piece, struct batch *batch);

#endif
