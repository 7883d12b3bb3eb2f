#include "admin/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "base/util.h"

#define BACKLOG 16
#define HOST_BYTES_MAX 64

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

/* "PORT", "HOST:PORT", "[HOST]:PORT" into its parts. */
static bool split(const char *text, char host[static HOST_BYTES_MAX], unsigned long *ret_port)
{
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t size = colon ? (size_t)(colon - text) : 0;
    char *end;

    if (size > 1 && text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    if (size >= HOST_BYTES_MAX || port[0] < '0' || port[0] > '9')
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (!size)
        strcpy(host, "127.0.0.1");
    errno = 0;
    *ret_port = strtoul(port, &end, 10);
    return !*end && !errno && *ret_port <= 65535;
}

static bool is_loopback(const union address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

static bool resolve(const char *host, unsigned long port, union address *ret, socklen_t *ret_size)
{
    *ret = (union address){0};
    if (!strcmp(host, "localhost"))
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = htons((uint16_t)port);
        *ret_size = sizeof ret->v4;
        return true;
    }
    ret->v6.sin6_family = AF_INET6;
    ret->v6.sin6_port = htons((uint16_t)port);
    *ret_size = sizeof ret->v6;
    return inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1;
}

static int listen_tcp(const char *text, char *why, size_t why_max)
{
    SCOPED_FD int fd = -1;
    char host[HOST_BYTES_MAX];
    unsigned long port;
    union address address;
    socklen_t size;
    int one = 1;

    if (!split(text, host, &port) || !resolve(host, port, &address, &size)) {
        snprintf(why, why_max, "'%s' is no address; PORT, 127.0.0.1:PORT, [::1]:PORT or unix:/path",
            text);
        return -1;
    }
    if (!is_loopback(&address)) {
        snprintf(why, why_max,
            "'%s' can be reached from other machines, and the page asks nobody who they are; use "
            "127.0.0.1 and a proxy in front of it",
            text);
        return -1;
    }
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd >= 0 && !bind(fd, &address.any, size) && !listen(fd, BACKLOG))
        return take_fd(fd);
    snprintf(why, why_max, "cannot listen on '%s': %s", text, strerror(errno));
    return -1;
}

static void remove_socket(const char *path)
{
    struct stat status;

    if (!lstat(path, &status) && S_ISSOCK(status.st_mode))
        unlink(path);
}

/* Nobody can connect before listen(), so the mode is right in time. */
static int listen_unix(const char *path, char *why, size_t why_max)
{
    SCOPED_FD int fd = -1;
    union address address = {.local = {.sun_family = AF_UNIX}};

    if (!path[0] || strlen(path) >= sizeof address.local.sun_path) {
        snprintf(why, why_max, "the path of a socket has 1 to %zu bytes",
            sizeof address.local.sun_path - 1);
        return -1;
    }
    strcpy(address.local.sun_path, path);
    remove_socket(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && !bind(fd, &address.any, sizeof address.local) && !chmod(path, 0600) &&
        !listen(fd, BACKLOG))
        return take_fd(fd);
    snprintf(why, why_max, "cannot listen on '%s': %s", path, strerror(errno));
    return -1;
}

int listen_open(const char *address, char *why, size_t why_max)
{
    if (!strncmp(address, "unix:", 5))
        return listen_unix(address + 5, why, why_max);
    return listen_tcp(address, why, why_max);
}
