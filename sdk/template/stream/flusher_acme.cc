/*
 * A flusher to start from: writes each log as one line of JSON to a TCP server, over a
 * connection that is kept.
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here takes
 * a lock, but each call may come on another thread, so nothing here is thread-local.
 * set_urgent alone may come during any other call: it sets an atomic flag. Other
 * instances run at the same time: no static variables.
 *
 * No exception may leave a call, and no C++ object crosses the border: the functions at
 * the end are the border, and all behind them is `noexcept`.
 */
#include <atomic>
#include <cerrno>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <new>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <weir/flusher.h>
#include <weir/json.h>
#include <weir/words.h>

namespace
{

/* What is kept of the memory for formatting, from one flush to the next. */
constexpr size_t keep_bytes = size_t{4} << 20;
/* The longest wait without a look at whether the pipeline stops. */
constexpr int slice_ms = 50;
/* How long a flush may still take once the pipeline stops. */
constexpr uint64_t urgent_ns = 500'000'000;

/* The options, as the host fills them before init(). The strings are the host's and
 * live until after stop(). */
struct Options {
    weir_str host, port; /* a NUL follows the last byte */
    uint64_t timeout_ns;
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. A password would say WEIR_SECRET. */
const weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(
        Options, host, "Host", WEIR_REQUIRED, nullptr, "Name or address of the server."),
    WEIR_OPTION_STRING_ROW(
        Options, port, "Port", WEIR_REQUIRED, nullptr, "Its port, or the service's name."),
    WEIR_OPTION(Options, timeout_ns, "Timeout", WEIR_OPTION_DURATION, 0, "10s", "1ms", "1h",
        nullptr, "A batch that is not taken by then is sent again."),
};

/* A socket, closed at the end. */
class Socket
{
  public:
    explicit Socket(int fd = -1) noexcept : fd_(fd)
    {
    }
    ~Socket()
    {
        reset();
    }
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    int fd() const noexcept
    {
        return fd_;
    }
    bool is_open() const noexcept
    {
        return fd_ >= 0;
    }
    int release() noexcept
    {
        const int fd = fd_;

        fd_ = -1;
        return fd;
    }
    void reset(int fd = -1) noexcept
    {
        if (fd_ >= 0)
            close(fd_);
        fd_ = fd;
    }

  private:
    int fd_;
};

/* One instance. It is made in the host's memory, which is its alone until stop(). */
class Flusher
{
  public:
    /* Keeps pointers, connects to nothing: the old instance of a pipeline may still be at
     * work while the new one is made. */
    explicit Flusher(const weir_context &context) noexcept
        : host_(context.host), options_(static_cast<const Options *>(context.options)),
          logs_total_(
              host_->metric(host_, WEIR_METRIC_COUNTER, "acme_logs_total", "logs", "Logs sent."))
    {
    }
    ~Flusher()
    {
        weir_buffer_finish(&lines_);
    }
    Flusher(const Flusher &) = delete;
    Flusher &operator=(const Flusher &) = delete;

    uint32_t flush(const weir_batch &batch, weir_result &result) noexcept;
    void set_urgent() noexcept
    {
        urgent_ = true;
    }

  private:
    uint64_t format(const weir_batch &batch) noexcept;
    void set_end(const weir_batch &batch) noexcept;
    bool in_time() noexcept;
    int wait_writable(int fd) noexcept;
    int connect_to(const addrinfo &address) noexcept;
    int connect_any() noexcept;
    void check_connection() noexcept;
    int send_all() noexcept;
    int wait_taken() noexcept;
    int deliver() noexcept;

    const weir_host *host_; /* the host's; good until stop() returns */
    const Options *options_;
    weir_buffer lines_{};
    Socket connection_;
    uint64_t until_ns_ = 0; /* of the flush that runs; on the host's clock */
    uint32_t logs_total_;   /* a metric's handle */
    std::atomic<bool> urgent_{false};
};

/* Strings have a size and no NUL at their end, and may hold any byte. Logs are reached
 * with weir_log_at(), never with []: rows may grow. Returns the number of logs. */
uint64_t Flusher::format(const weir_batch &batch) noexcept
{
    uint64_t n_logs = 0;

    weir_buffer_clear(&lines_);
    for (uint32_t g = 0; g < batch.n_groups; g++) {
        const weir_group &group = *batch.groups[g];

        for (uint32_t i = 0; i < group.n_logs; i++) {
            weir_json_log(&lines_, weir_log_at(&group, i));
            weir_buffer_append_byte(&lines_, '\n');
        }
        n_logs += group.n_logs;
    }
    return n_logs;
}

/* When the flush that begins is to end. */
void Flusher::set_end(const weir_batch &batch) noexcept
{
    until_ns_ = host_->now_ns(host_) + options_->timeout_ns;
    if (batch.deadline_ns && batch.deadline_ns < until_ns_)
        until_ns_ = batch.deadline_ns;
}

/* Whether there is time left; a stop of the pipeline leaves little of it. */
bool Flusher::in_time() noexcept
{
    const uint64_t now_ns = host_->now_ns(host_);

    if (urgent_ && until_ns_ > now_ns + urgent_ns)
        until_ns_ = now_ns + urgent_ns;
    return now_ns < until_ns_;
}

/* Waits until the connection can be written to. 0 or -errno. */
int Flusher::wait_writable(int fd) noexcept
{
    while (in_time()) {
        pollfd item = {fd, POLLOUT, 0};
        const int n = poll(&item, 1, slice_ms);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            return 0;
    }
    return -ETIMEDOUT;
}

/* A connection to one of the server's addresses: 0 or -errno. */
int Flusher::connect_to(const addrinfo &address) noexcept
{
    const int on = 1;
    Socket socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
        address.ai_protocol));

    if (!socket.is_open())
        return -errno;
    if (connect(socket.fd(), address.ai_addr, address.ai_addrlen) < 0) {
        int error = errno;
        socklen_t size = sizeof error;

        if (error != EINPROGRESS)
            return -error;
        const int r = wait_writable(socket.fd());
        if (r < 0)
            return r;
        if (getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) < 0)
            return -errno;
        if (error)
            return -error;
    }
    setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection_.reset(socket.release());
    return 0;
}

