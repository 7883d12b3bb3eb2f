#include "good.h"

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_note_own")};

WEIR_PLUGIN("note_other", "1.0.0", "flusher_note_other", &broken);
