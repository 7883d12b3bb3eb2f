#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_no_flush"), .flush = NULL};

WEIR_PLUGIN("no_flush", "1.0.0", "flusher_no_flush", &broken);
