/*
 * A flusher to start from: writes each log as one line of JSON to a TCP server, over a
 * connection that is kept.
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here takes
 * a lock, but each call may come on another thread, so nothing here is thread-local.
 * set_urgent alone may come during any other call: it sets an atomic flag. Other
 * instances run at the same time: no static variables.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <weir/flusher.h>
#include <weir/json.h>
#include <weir/words.h>

/* What is kept of the memory for formatting, from one flush to the next. */
#define KEEP_BYTES ((size_t)4 << 20)
/* The longest wait without a look at whether the pipeline stops. */
#define SLICE_MS 50
/* How long a flush may still take once the pipeline stops. */
#define URGENT_NS UINT64_C(500000000)

/* The options, as the host fills them before init(). The strings are the host's and
 * live until after stop(). */
struct acme_options {
    struct weir_str host, port; /* a NUL follows the last byte */
    uint64_t timeout_ns;
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. A password would say WEIR_SECRET. */
static const struct weir_option acme_rows[] = {
    WEIR_OPTION_STRING_ROW(
        struct acme_options, host, "Host", WEIR_REQUIRED, NULL, "Name or address of the server."),
    WEIR_OPTION_STRING_ROW(
        struct acme_options, port, "Port", WEIR_REQUIRED, NULL, "Its port, or the service's name."),
    WEIR_OPTION(struct acme_options, timeout_ns, "Timeout", WEIR_OPTION_DURATION, 0, "10s", "1ms",
        "1h", NULL, "A batch that is not taken by then is sent again."),
};

/* One instance. The host makes the memory, zeroed, and frees it after stop(). */
struct acme_flusher {
    const struct weir_host *host; /* the host's; good until stop() returns */
    const struct acme_options *options;
    struct weir_buffer lines;
    uint32_t logs_total; /* a metric's handle */
    int fd;              /* the connection; -1: none */
    uint64_t until_ns;   /* of the flush that runs; on the host's clock */
    atomic_bool urgent;
};

/* [control] Keeps pointers, connects to nothing: the old instance of a pipeline may still
 * be at work while the new one is made. To refuse: return weir_refuse(context->error, ...). */
static int acme_init(void *self, const struct weir_context *context)
{
    struct acme_flusher *flusher = self;

    flusher->host = context->host;
    flusher->options = context->options;
    flusher->fd = -1;
    flusher->logs_total = flusher->host->metric(
        flusher->host, WEIR_METRIC_COUNTER, "acme_logs_total", "logs", "Logs sent.");
    return 0;
}

/* Strings have a size and no NUL at their end, and may hold any byte. Logs are reached
 * with weir_log_at(), never with []: rows may grow. Returns the number of logs. */
static uint64_t format_batch(struct weir_buffer *lines, const struct weir_batch *batch)
{
    uint64_t n_logs = 0;

    weir_buffer_clear(lines);
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        const struct weir_group *group = batch->groups[g];

        for (uint32_t i = 0; i < group->n_logs; i++) {
            weir_json_log(lines, weir_log_at(group, i));
            weir_buffer_append_byte(lines, '\n');
        }
        n_logs += group->n_logs;
    }
    return n_logs;
}

/* When the flush that begins is to end. */
static void set_end(struct acme_flusher *flusher, const struct weir_batch *batch)
{
    flusher->until_ns = flusher->host->now_ns(flusher->host) + flusher->options->timeout_ns;
    if (batch->deadline_ns && batch->deadline_ns < flusher->until_ns)
        flusher->until_ns = batch->deadline_ns;
}

/* Whether there is time left; a stop of the pipeline leaves little of it. */
static int in_time(struct acme_flusher *flusher)
{
    uint64_t now_ns = flusher->host->now_ns(flusher->host);

    if (atomic_load(&flusher->urgent) && flusher->until_ns > now_ns + URGENT_NS)
        flusher->until_ns = now_ns + URGENT_NS;
    return now_ns < flusher->until_ns;
}

/* Waits until the connection can be written to. 0 or -errno. */
static int wait_writable(struct acme_flusher *flusher, int fd)
{
    while (in_time(flusher)) {
        struct pollfd item = {.fd = fd, .events = POLLOUT};
        int n = poll(&item, 1, SLICE_MS);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            return 0;
    }
    return -ETIMEDOUT;
}

