/* A note of the next major beside this major's symbol. */
#include "good.h"

#undef WEIR_ABI_MAJOR
#define WEIR_ABI_MAJOR 2u

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_note_v2")};

WEIR_PLUGIN("note_v2", "1.0.0", "flusher_note_v2", &broken);
