#include "kit/server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kit/request.h"
#include "kit/unpack.h"

#define PAGE_FD 3
#define CONNECTIONS_MAX 128u
#define TICK_MS 2
#define READ_BYTES ((size_t)256 * 1024)
#define TAIL_BYTES ((size_t)32) /* more than a mark has */
#define TAIL_NS (500 * NS_PER_MS)
#define CREEP_BYTES ((size_t)1024)
#define CREEP_MS 10u
#define HALF_BYTES ((size_t)10) /* not even the status */
#define REDIRECTED "/redirected"
#define FLOOD_BYTES ((size_t)64 << 20)

struct connection {
    int fd; /* -1: free */
    struct buf in, out;
    size_t sent;                 /* bytes of `out` that have gone */
    uint64_t answer_ns, read_ns; /* not before */
    uint64_t tail_ns;            /* when what is left in `in` is taken as it is; 0: never */
    bool continued;              /* 100 Continue was sent */
    bool drips, ends;            /* byte by byte; closed when all has gone */
    bool redirected;             /* the last request went to REDIRECTED */
};

struct server {
    struct sink_page *page;
    bool http;
    int listen_fd; /* -1: not listening */
    int taken_fd;
    struct sockaddr_in address;
    struct connection connections[CONNECTIONS_MAX];
    uint64_t started_ns;
};

static unsigned mode_of(const struct server *server)
{
    return atomic_load(&server->page->mode);
}

static void take(struct server *server, const void *data, size_t size)
{
    if (size && write(server->taken_fd, data, size) != (ssize_t)size)
        abort();
}

static void drop(struct server *server, struct connection *connection, bool reset)
{
    const struct linger linger = {1, 0};

    if (!server->http)
        take(server, connection->in.data, connection->in.size);
    if (reset)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(connection->fd);
    buf_finish(&connection->in);
    buf_finish(&connection->out);
    *connection = (struct connection){.fd = -1};
    atomic_fetch_sub(&server->page->n_open, 1);
}

/* Binds, the first time to any port, and listens. */
static int start_listening(struct server *server)
{
    const int on = 1;
    socklen_t size = sizeof server->address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&server->address, size) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (struct sockaddr *)&server->address, &size)) {
        close(fd);
        return -errno;
    }
    server->listen_fd = fd;
    atomic_store(&server->page->port, ntohs(server->address.sin_port));
    return 0;
}

static void stop_listening(struct server *server)
{
    close(server->listen_fd);
    server->listen_fd = -1;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (server->connections[i].fd >= 0)
            drop(server, &server->connections[i], true);
}

/* As a server does with connections that have been idle for long. */
static void hang_up(struct server *server)
{
    const unsigned hang_ups = atomic_load(&server->page->hang_ups);

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (server->connections[i].fd >= 0)
            drop(server, &server->connections[i], false);
    atomic_store(&server->page->hung_up, hang_ups);
}

/* Listens or does not, as the mode says, and hangs up when it is told to. */
static void obey(struct server *server)
{
    const unsigned mode = mode_of(server);

    if (mode == SERVER_REFUSES && server->listen_fd >= 0)
        stop_listening(server);
    if (mode != SERVER_REFUSES && server->listen_fd < 0)
        start_listening(server);
    atomic_store(&server->page->obeyed, mode);
    if (atomic_load(&server->page->hung_up) != atomic_load(&server->page->hang_ups))
        hang_up(server);
}

static void accept_one(struct server *server)
{
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    for (size_t i = 0; fd >= 0 && i < CONNECTIONS_MAX; i++) {
        if (server->connections[i].fd >= 0)
            continue;
        server->connections[i] = (struct connection){.fd = fd};
        atomic_fetch_add(&server->page->n_connections, 1);
        atomic_fetch_add(&server->page->n_open, 1);
        atomic_store(&server->page->last_connect_ms,
            (unsigned)((clock_now_ns() - server->started_ns) / NS_PER_MS));
        return;
    }
    if (fd >= 0)
        close(fd);
}

/* The mode for the next request; one that is for some requests only is used up. */
static unsigned next_mode(struct server *server)
{
    const unsigned mode = mode_of(server);
    unsigned times = atomic_load(&server->page->times);

    if (mode == SERVER_TAKES || !times)
        return mode;
    if (!atomic_compare_exchange_strong(&server->page->times, &times, times - 1))
        return mode;
    if (times == 1)
        atomic_store(&server->page->mode, SERVER_TAKES);
    return mode;
}

static void answer_status(struct server *server, struct connection *connection, unsigned status)
{
    const unsigned retry_after_s = atomic_load(&server->page->retry_after_s);
    static const char text[] = "the kit's server says so\n";

    buf_printf(&connection->out, "HTTP/1.1 %u Said\r\n", status);
    if (retry_after_s)
        buf_printf(&connection->out, "Retry-After: %u\r\n", retry_after_s);
    buf_printf(&connection->out, "Content-Length: %zu\r\n\r\n%s", sizeof text - 1, text);
}

