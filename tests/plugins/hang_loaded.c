#include "good.h"

#include <unistd.h>

__attribute__((constructor)) static void early(void)
{
    for (;;)
        pause();
}

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_hang_loaded")};

WEIR_PLUGIN("hang_loaded", "1.0.0", "flusher_hang_loaded", &broken);
