#include "good.h"

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(struct good_options, name, "Name", 0, "", "Name"),
};

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_options_small"),
    GOOD_OPTIONS(rows), .options_size = sizeof(struct weir_str) - 1};

WEIR_PLUGIN("options_small", "1.0.0", "flusher_options_small", &broken);
