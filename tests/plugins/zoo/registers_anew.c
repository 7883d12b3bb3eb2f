/* Each registration returns a table at another place. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};
static struct weir_plugin tables[16];
static unsigned n_tables;

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)
REGISTER(animal_class, tables[n_tables % 16] = plugin; return &tables[n_tables++ % 16]);
