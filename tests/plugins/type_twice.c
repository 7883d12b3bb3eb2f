#include "good.h"

static const struct weir_flusher_class one = {GOOD_CLASS("flusher_type_twice")};
static const struct weir_flusher_class *const classes[] = {&one, &one};
static const struct weir_plugin broken = {GOOD_PLUGIN(classes)};

REGISTER("flusher_type_twice", &broken);
