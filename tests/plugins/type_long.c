#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_type_long"),
    .type = "flusher_a_name_that_goes_on_and_on_until_it_is_longer_than_a_name_may_be"};

WEIR_PLUGIN("type_long", "1.0.0", "flusher_type_long", &broken);
