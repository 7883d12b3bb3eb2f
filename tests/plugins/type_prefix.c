#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_type_prefix"), .type = "acme"};

WEIR_PLUGIN("type_prefix", "1.0.0", "acme", &broken);
