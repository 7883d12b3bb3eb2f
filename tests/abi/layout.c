/*
 * Layouts of ABI 1 on LP64 with 8-byte alignment (x86-64, AArch64). A line that
 * fails here is a broken promise, not a number to correct: only a SIZE changes,
 * when members are appended, and each appended member gets a line. The value types
 * weir_str, weir_kv, weir_field and the lists never change at all. docs/abi.md.
 */
#include <weir/flusher.h>

#define SIZE(STRUCT, BYTES) _Static_assert(sizeof(struct STRUCT) == (BYTES), #STRUCT)
#define AT(STRUCT, MEMBER, BYTES) \
    _Static_assert(offsetof(struct STRUCT, MEMBER) == (BYTES), #STRUCT "." #MEMBER)
#define IS(NAME, VALUE) _Static_assert((NAME) == (VALUE), #NAME)

SIZE(weir_str, 16);
AT(weir_str, data, 0);
AT(weir_str, size, 8);

SIZE(weir_kv, 32);
AT(weir_kv, key, 0);
AT(weir_kv, value, 16);

SIZE(weir_field, 32);
AT(weir_field, key, 0);
AT(weir_field, value, 16);

SIZE(weir_error, 24);
AT(weir_error, struct_size, 0);
AT(weir_error, code, 4);
AT(weir_error, text, 8);
AT(weir_error, text_max, 16);

SIZE(weir_log, 24);
AT(weir_log, time_s, 0);
AT(weir_log, time_ns, 4);
AT(weir_log, n_contents, 8);
AT(weir_log, reserved, 12);
AT(weir_log, contents, 16);

SIZE(weir_group, 104);
AT(weir_group, struct_size, 0);
AT(weir_group, n_logs, 4);
AT(weir_group, log_stride, 8);
AT(weir_group, n_tags, 12);
AT(weir_group, logs, 16);
AT(weir_group, tags, 24);
AT(weir_group, topic, 32);
AT(weir_group, category, 48);
AT(weir_group, source, 64);
AT(weir_group, machine_uuid, 80);
AT(weir_group, bytes, 96);

SIZE(weir_batch, 96);
AT(weir_batch, struct_size, 0);
AT(weir_batch, flags, 4);
AT(weir_batch, id, 8);
AT(weir_batch, deadline_ns, 16);
AT(weir_batch, project, 24);
AT(weir_batch, logstore, 40);
AT(weir_batch, config, 56);
AT(weir_batch, logstore_key, 72);
AT(weir_batch, groups, 80);
AT(weir_batch, n_groups, 88);
AT(weir_batch, attempt, 92);

SIZE(weir_result, 32);
AT(weir_result, struct_size, 0);
AT(weir_result, code, 4);
AT(weir_result, retry_after_ns, 8);
AT(weir_result, text, 16);
AT(weir_result, text_max, 24);

SIZE(weir_host, 128);
AT(weir_host, struct_size, 0);
AT(weir_host, abi_minor, 4);
AT(weir_host, handle, 8);
AT(weir_host, name, 16);
AT(weir_host, version, 24);
AT(weir_host, log, 32);
AT(weir_host, log_enabled, 40);
AT(weir_host, metric, 48);
AT(weir_host, record, 56);
AT(weir_host, now_ns, 64);
AT(weir_host, wall_ns, 72);
AT(weir_host, settle, 80);
AT(weir_host, mark, 88);
AT(weir_host, notify_ready, 96);
AT(weir_host, alive, 104);
AT(weir_host, nap, 112);
AT(weir_host, data_dir, 120);

SIZE(weir_str_list, 16);
AT(weir_str_list, items, 0);
AT(weir_str_list, count, 8);

SIZE(weir_str_map, 16);
AT(weir_str_map, items, 0);
AT(weir_str_map, count, 8);

SIZE(weir_object_list, 16);
AT(weir_object_list, items, 0);
AT(weir_object_list, count, 8);

SIZE(weir_option, 112);
AT(weir_option, name, 0);
AT(weir_option, type, 8);
AT(weir_option, flags, 12);
AT(weir_option, offset, 16);
AT(weir_option, present_offset, 20);
AT(weir_option, default_text, 24);
AT(weir_option, min, 32);
AT(weir_option, max, 40);
AT(weir_option, unit, 48);
AT(weir_option, choices, 56);
AT(weir_option, fields, 64);
AT(weir_option, n_fields, 72);
AT(weir_option, fields_size, 76);
AT(weir_option, help, 80);
AT(weir_option, since, 88);
AT(weir_option, replaced_by, 96);
AT(weir_option, example, 104);

SIZE(weir_context, 120);
AT(weir_context, struct_size, 0);
AT(weir_context, reserved, 4);
AT(weir_context, host, 8);
AT(weir_context, options, 16);
AT(weir_context, options_json, 24);
AT(weir_context, project, 40);
AT(weir_context, logstore, 56);
AT(weir_context, config, 72);
AT(weir_context, logstore_key, 88);
AT(weir_context, lane, 96);
AT(weir_context, error, 112);

SIZE(weir_flusher_class, 104);
AT(weir_flusher_class, struct_size, 0);
AT(weir_flusher_class, flags, 4);
AT(weir_flusher_class, type, 8);
AT(weir_flusher_class, version, 16);
AT(weir_flusher_class, description, 24);
AT(weir_flusher_class, instance_size, 32);
AT(weir_flusher_class, options_size, 36);
AT(weir_flusher_class, options, 40);
AT(weir_flusher_class, n_options, 48);
AT(weir_flusher_class, option_stride, 52);
AT(weir_flusher_class, init, 56);
AT(weir_flusher_class, is_ready, 64);
AT(weir_flusher_class, flush, 72);
AT(weir_flusher_class, set_urgent, 80);
AT(weir_flusher_class, stop, 88);
AT(weir_flusher_class, probe, 96);

SIZE(weir_plugin, 64);
AT(weir_plugin, struct_size, 0);
AT(weir_plugin, abi_minor, 4);
AT(weir_plugin, needs_minor, 8);
AT(weir_plugin, n_classes, 12);
AT(weir_plugin, classes, 16);
AT(weir_plugin, name, 24);
AT(weir_plugin, version, 32);
AT(weir_plugin, vendor, 40);
AT(weir_plugin, license, 48);
AT(weir_plugin, url, 56);

IS(WEIR_BATCH_URGENT, 1);
IS(WEIR_BATCH_REPLAY, 2);

IS(WEIR_LOG_ERROR, 0);
IS(WEIR_LOG_WARN, 1);
IS(WEIR_LOG_INFO, 2);
IS(WEIR_LOG_DEBUG, 3);

IS(WEIR_METRIC_COUNTER, 1);
IS(WEIR_METRIC_GAUGE, 2);
IS(WEIR_METRIC_HISTOGRAM, 3);

IS(WEIR_OPTION_BOOL, 1);
IS(WEIR_OPTION_INT, 2);
IS(WEIR_OPTION_UINT, 3);
IS(WEIR_OPTION_FLOAT, 4);
IS(WEIR_OPTION_SIZE, 5);
IS(WEIR_OPTION_DURATION, 6);
IS(WEIR_OPTION_STRING, 7);
IS(WEIR_OPTION_ENUM, 8);
IS(WEIR_OPTION_STRING_LIST, 9);
IS(WEIR_OPTION_STRING_MAP, 10);
IS(WEIR_OPTION_OBJECT, 11);
IS(WEIR_OPTION_OBJECT_LIST, 12);
IS(WEIR_OPTION_JSON, 13);

IS(WEIR_REQUIRED, 1);
IS(WEIR_SECRET, 2);
IS(WEIR_PATTERN, 4);

IS(WEIR_RETRY, 0);
IS(WEIR_DELIVERED, 1);
IS(WEIR_REJECTED, 2);
IS(WEIR_PENDING, 3);
IS(WEIR_BROKEN, 4);

IS(WEIR_CONCURRENT, 1);
IS(WEIR_ASYNC, 2);
IS(WEIR_NET, 4);
IS(WEIR_FS_WRITE, 8);
IS(WEIR_STDOUT, 16);
