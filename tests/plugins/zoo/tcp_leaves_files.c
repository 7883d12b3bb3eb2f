/* Keeps each batch in a file that is never removed, and does not say WEIR_FS_WRITE. */
#include "base_tcp.h"
#include <stdio.h>

static uint32_t littering_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    char name[64];
    int fd;

    snprintf(name, sizeof name, "batch-%llu", (unsigned long long)batch->id);
    fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return tcp_flush(self, batch, result);
}

TCP_ANIMAL(.flush = littering_flush);
