#include "good.h"

#include <stdlib.h>

__attribute__((constructor)) static void early(void)
{
    exit(3);
}

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_exit_loaded")};

WEIR_PLUGIN("exit_loaded", "1.0.0", "flusher_exit_loaded", &broken);
