/*
 * A whole flusher to start from: appends each log as one line `key=value key=value`
 * to a file. Copy the folder, rename, change write_log().
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here
 * takes a lock, but each call may come on another thread, so nothing here is
 * thread-local.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/flusher.h>

/* The options, as the host fills them before init(). The strings are the host's
 * and live until after stop(). */
struct template_options {
    struct weir_str file_path; /* a NUL follows the last byte */
    struct weir_str separator;
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. */
static const struct weir_option template_rows[] = {
    WEIR_OPTION_STRING_ROW(struct template_options, file_path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
    WEIR_OPTION_STRING_ROW(struct template_options, separator, "Separator", 0, " ",
        "What stands between two contents of a log."),
};

/* One instance. The host makes the memory, zeroed, and frees it after stop(). */
struct template_flusher {
    const struct weir_host *host; /* the host's; good until stop() returns */
    const struct template_options *options;
    uint32_t lines_total; /* a metric's handle */
    int fd;               /* -1 until the first flush */
};

/* [control] Keeps pointers, opens nothing: the old instance of a pipeline may still
 * be writing while the new one is made. */
static int template_init(void *self, const struct weir_context *context)
{
    struct template_flusher *flusher = self;

    flusher->host = context->host;
    flusher->options = context->options;
    flusher->fd = -1;
    flusher->lines_total = flusher->host->metric(
        flusher->host, WEIR_METRIC_COUNTER, "lines_total", "lines", "Lines written.");
    return 0;
}

/* Tells the operator why, in the memory that the caller lent, and asks the host to
 * come again with the same batch. */
static uint32_t retry(struct weir_result *result, const char *what)
{
    result->code = errno;
    if (result->text_max > 0)
        snprintf(result->text, result->text_max, "%s: %s", what, strerror(errno));
    return WEIR_RETRY;
}

/* Strings have a size and no NUL at the end, and may hold any byte. */
static void write_str(FILE *stream, struct weir_str str)
{
    if (str.size > 0)
        fwrite(str.data, 1, str.size, stream);
}

static void write_log(FILE *stream, const struct weir_log *log, struct weir_str separator)
{
    for (uint32_t i = 0; i < log->n_contents; i++) {
        if (i > 0)
            write_str(stream, separator);
        write_str(stream, log->contents[i].key);
        fputc('=', stream);
        write_str(stream, log->contents[i].value);
    }
    fputc('\n', stream);
}

/* The whole batch as text, to be freed by the caller; NULL when memory is out.
 * Logs are reached with weir_log_at(), never with []: rows may grow. */
static char *format_batch(const struct template_flusher *flusher, const struct weir_batch *batch,
    size_t *ret_size, uint32_t *ret_lines)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, ret_size);

    *ret_lines = 0;
    if (!stream)
        return NULL;
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        const struct weir_group *group = batch->groups[g];

        for (uint32_t i = 0; i < group->n_logs; i++)
            write_log(stream, weir_log_at(group, i), flusher->options->separator);
        *ret_lines += group->n_logs;
    }
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* Appends all or nothing: what was written before a failure is cut off again, so
 * that sending the batch again makes no duplicates. 0 or -1 with errno. */
static int append(int fd, const char *text, size_t size)
{
    off_t start = lseek(fd, 0, SEEK_END);
    int error;

    while (size > 0) {
        ssize_t n = write(fd, text, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error = errno;
            if (start >= 0 && ftruncate(fd, start) != 0)
                return -1;
            errno = error;
            return -1;
        }
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

/* [flush] The batch is borrowed: nothing of it may be kept when this returns. */
static uint32_t template_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct template_flusher *flusher = self;
    uint32_t verdict = WEIR_DELIVERED;
    uint32_t n_lines;
    size_t size;
    char *text;

    if (flusher->fd < 0)
        flusher->fd =
            open(flusher->options->file_path.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (flusher->fd < 0)
        return retry(result, "cannot open the file");
    text = format_batch(flusher, batch, &size, &n_lines);
    if (!text)
        return retry(result, "cannot format the batch");
    if (append(flusher->fd, text, size) != 0)
        verdict = retry(result, "cannot write");
    else
        flusher->host->record(flusher->host, flusher->lines_total, n_lines);
    free(text);
    return verdict;
}

/* [control] The last call; frees what the instance made, not the instance. */
static int template_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct template_flusher *flusher = self;

    (void)deadline_ns;
    (void)result;
    if (flusher->fd >= 0)
        close(flusher->fd);
    return 0;
}

/* What is not named here is absent, and the host does the ordinary thing. */
static const struct weir_flusher_class template_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_FS_WRITE,
    .type = "flusher_template",
    .version = "1.0.0",
    .description = "Appends logs to a file as lines of key=value",
    .instance_size = sizeof(struct template_flusher),
    .options_size = sizeof(struct template_options),
    .options = template_rows,
    .n_options = sizeof template_rows / sizeof template_rows[0],
    .option_stride = sizeof template_rows[0],
    .init = template_init,
    .flush = template_flush,
    .stop = template_stop,
};

WEIR_PLUGIN("template", "1.0.0", "flusher_template", &template_class);
