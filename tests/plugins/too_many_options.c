#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_too_many_options"),
    .n_options = 1u << 20, .option_stride = sizeof(struct weir_option)};

WEIR_PLUGIN("too_many_options", "1.0.0", "flusher_too_many_options", &broken);
