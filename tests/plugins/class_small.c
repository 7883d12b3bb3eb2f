#include "good.h"

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_class_small"), .struct_size = offsetof(struct weir_flusher_class, flush)};

WEIR_PLUGIN("class_small", "1.0.0", "flusher_class_small", &broken);
