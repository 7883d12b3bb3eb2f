/* Fine by itself, but the type is another plugin's. */
#include "good.h"

static const struct weir_flusher_class again = {GOOD_CLASS("flusher_good")};

WEIR_PLUGIN("good_too", "2.0.0", "flusher_good", &again);
