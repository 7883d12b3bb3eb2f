#include "good.h"

static const struct weir_option rows[] = {
    {.name = "Mode", .type = WEIR_OPTION_ENUM, .present_offset = WEIR_NO_OFFSET},
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_no_choices"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("no_choices", "1.0.0", "flusher_no_choices", &broken);
