#include "good.h"

static const struct weir_option rows[] = {
    {.name = "Crooked", .type = WEIR_OPTION_UINT, .offset = 1, .present_offset = WEIR_NO_OFFSET},
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_offset_unaligned"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("offset_unaligned", "1.0.0", "flusher_offset_unaligned", &broken);
