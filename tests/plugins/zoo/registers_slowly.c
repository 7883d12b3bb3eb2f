/* Takes its time at registration. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)
REGISTER(animal_class, usleep(1300000); return &plugin);
