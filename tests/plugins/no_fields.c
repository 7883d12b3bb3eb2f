#include "good.h"

static const struct weir_option rows[] = {
    {.name = "Tls", .type = WEIR_OPTION_OBJECT, .present_offset = WEIR_NO_OFFSET, .fields_size = 8},
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_no_fields"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("no_fields", "1.0.0", "flusher_no_fields", &broken);
