#include "kit/tls_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/heap.h"
#include "kit/openssl.h"

#define TICK_MS 20
#define DAY_S 86400L
#define TALK_S 3 /* the longest wait for bytes of the other side */

struct tls_peer {
    struct openssl ssl;
    enum tls_peer_kind kind;
    int fd;
    unsigned port;
    SSL_CTX *context;
    pthread_t thread;
    atomic_bool ends;
    atomic_uint connections, bytes;
};

static bool add_name(const struct openssl *ssl, X509 *certificate, const char *names)
{
    X509_EXTENSION *extension = ssl->X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    const bool good = extension && ssl->X509_add_ext(certificate, extension, -1);

    ssl->X509_EXTENSION_free(extension);
    return good;
}

/* Signed by its own key; NULL: it cannot be made. */
static X509 *make_certificate(const struct openssl *ssl, enum tls_peer_kind kind, EVP_PKEY *key)
{
    X509 *certificate = ssl->X509_new();
    X509_NAME *name = ssl->X509_NAME_new();
    const long start_s = kind == TLS_EXPIRED ? -30 * DAY_S : -DAY_S;
    const long end_s = kind == TLS_EXPIRED ? -DAY_S : 30 * DAY_S;
    const char *names = kind == TLS_WRONG_NAME ? "DNS:elsewhere.invalid" : "IP:127.0.0.1";
    bool good = certificate && name;

    good = good && ssl->X509_NAME_add_entry_by_txt(
                       name, "CN", MBSTRING_ASC, (const unsigned char *)"weir-plugin", -1, -1, 0);
    good = good && ssl->X509_set_version(certificate, 2) &&
           ssl->ASN1_INTEGER_set(ssl->X509_get_serialNumber(certificate), 1) &&
           ssl->X509_set_subject_name(certificate, name) &&
           ssl->X509_set_issuer_name(certificate, name) &&
           ssl->X509_gmtime_adj(ssl->X509_getm_notBefore(certificate), start_s) &&
           ssl->X509_gmtime_adj(ssl->X509_getm_notAfter(certificate), end_s) &&
           ssl->X509_set_pubkey(certificate, key) && add_name(ssl, certificate, names) &&
           ssl->X509_sign(certificate, key, ssl->EVP_sha256());
    ssl->X509_NAME_free(name);
    if (good)
        return certificate;
    ssl->X509_free(certificate);
    return NULL;
}

static SSL_CTX *make_context(const struct openssl *ssl, enum tls_peer_kind kind)
{
    EVP_PKEY *key = ssl->EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = key ? make_certificate(ssl, kind, key) : NULL;
    SSL_CTX *context = ssl->SSL_CTX_new(ssl->TLS_server_method());
    const bool good = certificate && context &&
                      ssl->SSL_CTX_use_certificate(context, certificate) == 1 &&
                      ssl->SSL_CTX_use_PrivateKey(context, key) == 1;

    ssl->X509_free(certificate);
    ssl->EVP_PKEY_free(key);
    if (good)
        return context;
    ssl->SSL_CTX_free(context);
    return NULL;
}

static int start_listening(struct tls_peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer->fd, (struct sockaddr *)&address, size) || listen(peer->fd, SOMAXCONN) ||
        getsockname(peer->fd, (struct sockaddr *)&address, &size))
        return -errno;
    peer->port = ntohs(address.sin_port);
    return 0;
}

/* The handshake, and what comes behind it; then a good answer, to see who is content. */
static void talk(struct tls_peer *peer, int fd)
{
    const struct openssl *ssl = &peer->ssl;
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const struct timeval wait = {TALK_S, 0};
    SSL *tls = ssl->SSL_new(peer->context);
    char bytes[16384];
    int n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ssl->SSL_set_fd(tls, fd);
    if (ssl->SSL_accept(tls) == 1 && (n = ssl->SSL_read(tls, bytes, sizeof bytes)) > 0) {
        atomic_fetch_add(&peer->bytes, (unsigned)n);
        ssl->SSL_write(tls, answer, sizeof answer - 1);
        ssl->SSL_shutdown(tls);
    }
    ssl->SSL_free(tls);
}

static void *serve(void *argument)
{
    struct tls_peer *peer = argument;

    heap_kit_thread();
    while (!atomic_load(&peer->ends)) {
        struct pollfd listening = {peer->fd, POLLIN, 0};
        int fd;

        if (poll(&listening, 1, TICK_MS) <= 0)
            continue;
        fd = accept4(peer->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        atomic_fetch_add(&peer->connections, 1);
        if (peer->kind == TLS_CUT)
            usleep(TICK_MS * 1000); /* the other side has said hello by then */
        else
            talk(peer, fd);
        close(fd);
    }
    return NULL;
}

struct tls_peer *tls_peer_start(enum tls_peer_kind kind)
{
    struct tls_peer *peer = mem_zalloc(sizeof *peer);

    peer->kind = kind;
    if (openssl_load(&peer->ssl)) {
        free(peer);
        return NULL;
    }
    peer->context = make_context(&peer->ssl, kind);
    if (peer->context && !start_listening(peer) &&
        !pthread_create(&peer->thread, NULL, serve, peer))
        return peer;
    peer->ssl.SSL_CTX_free(peer->context);
    free(peer);
    return NULL;
}

unsigned tls_peer_port(const struct tls_peer *peer)
{
    return peer->port;
}

unsigned tls_peer_connections(const struct tls_peer *peer)
{
    return atomic_load(&peer->connections);
}

unsigned tls_peer_bytes(const struct tls_peer *peer)
{
    return atomic_load(&peer->bytes);
}

void tls_peer_stop(struct tls_peer *peer)
{
    if (!peer)
        return;
    atomic_store(&peer->ends, true);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    peer->ssl.SSL_CTX_free(peer->context);
    free(peer);
}
