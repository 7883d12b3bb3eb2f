#include "good.h"

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_text_bytes"), .description = "caf\xe9"};

WEIR_PLUGIN("text_bytes", "1.0.0", "flusher_text_bytes", &broken);
