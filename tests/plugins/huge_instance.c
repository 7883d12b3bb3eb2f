#include "good.h"

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_huge_instance"), .instance_size = 1u << 30};

WEIR_PLUGIN("huge_instance", "1.0.0", "flusher_huge_instance", &broken);
