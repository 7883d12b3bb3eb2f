/* Copies a host table by the size it knows, not by the size it is. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};
static volatile unsigned char seen;

static void read_on(const struct weir_host *host)
{
    const volatile unsigned char *bytes = (const volatile unsigned char *)host;

    seen = bytes[sizeof *host + 7];
}

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)
REGISTER(animal_class, read_on(host); return &plugin);
