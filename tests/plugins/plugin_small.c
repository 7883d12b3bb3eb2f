#include "good.h"

static const struct weir_flusher_class one = {GOOD_CLASS("flusher_plugin_small")};
static const struct weir_flusher_class *const classes[] = {&one};
static const struct weir_plugin broken = {GOOD_PLUGIN(classes), .struct_size = 16};

REGISTER("flusher_plugin_small", &broken);
