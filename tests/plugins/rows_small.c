#include "good.h"

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(struct good_options, name, "Name", 0, "", "Name"),
};

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_rows_small"), GOOD_OPTIONS(rows), .option_stride = 16};

WEIR_PLUGIN("rows_small", "1.0.0", "flusher_rows_small", &broken);
