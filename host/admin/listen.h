/* Where the admin page listens: on this machine only. [any] */
#ifndef ADMIN_LISTEN_H
#define ADMIN_LISTEN_H

#include <stddef.h>

/* A listening socket for "PORT", "127.0.0.1:PORT", "[::1]:PORT" (any address of the
 * loopback net) or "unix:/path" (mode 0600; one that is there is replaced if it is a
 * socket). -1 with words in `why`. */
int listen_open(const char *address, char *why, size_t why_max);

#endif
