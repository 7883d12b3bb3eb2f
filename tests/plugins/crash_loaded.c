#include "good.h"

#include <signal.h>

#include <unistd.h>

__attribute__((constructor)) static void early(void)
{
    (void)!write(2, "about to crash\n", 15);
    raise(SIGSEGV);
}

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_crash_loaded")};

WEIR_PLUGIN("crash_loaded", "1.0.0", "flusher_crash_loaded", &broken);