static void answer_redirect(struct server *server, struct connection *connection)
{
    buf_printf(&connection->out,
        "HTTP/1.1 %u Elsewhere\r\nLocation: http://127.0.0.1:%u" REDIRECTED
        "\r\nContent-Length: 0\r\n\r\n",
        atomic_load(&server->page->status), atomic_load(&server->page->port));
}

static void answer_flood(struct connection *connection)
{
    buf_puts(&connection->out, "HTTP/1.1 200 OK\r\n");
    while (connection->out.size < FLOOD_BYTES)
        buf_puts(
            &connection->out, "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    connection->ends = true;
}

/* What is taken is what was meant; false: it cannot be unpacked. */
static bool take_body(struct server *server, const struct buf *body, const char *encoding)
{
    SCOPED_BUF struct buf plain = {0};

    if (unpack_body(encoding, body->data, body->size, &plain))
        return false;
    take(server, plain.data, plain.size);
    return true;
}

/* A whole request is there. False: the connection is gone. */
static bool answer(struct server *server, struct connection *connection, const struct buf *body,
    const char *encoding)
{
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static const char babble[] = "\x00\xff\xfe no HTTP \r\n\r\n";
    const unsigned body_max = atomic_load(&server->page->body_max);

    atomic_fetch_add(&server->page->n_requests, 1);
    if (body_max && body->size > body_max) {
        answer_status(server, connection, 413);
        return true;
    }
    switch (next_mode(server)) {
    case SERVER_ANSWERS:
        answer_status(server, connection, atomic_load(&server->page->status));
        return true;
    case SERVER_STALLS:
    case SERVER_HANGS:
        return true;
    case SERVER_RESETS:
        drop(server, connection, true);
        return false;
    case SERVER_CLOSES:
        drop(server, connection, false);
        return false;
    case SERVER_HALF:
        buf_append(&connection->out, good, HALF_BYTES);
        connection->ends = true;
        return true;
    case SERVER_BABBLES:
        buf_append(&connection->out, babble, sizeof babble - 1);
        connection->ends = true;
        return true;
    case SERVER_FLOODS:
        answer_flood(connection);
        return true;
    case SERVER_REDIRECTS:
        if (connection->redirected)
            break;
        answer_redirect(server, connection);
        return true;
    case SERVER_INFORMS:
        buf_puts(&connection->out, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        break;
    case SERVER_ENDS:
        connection->ends = true;
        break;
    case SERVER_DRIPS:
        connection->drips = true;
        break;
    default:
        break;
    }
    if (!take_body(server, body, encoding)) {
        atomic_fetch_add(&server->page->n_unread, 1);
        answer_status(server, connection, 415);
        return true;
    }
    atomic_fetch_add(&server->page->n_taken, 1);
    buf_append(&connection->out, good, sizeof good - 1);
    return true;
}

/* Whether a request goes where the server has said. */
static bool is_redirected(const char *data, size_t size)
{
    const char *target = memchr(data, ' ', size);
    const size_t left = target ? size - (size_t)(target + 1 - data) : 0;

    return left >= strlen(REDIRECTED) && !memcmp(target + 1, REDIRECTED, strlen(REDIRECTED));
}

/* False: the connection is gone. */
static bool look_for_request(struct server *server, struct connection *connection)
{
    SCOPED_BUF struct buf body = {0};
    char encoding[REQUEST_ENCODING_MAX];
    size_t size = 0;

    switch (request_parse(
        connection->in.data, connection->in.size, connection->continued, &size, &body)) {
    case REQUEST_EXPECTS:
        buf_puts(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
        connection->continued = true;
        return true;
    case REQUEST_WHOLE:
        request_encoding(connection->in.data, size, encoding);
        connection->redirected = is_redirected(connection->in.data, size);
        memmove(connection->in.data, connection->in.data + size, connection->in.size - size);
        connection->in.size -= size;
        connection->continued = false;
        connection->answer_ns = clock_now_ns() + atomic_load(&server->page->delay_ms) * NS_PER_MS;
        return answer(server, connection, &body, encoding);
    case REQUEST_BAD:
        drop(server, connection, false);
        return false;
    default:
        return true;
    }
}

/* How many letters and digits are at the end: they may be half a word, and words of several
 * connections must not be torn. */
static size_t tail_of(const struct buf *bytes)
{
    size_t n = 0;

    while (n < bytes->size && n < TAIL_BYTES &&
           isalnum((unsigned char)bytes->data[bytes->size - 1 - n]))
        n++;
    return n;
}

/* All that has come of a connection without HTTP, but for the last `left` bytes. */
static void take_but(struct server *server, struct connection *connection, size_t left)
{
    struct buf *in = &connection->in;

    take(server, in->data, in->size - left);
    memmove(in->data, in->data + in->size - left, left);
    in->size = left;
    connection->tail_ns = left ? clock_now_ns() + TAIL_NS : 0;
}

/* Bytes of a peer that speaks no HTTP. False: the connection is gone. */
static bool take_raw(struct server *server, struct connection *connection)
{
    const unsigned mode = mode_of(server);

    if (mode == SERVER_RESETS || mode == SERVER_CLOSES) {
        next_mode(server);
        connection->in.size = 0;
        drop(server, connection, mode == SERVER_RESETS);
        return false;
    }
    take_but(server, connection, tail_of(&connection->in));
    atomic_fetch_add(&server->page->n_taken, 1);
    return true;
}

static bool reset_is_due(const struct server *server, const struct connection *connection)
{
    return mode_of(server) == SERVER_RESETS &&
           connection->in.size >= atomic_load(&server->page->after_bytes) && connection->in.size;
}

/* False: the connection is gone. */
static bool read_some(struct server *server, struct connection *connection)
{
    const bool creeps = mode_of(server) == SERVER_CREEPS;
    const size_t size = creeps ? CREEP_BYTES : READ_BYTES;
    const ssize_t n = read(connection->fd, buf_reserve(&connection->in, size), size);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        drop(server, connection, false);
        return false;
    }
    connection->in.size += (size_t)n;
    if (creeps)
        connection->read_ns = clock_now_ns() + CREEP_MS * NS_PER_MS;
    if (reset_is_due(server, connection)) {
        next_mode(server);
        connection->in.size = 0;
        drop(server, connection, true);
        return false;
    }
    return server->http ? look_for_request(server, connection) : take_raw(server, connection);
}

/* False: the connection is gone. */
static bool write_some(struct server *server, struct connection *connection)
{
    const size_t left = connection->out.size - connection->sent;
    const ssize_t n = send(connection->fd, connection->out.data + connection->sent,
        connection->drips ? MIN(left, (size_t)1) : left, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        drop(server, connection, false);
        return false;
    }
    connection->sent += n > 0 ? (size_t)n : 0;
    if (connection->sent < connection->out.size)
        return true;
    if (connection->ends) {
        drop(server, connection, false);
        return false;
    }
    connection->out.size = connection->sent = 0;
    connection->drips = false;
    return connection->in.size && server->http ? look_for_request(server, connection) : true;
}

static bool may_read(const struct server *server, const struct connection *connection)
{
    return mode_of(server) != SERVER_STALLS && !connection->out.size &&
           clock_now_ns() >= connection->read_ns;
}

static bool may_write(const struct connection *connection)
{
    return connection->out.size && clock_now_ns() >= connection->answer_ns;
}

static nfds_t put_fds(struct server *server, struct pollfd *fds, struct connection **which)
{
    nfds_t n = 0;

    fds[n++] = (struct pollfd){server->listen_fd, POLLIN, 0};
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];

        if (connection->fd < 0)
            continue;
        if (connection->tail_ns && clock_now_ns() >= connection->tail_ns)
            take_but(server, connection, 0);
        which[n] = connection;
        fds[n++] = (struct pollfd){connection->fd,
            (short)((may_read(server, connection) ? POLLIN : 0) |
                    (may_write(connection) ? POLLOUT : 0)),
            0};
    }
    return n;
}

