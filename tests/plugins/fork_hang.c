/* Hangs when it is loaded, together with a process of its own, whose number it writes to
 * the file that the environment names. */
#include "good.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void early(void)
{
    const char *path = getenv("WEIR_TEST_PID_FILE");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    pid_t child = fork();

    if (child > 0 && fd >= 0)
        dprintf(fd, "%d\n", (int)child);
    for (;;)
        pause();
}

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_fork_hang")};

WEIR_PLUGIN("fork_hang", "1.0.0", "flusher_fork_hang", &broken);
