/*
 * A server on 127.0.0.1 that speaks TLS with a certificate nobody vouches for, on a thread
 * of this process. What it reads after a handshake was given to a stranger. [control]
 */
#ifndef KIT_TLS_PEER_H
#define KIT_TLS_PEER_H

#include <stdatomic.h>
#include <stdbool.h>

enum tls_peer_kind {
    TLS_SELF_SIGNED, /* for 127.0.0.1, of today */
    TLS_EXPIRED,
    TLS_WRONG_NAME,
    TLS_CUT, /* closes in the middle of the handshake */
};

struct tls_peer;

/* NULL: it could not be started. */
struct tls_peer *tls_peer_start(enum tls_peer_kind kind);
unsigned tls_peer_port(const struct tls_peer *peer);
/* Connections so far; bytes that were sent to it in the clear of the tunnel. */
unsigned tls_peer_connections(const struct tls_peer *peer);
unsigned tls_peer_bytes(const struct tls_peer *peer);
/* Ends it; NULL is fine. */
void tls_peer_stop(struct tls_peer *peer);

#endif
