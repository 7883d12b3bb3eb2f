/* The note says another version than the table. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

WEIR_NOTE_("zoo", "0.9.0", 0u, ANIMAL_TYPE)
REGISTER(animal_class, return &plugin);
