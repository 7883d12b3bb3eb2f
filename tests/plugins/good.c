#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_good")};

WEIR_PLUGIN("good", "1.0.0", "flusher_good", &broken);
