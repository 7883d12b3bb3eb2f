#include "good.h"

static const struct weir_flusher_class one = {GOOD_CLASS("flusher_no_classes")};
static const struct weir_flusher_class *const classes[] = {&one};
static const struct weir_plugin broken = {GOOD_PLUGIN(classes), .n_classes = 0};

REGISTER("flusher_no_classes", &broken);
