/* Refuses a newer host, and says nothing. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)
REGISTER(animal_class, if (host->abi_minor > WEIR_ABI_MINOR) return NULL; return &plugin);
