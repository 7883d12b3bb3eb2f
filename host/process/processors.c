#include "process/builtin.h"

static const struct processor_class *const classes[] = {
    &processor_add_fields,
    &processor_appender,
    &processor_base64_decoding,
    &processor_base64_encoding,
    &processor_csv,
    &processor_default,
    &processor_desensitize,
    &processor_desensitize_native,
    &processor_dict_map,
    &processor_drop,
    &processor_fields_with_condition,
    &processor_filter_key_regex,
    &processor_filter_regex,
    &processor_filter_regex_native,
    &processor_gotime,
    &processor_grok,
    &processor_json,
    &processor_log_to_sls_metric,
    &processor_md5,
    &processor_packjson,
    &processor_parse_delimiter_native,
    &processor_parse_json_native,
    &processor_parse_regex_native,
    &processor_parse_timestamp_native,
    &processor_pick_key,
    &processor_rate_limit,
    &processor_regex,
    &processor_rename,
    &processor_split_char,
    &processor_split_key_value,
    &processor_split_log_regex,
    &processor_split_log_string,
    &processor_split_string,
    &processor_string_replace,
    &processor_strptime,
};

const struct processor_class *processor_class_at(size_t i)
{
    return i < ARRAY_SIZE(classes) ? classes[i] : NULL;
}
