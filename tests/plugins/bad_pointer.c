#include "good.h"

static const struct weir_flusher_class one = {GOOD_CLASS("flusher_bad_pointer")};
static const struct weir_flusher_class *const classes[] = {&one};
static const struct weir_plugin broken = {GOOD_PLUGIN(classes), .classes = (const void *)16};

REGISTER("flusher_bad_pointer", &broken);
