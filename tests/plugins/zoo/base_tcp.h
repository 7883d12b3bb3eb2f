/*
 * A flusher that keeps the contract with a server: writes each log as one line of JSON to
 * a TCP connection. Animals as with base.h, by TCP_ANIMAL.
 */
#ifndef ZOO_BASE_TCP_H
#define ZOO_BASE_TCP_H

#include "base.h"
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* What is kept of the memory for formatting, from one flush to the next. */
#define TCP_KEEP_BYTES ((size_t)4 << 20)
/* The longest wait without a look at whether the pipeline stops. */
#define TCP_SLICE_MS 50
/* How long a flush may still take once the pipeline stops. */
#define TCP_URGENT_NS UINT64_C(500000000)

struct tcp_options {
    struct weir_str host, port; /* a NUL follows the last byte */
    uint64_t timeout_ns;
};

UNUSED static const struct weir_option tcp_rows[] = {
    WEIR_OPTION_STRING_ROW(
        struct tcp_options, host, "Host", WEIR_REQUIRED, NULL, "Name or address of the server."),
    WEIR_OPTION_STRING_ROW(
        struct tcp_options, port, "Port", WEIR_REQUIRED, NULL, "Its port, or the service's name."),
    WEIR_OPTION(struct tcp_options, timeout_ns, "Timeout", WEIR_OPTION_DURATION, 0, "10s", "1ms",
        "1h", NULL, "A batch that is not taken by then is sent again."),
};

struct tcp {
    const struct weir_host *host; /* the host's; good until stop() returns */
    const struct tcp_options *options;
    struct weir_buffer lines;
    uint32_t logs_total; /* a metric's handle */
    int fd;              /* the connection; -1: none */
    uint64_t until_ns;   /* of the flush that runs; on the host's clock */
    atomic_bool urgent;
};

UNUSED static int tcp_init(void *self, const struct weir_context *context)
{
    struct tcp *tcp = self;

    tcp->host = context->host;
    tcp->options = context->options;
    tcp->fd = -1;
    tcp->logs_total = tcp->host->metric(
        tcp->host, WEIR_METRIC_COUNTER, "logs_written_total", "logs", "Logs sent.");
    return 0;
}

/* When the flush that begins is to end. */
UNUSED static void tcp_set_end(struct tcp *tcp, const struct weir_batch *batch)
{
    tcp->until_ns = tcp->host->now_ns(tcp->host) + tcp->options->timeout_ns;
    if (batch->deadline_ns && batch->deadline_ns < tcp->until_ns)
        tcp->until_ns = batch->deadline_ns;
}

/* Whether there is time left; a stop of the pipeline leaves little of it. */
UNUSED static int tcp_in_time(struct tcp *tcp)
{
    uint64_t now_ns = tcp->host->now_ns(tcp->host);

    if (atomic_load(&tcp->urgent) && tcp->until_ns > now_ns + TCP_URGENT_NS)
        tcp->until_ns = now_ns + TCP_URGENT_NS;
    return now_ns < tcp->until_ns;
}

/* Waits until the connection can be written to. 0 or -errno. */
UNUSED static int tcp_wait_writable(struct tcp *tcp, int fd)
{
    while (tcp_in_time(tcp)) {
        struct pollfd item = {.fd = fd, .events = POLLOUT};
        int n = poll(&item, 1, TCP_SLICE_MS);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            return 0;
    }
    return -ETIMEDOUT;
}