static void turn(struct server *server)
{
    struct connection *which[CONNECTIONS_MAX + 1];
    struct pollfd fds[CONNECTIONS_MAX + 1];
    nfds_t n;

    obey(server);
    n = put_fds(server, fds, which);
    poll(fds, n, TICK_MS);
    if (fds[0].fd >= 0 && fds[0].revents & POLLIN)
        accept_one(server);
    for (nfds_t i = 1; i < n; i++) {
        struct connection *connection = which[i];
        const bool failed = fds[i].revents & (POLLERR | POLLNVAL);

        if (failed)
            drop(server, connection, false);
        else if (!(fds[i].revents & POLLOUT) || write_some(server, connection))
            if (fds[i].revents & (POLLIN | POLLHUP))
                read_some(server, connection);
    }
}

int command_run_server(int argc, char **argv)
{
    struct server server = {.listen_fd = -1,
        .address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
        .started_ns = clock_now_ns()};
    SCOPED_FREE char *taken = argc == 3 ? mem_printf("%s/taken", argv[2]) : NULL;

    server.page = mmap(NULL, sizeof *server.page, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_FD, 0);
    if (!taken || server.page == MAP_FAILED) {
        fputs("weir-plugin run-server is used by weir-plugin verify itself\n", stderr);
        return EXIT_FAILURE;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    server.http = !strcmp(argv[1], "http");
    server.taken_fd = open(taken, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        server.connections[i].fd = -1;
    if (server.taken_fd < 0 || start_listening(&server))
        return EXIT_FAILURE;
    for (;;)
        turn(&server);
}
