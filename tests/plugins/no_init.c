#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_no_init"), .init = NULL};

WEIR_PLUGIN("no_init", "1.0.0", "flusher_no_init", &broken);
