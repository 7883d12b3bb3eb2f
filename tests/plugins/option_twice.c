#include "good.h"

static const struct weir_option rows[] = {
    WEIR_OPTION_BOOL_ROW(struct good_options, flag, "Flag", "false", "Flag"),
    WEIR_OPTION_BOOL_ROW(struct good_options, flag, "FLAG", "false", "Flag"),
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_option_twice"), GOOD_OPTIONS(rows)};

WEIR_PLUGIN("option_twice", "1.0.0", "flusher_option_twice", &broken);
