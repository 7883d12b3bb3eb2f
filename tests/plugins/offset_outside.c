#include "good.h"

static const struct weir_option rows[] = {
    WEIR_OPTION_BOOL_ROW(struct good_options, flag, "Flag", "false", "Flag"),
    {.name = "Far", .type = WEIR_OPTION_UINT, .offset = 4096, .present_offset = WEIR_NO_OFFSET},
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_offset_outside"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("offset_outside", "1.0.0", "flusher_offset_outside", &broken);
