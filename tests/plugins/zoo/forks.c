/* Each flush starts a program, and waits for it. */
#include "base.h"
#include <sys/wait.h>

static uint32_t forking_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = forking_flush);
