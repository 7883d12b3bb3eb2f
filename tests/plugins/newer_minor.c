#include "good.h"

static const struct weir_flusher_class one = {GOOD_CLASS("flusher_newer_minor")};
static const struct weir_flusher_class *const classes[] = {&one};
static const struct weir_plugin broken = {GOOD_PLUGIN(classes), .needs_minor = 99};

REGISTER("flusher_newer_minor", &broken);
