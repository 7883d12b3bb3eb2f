/*
 * A whole flusher to start from: appends each log to a file, as one line of JSON.
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here
 * takes a lock, but each call may come on another thread, so nothing here is
 * thread-local. Other instances run at the same time: no static variables.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <weir/flusher.h>
#include <weir/json.h>
#include <weir/words.h>

/* What is kept of the memory for formatting, from one flush to the next. */
#define KEEP_BYTES ((size_t)4 << 20)

/* The options, as the host fills them before init(). The strings are the host's and
 * live until after stop(). */
struct acme_options {
    struct weir_str file_path; /* a NUL follows the last byte */
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. A password would say WEIR_SECRET. */
static const struct weir_option acme_rows[] = {
    WEIR_OPTION_STRING_ROW(struct acme_options, file_path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
};

/* One instance. The host makes the memory, zeroed, and frees it after stop(). */
struct acme_flusher {
    const struct weir_host *host; /* the host's; good until stop() returns */
    const struct acme_options *options;
    struct weir_buffer lines;
    uint32_t logs_total; /* a metric's handle */
    int fd;              /* -1 until the first flush */
};

/* [control] Keeps pointers, opens nothing: the old instance of a pipeline may still be
 * writing while the new one is made. To refuse: return weir_refuse(context->error, ...). */
static int acme_init(void *self, const struct weir_context *context)
{
    struct acme_flusher *flusher = self;

    flusher->host = context->host;
    flusher->options = context->options;
    flusher->fd = -1;
    flusher->logs_total = flusher->host->metric(
        flusher->host, WEIR_METRIC_COUNTER, "acme_logs_total", "logs", "Logs written.");
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

/* Appends all or nothing: what was written before a failure is cut off again, so that
 * sending the batch again makes no duplicates. 0 or -errno. */
static int append(int fd, const char *data, size_t size)
{
    off_t start = lseek(fd, 0, SEEK_END);

    while (size > 0) {
        ssize_t n = write(fd, data, size);
        int error = errno;

        if (n < 0 && error == EINTR)
            continue;
        if (n < 0)
            return start >= 0 && ftruncate(fd, start) != 0 ? -errno : -error;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* 0 or -errno. */
static int write_lines(struct acme_flusher *flusher)
{
    if (flusher->lines.failed)
        return -ENOMEM;
    if (flusher->fd < 0)
        flusher->fd = open(flusher->options->file_path.data,
            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (flusher->fd < 0)
        return -errno;
    return append(flusher->fd, flusher->lines.data, flusher->lines.size);
}

/* [flush] The batch is borrowed: nothing of it may be kept when this returns. DELIVERED
 * is a promise: from then on the host may forget the logs. RETRY keeps them and comes
 * again later; never wait and try again in here. */
static uint32_t acme_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct acme_flusher *flusher = self;
    uint64_t n_logs = format_batch(&flusher->lines, batch);
    int r = write_lines(flusher);

    if (flusher->lines.capacity > KEEP_BYTES)
        weir_buffer_finish(&flusher->lines);
    if (r == 0) {
        flusher->host->record(flusher->host, flusher->logs_total, (double)n_logs);
        return WEIR_DELIVERED;
    }
    errno = -r;
    weir_explain(result, -r, "cannot write to %s: %m", flusher->options->file_path.data);
    return WEIR_RETRY;
}

/* [control] The last call; frees what the instance made, not the instance. */
static int acme_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct acme_flusher *flusher = self;

    (void)deadline_ns;
    (void)result;
    if (flusher->fd >= 0)
        close(flusher->fd);
    weir_buffer_finish(&flusher->lines);
    return 0;
}

/* What is not named here is absent, and the host does the ordinary thing. */
static const struct weir_flusher_class acme_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_FS_WRITE,
    .type = "flusher_acme",
    .version = "0.1.0",
    .description = "Appends logs to a file as lines of JSON.",
    .instance_size = sizeof(struct acme_flusher),
    .options_size = sizeof(struct acme_options),
    .options = acme_rows,
    .n_options = sizeof acme_rows / sizeof acme_rows[0],
    .option_stride = sizeof acme_rows[0],
    .init = acme_init,
    .flush = acme_flush,
    .stop = acme_stop,
};

WEIR_PLUGIN("acme", "0.1.0", "flusher_acme", &acme_class);
