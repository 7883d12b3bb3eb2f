/* Its tables lead nowhere, and it ends the process when that is noticed. */
#include "good.h"

#include <signal.h>
#include <unistd.h>

static void end(int number)
{
    (void)number;
    _exit(4);
}

__attribute__((constructor)) static void early(void)
{
    signal(SIGSEGV, end);
}

static const struct weir_plugin broken = {.struct_size = sizeof broken,
    .n_classes = 1,
    .classes = (const void *)16,
    .name = "exit_read",
    .version = "1.0.0"};

REGISTER("flusher_exit_read", &broken);
