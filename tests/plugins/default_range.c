#include "good.h"

static const struct weir_option rows[] = {
    WEIR_OPTION(
        struct good_options, count, "Count", WEIR_OPTION_UINT, 0, "0", "1", "9", NULL, "Count"),
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_default_range"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("default_range", "1.0.0", "flusher_default_range", &broken);
