#include "good.h"

static const struct weir_option rows[] = {
    {.name = "Odd", .type = 99, .present_offset = WEIR_NO_OFFSET},
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_option_unknown"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("option_unknown", "1.0.0", "flusher_option_unknown", &broken);
