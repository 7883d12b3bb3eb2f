/*
 * Not a plugin: a library whose debug information names every struct of ABI 1.0, for
 * abidw. check-abi.py compiles it, with the frozen headers and with today's.
 */
#include <weir/flusher.h>

WEIR_EXPORT struct weir_all {
    const struct weir_str *str;
    const struct weir_kv *kv;
    const struct weir_field *field;
    const struct weir_error *error;
    const struct weir_log *log;
    const struct weir_group *group;
    const struct weir_batch *batch;
    const struct weir_result *result;
    const struct weir_host *host;
    const struct weir_str_list *str_list;
    const struct weir_str_map *str_map;
    const struct weir_object_list *object_list;
    const struct weir_option *option;
    const struct weir_context *context;
    const struct weir_flusher_class *flusher_class;
    const struct weir_plugin *plugin;
    weir_plugin_register_fn *register_fn;
} weir_abi_all;
