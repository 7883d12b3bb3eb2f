/* Writes where its child process answers. */
#include "good.h"

#include <unistd.h>

__attribute__((constructor)) static void early(void)
{
    (void)!write(3, "{}\n", 3);
}

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_garbles")};

WEIR_PLUGIN("garbles", "1.0.0", "flusher_garbles", &broken);
