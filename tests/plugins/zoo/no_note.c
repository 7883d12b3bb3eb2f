/* Says nothing about itself in its file: no ELF note. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

REGISTER(animal_class, return &plugin);
