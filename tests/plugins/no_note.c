/* Made without the macro: types are known only once it is met. */
#include "good.h"

static const struct weir_flusher_class one = {GOOD_CLASS("flusher_hidden_type")};
static const struct weir_flusher_class *const classes[] = {&one};
static const struct weir_plugin plugin = {GOOD_PLUGIN(classes)};

const struct weir_plugin *weir_plugin_register_v1(
    const struct weir_host *host, struct weir_error *error)
{
    (void)host;
    (void)error;
    return &plugin;
}