/* What has become of a connect() that does not wait. 0 or -errno. */
static int finish_connect(struct acme_flusher *flusher, int fd)
{
    socklen_t size = sizeof(int);
    int error, r = wait_writable(flusher, fd);

    if (r < 0)
        return r;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

/* A connection to one of the server's addresses, or -errno. */
static int connect_to(struct acme_flusher *flusher, const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
        address->ai_protocol);
    int r;

    if (fd < 0)
        return -errno;
    r = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? -errno : 0;
    if (r == -EINPROGRESS)
        r = finish_connect(flusher, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Makes the connection if there is none. 0 or -errno. */
static int connect_any(struct acme_flusher *flusher)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    int r = -EHOSTUNREACH;

    if (flusher->fd >= 0)
        return 0;
    if (getaddrinfo(flusher->options->host.data, flusher->options->port.data, &hints, &addresses) !=
        0)
        return -EHOSTUNREACH;
    for (const struct addrinfo *each = addresses; each && flusher->fd < 0; each = each->ai_next) {
        r = connect_to(flusher, each);
        if (r >= 0)
            flusher->fd = r;
    }
    freeaddrinfo(addresses);
    return r < 0 ? r : 0;
}

static void disconnect(struct acme_flusher *flusher)
{
    if (flusher->fd >= 0)
        close(flusher->fd);
    flusher->fd = -1;
}

/* A server that has gone away meanwhile would take the first write without a word. */
static void check_connection(struct acme_flusher *flusher)
{
    char byte;
    ssize_t n;

    if (flusher->fd < 0)
        return;
    n = recv(flusher->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        disconnect(flusher);
}

/* MSG_NOSIGNAL: a broken connection is an error, not the end of the process. 0 or -errno. */
static int send_all(struct acme_flusher *flusher, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(flusher->fd, data, size, MSG_NOSIGNAL);
        int r = 0;

        if (n < 0 && errno == EAGAIN)
            r = wait_writable(flusher, flusher->fd);
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
static int wait_taken(struct acme_flusher *flusher)
{
    struct pollfd broken = {.fd = flusher->fd}; /* no events: errors only */
    struct timespec pause = {.tv_nsec = 50000};

    for (;;) {
        socklen_t size = sizeof(int);
        int left = 0, error = 0;

        if (getsockopt(flusher->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
            return error ? -error : -errno;
        if (ioctl(flusher->fd, SIOCOUTQ, &left) < 0)
            return -errno;
        if (left == 0)
            return 0;
        if (!in_time(flusher))
            return -ETIMEDOUT;
        ppoll(&broken, 1, &pause, NULL);
        pause.tv_nsec = pause.tv_nsec < 20000000 ? pause.tv_nsec * 2 : pause.tv_nsec;
    }
}

/* 0 or -errno. */
static int deliver(struct acme_flusher *flusher)
{
    int r = flusher->lines.failed ? -ENOMEM : 0;

    check_connection(flusher);
    if (r == 0)
        r = connect_any(flusher);
    if (r == 0)
        r = send_all(flusher, flusher->lines.data, flusher->lines.size);
    if (r == 0)
        r = wait_taken(flusher);
    if (r < 0)
        disconnect(flusher); /* a line may be torn; the next begins on a new connection */
    return r;
}

/* [flush] The batch is borrowed: nothing of it may be kept when this returns. DELIVERED
 * is a promise: from then on the host may forget the logs. RETRY keeps them and comes
 * again later; never wait and try again in here. */
static uint32_t acme_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct acme_flusher *flusher = self;
    uint64_t n_logs = format_batch(&flusher->lines, batch);
    int r;

    set_end(flusher, batch);
    r = deliver(flusher);
    if (flusher->lines.capacity > KEEP_BYTES)
        weir_buffer_finish(&flusher->lines);
    if (r == 0) {
        flusher->host->record(flusher->host, flusher->logs_total, (double)n_logs);
        return WEIR_DELIVERED;
    }
    errno = -r;
    weir_explain(result, -r, "cannot send to %s port %s: %m", flusher->options->host.data,
        flusher->options->port.data);
    return WEIR_RETRY;
}

/* [any] More batches may follow, but none is to wait for long. */
static void acme_set_urgent(void *self, int exiting)
{
    struct acme_flusher *flusher = self;

    (void)exiting;
    atomic_store(&flusher->urgent, 1);
}

/* [control] The last call; frees what the instance made, not the instance. */
static int acme_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct acme_flusher *flusher = self;

    (void)deadline_ns;
    (void)result;
    disconnect(flusher);
    weir_buffer_finish(&flusher->lines);
    return 0;
}

/* What is not named here is absent, and the host does the ordinary thing. */
static const struct weir_flusher_class acme_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_NET,
    .type = "flusher_acme",
    .version = "0.1.0",
    .description = "Writes logs to a TCP server as lines of JSON.",
    .instance_size = sizeof(struct acme_flusher),
    .options_size = sizeof(struct acme_options),
    .options = acme_rows,
    .n_options = sizeof acme_rows / sizeof acme_rows[0],
    .option_stride = sizeof acme_rows[0],
    .init = acme_init,
    .flush = acme_flush,
    .set_urgent = acme_set_urgent,
    .stop = acme_stop,
};

WEIR_PLUGIN("acme", "0.1.0", "flusher_acme", &acme_class);
