/* The built-in processors, one per file, and what their files have in common. */
#ifndef PROCESS_BUILTIN_H
#define PROCESS_BUILTIN_H

#include "base/util.h"
#include "process/process.h"

extern const struct processor_class processor_add_fields;
extern const struct processor_class processor_appender;
extern const struct processor_class processor_base64_decoding;
extern const struct processor_class processor_base64_encoding;
extern const struct processor_class processor_csv;
extern const struct processor_class processor_default;
extern const struct processor_class processor_desensitize;
extern const struct processor_class processor_desensitize_native;
extern const struct processor_class processor_dict_map;
extern const struct processor_class processor_drop;
extern const struct processor_class processor_fields_with_condition;
extern const struct processor_class processor_filter_key_regex;
extern const struct processor_class processor_filter_regex;
extern const struct processor_class processor_filter_regex_native;
extern const struct processor_class processor_gotime;
extern const struct processor_class processor_grok;
extern const struct processor_class processor_json;
extern const struct processor_class processor_log_to_sls_metric;
extern const struct processor_class processor_md5;
extern const struct processor_class processor_packjson;
extern const struct processor_class processor_parse_delimiter_native;
extern const struct processor_class processor_parse_json_native;
extern const struct processor_class processor_parse_regex_native;
extern const struct processor_class processor_parse_timestamp_native;
extern const struct processor_class processor_pick_key;
extern const struct processor_class processor_rate_limit;
extern const struct processor_class processor_regex;
extern const struct processor_class processor_rename;
extern const struct processor_class processor_split_char;
extern const struct processor_class processor_split_key_value;
extern const struct processor_class processor_split_log_regex;
extern const struct processor_class processor_split_log_string;
extern const struct processor_class processor_split_string;
extern const struct processor_class processor_string_replace;
extern const struct processor_class processor_strptime;

/* The config_class of a built-in whose option table is the array TABLE. */
#define BUILTIN_CONFIG(TYPE, DESCRIPTION, STRUCT, TABLE, CLASS) \
    { \
        .type = (TYPE), .description = (DESCRIPTION), .version = "1.0.0", .options = (TABLE), \
        .n_options = ARRAY_SIZE(TABLE), .option_stride = sizeof(struct weir_option), \
        .options_size = sizeof(STRUCT), .implementation = (CLASS), \
    }

#endif
