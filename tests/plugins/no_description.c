#include "good.h"

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_no_description"), .description = NULL};

WEIR_PLUGIN("no_description", "1.0.0", "flusher_no_description", &broken);