/* Makes the connection if there is none. 0 or -errno. */
int Flusher::connect_any() noexcept
{
    addrinfo hints = {};
    addrinfo *addresses = nullptr;
    int r = -EHOSTUNREACH;

    if (connection_.is_open())
        return 0;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(options_->host.data, options_->port.data, &hints, &addresses) != 0)
        return r;
    for (const addrinfo *each = addresses; each && r != 0; each = each->ai_next)
        r = connect_to(*each);
    freeaddrinfo(addresses);
    return r;
}

/* A server that has gone away meanwhile would take the first write without a word. */
void Flusher::check_connection() noexcept
{
    char byte;

    if (!connection_.is_open())
        return;
    const ssize_t n = recv(connection_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        connection_.reset();
}

/* MSG_NOSIGNAL: a broken connection is an error, not the end of the process. 0 or -errno. */
int Flusher::send_all() noexcept
{
    const char *data = lines_.data;
    size_t size = lines_.size;

    while (size > 0) {
        const ssize_t n = send(connection_.fd(), data, size, MSG_NOSIGNAL);
        int r = 0;

        if (n < 0 && errno == EAGAIN)
            r = wait_writable(connection_.fd());
        else if (n < 0 && errno != EINTR)
            r = -errno;
        if (r < 0)
            return r;
        if (n > 0) {
            data += n;
            size -= static_cast<size_t>(n);
        }
    }
    return 0;
}

/* Waits until the server's side has taken all: what only lies in the buffer here is lost
 * with the connection. If your protocol has answers, wait for the answer instead: only
 * that says that the server itself has the logs. 0 or -errno. */
int Flusher::wait_taken() noexcept
{
    pollfd broken = {connection_.fd(), 0, 0}; /* no events: errors only */
    timespec pause = {0, 50'000};

    for (;;) {
        int left = 0, error = 0;
        socklen_t size = sizeof error;

        if (getsockopt(connection_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
            return error ? -error : -errno;
        if (ioctl(connection_.fd(), SIOCOUTQ, &left) < 0)
            return -errno;
        if (left == 0)
            return 0;
        if (!in_time())
            return -ETIMEDOUT;
        ppoll(&broken, 1, &pause, nullptr);
        pause.tv_nsec = pause.tv_nsec < 20'000'000 ? pause.tv_nsec * 2 : pause.tv_nsec;
    }
}

/* 0 or -errno. */
int Flusher::deliver() noexcept
{
    int r = lines_.failed ? -ENOMEM : 0;

    check_connection();
    if (r == 0)
        r = connect_any();
    if (r == 0)
        r = send_all();
    if (r == 0)
        r = wait_taken();
    if (r < 0)
        connection_.reset(); /* a line may be torn; the next begins on a new connection */
    return r;
}

/* The batch is borrowed: nothing of it may be kept when this returns. DELIVERED is a
 * promise: from then on the host may forget the logs. RETRY keeps them and comes again
 * later; never wait and try again in here. */
uint32_t Flusher::flush(const weir_batch &batch, weir_result &result) noexcept
{
    const uint64_t n_logs = format(batch);

    set_end(batch);
    const int r = deliver();
    if (lines_.capacity > keep_bytes)
        weir_buffer_finish(&lines_);
    if (r == 0) {
        host_->record(host_, logs_total_, static_cast<double>(n_logs));
        return WEIR_DELIVERED;
    }
    errno = -r;
    weir_explain(
        &result, -r, "cannot send to %s port %s: %m", options_->host.data, options_->port.data);
    return WEIR_RETRY;
}

/* [control] To refuse: return weir_refuse(context->error, ...). */
int init(void *self, const weir_context *context) noexcept
{
    new (self) Flusher(*context);
    return 0;
}

/* [flush] */
uint32_t flush(void *self, const weir_batch *batch, weir_result *result) noexcept
{
    return static_cast<Flusher *>(self)->flush(*batch, *result);
}

/* [any] More batches may follow, but none is to wait for long. */
void set_urgent(void *self, int) noexcept
{
    static_cast<Flusher *>(self)->set_urgent();
}

/* [control] The last call; the memory itself is the host's. */
int stop(void *self, uint64_t, weir_result *) noexcept
{
    static_cast<Flusher *>(self)->~Flusher();
    return 0;
}

const weir_flusher_class acme_class = {
    sizeof(weir_flusher_class), WEIR_NET, "flusher_acme", "0.1.0",
    "Writes logs to a TCP server as lines of JSON.", sizeof(Flusher), sizeof(Options), rows,
    sizeof rows / sizeof rows[0], sizeof rows[0], init, nullptr, /* is_ready: always */
    flush, set_urgent, stop, nullptr,                            /* probe */
};

} // namespace

WEIR_PLUGIN("acme", "0.1.0", "flusher_acme", &acme_class);
