/*
 * A whole flusher to start from: appends each log to a file, as one line of JSON.
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here
 * takes a lock, but each call may come on another thread, so nothing here is
 * thread-local. Other instances run at the same time: no static variables.
 *
 * No exception may leave a call, and no C++ object crosses the border: the functions at
 * the end are the border, and all behind them is `noexcept`.
 */
#include <cerrno>
#include <fcntl.h>
#include <new>
#include <unistd.h>
#include <weir/flusher.h>
#include <weir/json.h>
#include <weir/words.h>

namespace
{

/* What is kept of the memory for formatting, from one flush to the next. */
constexpr size_t keep_bytes = size_t{4} << 20;

/* The options, as the host fills them before init(). The strings are the host's and
 * live until after stop(). */
struct Options {
    weir_str file_path; /* a NUL follows the last byte */
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. A password would say WEIR_SECRET. */
const weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(Options, file_path, "FilePath", WEIR_REQUIRED, nullptr,
        "The file that lines are appended to."),
};

/* One instance. It is made in the host's memory, which is its alone until stop(). */
class Flusher
{
  public:
    /* Keeps pointers, opens nothing: the old instance of a pipeline may still be writing
     * while the new one is made. */
    explicit Flusher(const weir_context &context) noexcept
        : host_(context.host), options_(static_cast<const Options *>(context.options)),
          logs_total_(
              host_->metric(host_, WEIR_METRIC_COUNTER, "acme_logs_total", "logs", "Logs written."))
    {
    }
    ~Flusher()
    {
        if (fd_ >= 0)
            close(fd_);
        weir_buffer_finish(&lines_);
    }
    Flusher(const Flusher &) = delete;
    Flusher &operator=(const Flusher &) = delete;

    uint32_t flush(const weir_batch &batch, weir_result &result) noexcept;

  private:
    uint64_t format(const weir_batch &batch) noexcept;
    int write_lines() noexcept;
    int append(const char *data, size_t size) const noexcept;

    const weir_host *host_; /* the host's; good until stop() returns */
    const Options *options_;
    weir_buffer lines_{};
    uint32_t logs_total_; /* a metric's handle */
    int fd_ = -1;         /* -1 until the first flush */
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

/* Appends all or nothing: what was written before a failure is cut off again, so that
 * sending the batch again makes no duplicates. 0 or -errno. */
int Flusher::append(const char *data, size_t size) const noexcept
{
    const off_t start = lseek(fd_, 0, SEEK_END);

    while (size > 0) {
        const ssize_t n = write(fd_, data, size);
        const int error = errno;

        if (n < 0 && error == EINTR)
            continue;
        if (n < 0)
            return start >= 0 && ftruncate(fd_, start) != 0 ? -errno : -error;
        data += n;
        size -= static_cast<size_t>(n);
    }
    return 0;
}

/* 0 or -errno. */
int Flusher::write_lines() noexcept
{
    if (lines_.failed)
        return -ENOMEM;
    if (fd_ < 0)
        fd_ = open(
            options_->file_path.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd_ < 0)
        return -errno;
    return append(lines_.data, lines_.size);
}

/* The batch is borrowed: nothing of it may be kept when this returns. DELIVERED is a
 * promise: from then on the host may forget the logs. RETRY keeps them and comes again
 * later; never wait and try again in here. */
uint32_t Flusher::flush(const weir_batch &batch, weir_result &result) noexcept
{
    const uint64_t n_logs = format(batch);
    const int r = write_lines();

    if (lines_.capacity > keep_bytes)
        weir_buffer_finish(&lines_);
    if (r == 0) {
        host_->record(host_, logs_total_, static_cast<double>(n_logs));
        return WEIR_DELIVERED;
    }
    errno = -r;
    weir_explain(&result, -r, "cannot write to %s: %m", options_->file_path.data);
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

/* [control] The last call; the memory itself is the host's. */
int stop(void *self, uint64_t, weir_result *) noexcept
{
    static_cast<Flusher *>(self)->~Flusher();
    return 0;
}

const weir_flusher_class acme_class = {
    sizeof(weir_flusher_class), WEIR_FS_WRITE, "flusher_acme", "0.1.0",
    "Appends logs to a file as lines of JSON.", sizeof(Flusher), sizeof(Options), rows,
    sizeof rows / sizeof rows[0], sizeof rows[0], init, nullptr, /* is_ready: always */
    flush, nullptr,                                              /* set_urgent: nothing to hurry */
    stop, nullptr,                                               /* probe */
};

} // namespace

WEIR_PLUGIN("acme", "0.1.0", "flusher_acme", &acme_class);