/* What has become of a connect() that does not wait. 0 or -errno. */
UNUSED static int tcp_finish_connect(struct tcp *tcp, int fd)
{
    socklen_t size = sizeof(int);
    int error, r = tcp_wait_writable(tcp, fd);

    if (r < 0)
        return r;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

/* A connection to one of the server's addresses, or -errno. */
UNUSED static int tcp_connect_to(struct tcp *tcp, const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
        address->ai_protocol);
    int r;

    if (fd < 0)
        return -errno;
    r = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? -errno : 0;
    if (r == -EINPROGRESS)
        r = tcp_finish_connect(tcp, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Makes the connection if there is none. 0 or -errno. */
UNUSED static int tcp_connect_any(struct tcp *tcp)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    int r = -EHOSTUNREACH;

    if (tcp->fd >= 0)
        return 0;
    if (getaddrinfo(tcp->options->host.data, tcp->options->port.data, &hints, &addresses) != 0)
        return -EHOSTUNREACH;
    for (const struct addrinfo *each = addresses; each && tcp->fd < 0; each = each->ai_next) {
        r = tcp_connect_to(tcp, each);
        if (r >= 0)
            tcp->fd = r;
    }
    freeaddrinfo(addresses);
    return r < 0 ? r : 0;
}

UNUSED static void tcp_disconnect(struct tcp *tcp)
{
    if (tcp->fd >= 0)
        close(tcp->fd);
    tcp->fd = -1;
}

/* A server that has gone away meanwhile would take the first write without a word. */
UNUSED static void tcp_check_connection(struct tcp *tcp)
{
    char byte;
    ssize_t n;

    if (tcp->fd < 0)
        return;
    n = recv(tcp->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        tcp_disconnect(tcp);
}

/* MSG_NOSIGNAL: a broken connection is an error, not the end of the process. 0 or -errno. */
UNUSED static int tcp_send_all(struct tcp *tcp, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(tcp->fd, data, size, MSG_NOSIGNAL);
        int r = 0;

        if (n < 0 && errno == EAGAIN)
            r = tcp_wait_writable(tcp, tcp->fd);
        else if (n < 0 && errno != EINTR)
            r = -errno;
        if (r < 0)
            return r;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

/* Waits until the server's side has taken all: what only lies in the buffer here is lost
 * with the connection. If your protocol has answers, wait for the answer instead: only
 * that says that the server itself has the logs. 0 or -errno. */
UNUSED static int tcp_wait_taken(struct tcp *tcp)
{
    struct pollfd broken = {.fd = tcp->fd}; /* no events: errors only */
    struct timespec pause = {.tv_nsec = 50000};

    for (;;) {
        socklen_t size = sizeof(int);
        int left = 0, error = 0;

        if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
            return error ? -error : -errno;
        if (ioctl(tcp->fd, SIOCOUTQ, &left) < 0)
            return -errno;
        if (left == 0)
            return 0;
        if (!tcp_in_time(tcp))
            return -ETIMEDOUT;
        ppoll(&broken, 1, &pause, NULL);
        pause.tv_nsec = pause.tv_nsec < 20000000 ? pause.tv_nsec * 2 : pause.tv_nsec;
    }
}

/* 0 or -errno. */
UNUSED static int tcp_deliver(struct tcp *tcp)
{
    int r = tcp->lines.failed ? -ENOMEM : 0;

    tcp_check_connection(tcp);
    if (r == 0)
        r = tcp_connect_any(tcp);
    if (r == 0)
        r = tcp_send_all(tcp, tcp->lines.data, tcp->lines.size);
    if (r == 0)
        r = tcp_wait_taken(tcp);
    if (r < 0)
        tcp_disconnect(tcp); /* a line may be torn; the next begins on a new connection */
    return r;
}

UNUSED static uint32_t tcp_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    uint64_t n_logs = base_format(&tcp->lines, batch);
    int r;

    tcp_set_end(tcp, batch);
    r = tcp_deliver(tcp);
    if (tcp->lines.capacity > TCP_KEEP_BYTES)
        weir_buffer_finish(&tcp->lines);
    if (r == 0) {
        tcp->host->record(tcp->host, tcp->logs_total, (double)n_logs);
        return WEIR_DELIVERED;
    }
    errno = -r;
    weir_explain(result, -r, "cannot send to %s port %s: %m", tcp->options->host.data,
        tcp->options->port.data);
    return WEIR_RETRY;
}

UNUSED static void tcp_set_urgent(void *self, int exiting)
{
    struct tcp *tcp = self;

    (void)exiting;
    atomic_store(&tcp->urgent, 1);
}

UNUSED static int tcp_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct tcp *tcp = self;

    (void)deadline_ns;
    (void)result;
    tcp_disconnect(tcp);
    weir_buffer_finish(&tcp->lines);
    return 0;
}

#define TCP_ANIMAL(...) \
    ANIMAL(.flags = WEIR_NET, .instance_size = sizeof(struct tcp), \
        .options_size = sizeof(struct tcp_options), .options = tcp_rows, \
        .n_options = sizeof tcp_rows / sizeof tcp_rows[0], .init = tcp_init, .flush = tcp_flush, \
        .set_urgent = tcp_set_urgent, .stop = tcp_stop, __VA_ARGS__)

#endif
