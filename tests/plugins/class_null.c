#include "good.h"

static const struct weir_flusher_class *const classes[] = {NULL};
static const struct weir_plugin broken = {GOOD_PLUGIN(classes)};

REGISTER("flusher_class_null", &broken);
