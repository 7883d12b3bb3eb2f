/* Its license is a sentence. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

static const struct weir_flusher_class *const classes[] = {&animal_class};
static const struct weir_plugin licensed = {.struct_size = sizeof licensed,
    .abi_minor = WEIR_ABI_MINOR,
    .n_classes = 1,
    .classes = classes,
    .name = "zoo",
    .version = "1.0.0",
    .license = "MIT License, see LICENSE"};

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)

const struct weir_plugin *weir_plugin_register_v1(
    const struct weir_host *host, struct weir_error *error)
{
    (void)host;
    (void)error;
    return &licensed;
}
