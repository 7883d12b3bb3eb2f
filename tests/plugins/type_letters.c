#include "good.h"

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_type_letters"), .type = "flusher_Type-letters"};

WEIR_PLUGIN("type_letters", "1.0.0", "flusher_type_letters", &broken);
