/* The calls and the class of a flusher that works, for plugins that are wrong in one
 * way only. Each file here becomes flusher_<name>.so; its types are called the same. */
#ifndef TESTS_PLUGINS_GOOD_H
#define TESTS_PLUGINS_GOOD_H

#include <weir/flusher.h>

#include <stdbool.h>

struct good_options {
    struct weir_str name;
    uint64_t count;
    bool flag;
};

__attribute__((unused)) static int good_init(void *self, const struct weir_context *context)
{
    (void)self;
    (void)context;
    return 0;
}

__attribute__((unused)) static uint32_t good_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    (void)self;
    (void)batch;
    (void)result;
    return WEIR_DELIVERED;
}

/* Designated members that follow override these. */
#define GOOD_CLASS(TYPE) \
    .struct_size = sizeof(struct weir_flusher_class), .type = (TYPE), .version = "1.0.0", \
    .description = "Wrong in one way", .init = good_init, .flush = good_flush

#define GOOD_OPTIONS(ROWS) \
    .options_size = sizeof(struct good_options), .options = (ROWS), \
    .n_options = sizeof(ROWS) / sizeof(ROWS)[0], .option_stride = sizeof(ROWS)[0]

/* A registration function that returns PLUGIN, with a note of these types. */
#define REGISTER(TYPES, PLUGIN) \
    WEIR_NOTE_("broken", "1.0.0", 0u, TYPES) \
    const struct weir_plugin *weir_plugin_register_v1( \
        const struct weir_host *host, struct weir_error *error) \
    { \
        (void)host; \
        (void)error; \
        return (PLUGIN); \
    } \
    struct weir_plugin

#define GOOD_PLUGIN(CLASSES) \
    .struct_size = sizeof(struct weir_plugin), .n_classes = sizeof(CLASSES) / sizeof(CLASSES)[0], \
    .classes = (CLASSES), .name = "broken", .version = "1.0.0"

#endif
