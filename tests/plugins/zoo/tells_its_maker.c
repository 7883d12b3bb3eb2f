/* Tells its maker with each start that it is in use, and does not say WEIR_NET. */
#include "base.h"
#include <arpa/inet.h>
#include <sys/socket.h>

static uint32_t telling_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct base *base = self;
    const struct sockaddr_in maker = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = base->fd < 0 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

    if (fd >= 0) {
        sendto(fd, "in use", 6, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&maker,
            sizeof maker);
        close(fd);
    }
    return base_flush(self, batch, result);
}

ANIMAL(.flush = telling_flush);
