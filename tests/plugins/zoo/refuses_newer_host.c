/* Wants no newer host than the one that it was built with. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)
REGISTER(
    animal_class, if (host->abi_minor > WEIR_ABI_MINOR) {
        weir_refuse(error, EINVAL, "this host is newer than 1.%u", WEIR_ABI_MINOR);
        return NULL;
    } return &plugin);
