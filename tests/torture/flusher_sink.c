/*
 * The destination of torture tests: writes the field `content` of each log as a line
 * into a file, and behaves as a control file says at this moment, so that a destination
 * can fall ill and recover while the host runs. The control file holds a word and
 * perhaps a number:
 *
 *   up            takes everything
 *   down          RETRY, nothing is written
 *   after         writes, then answers RETRY: an answer that got lost on the way
 *   broken        BROKEN, nothing is written
 *   unready       is_ready says no
 *   hang          flush does not come back while the word stands
 *   slow MS       takes everything, MS milliseconds later
 *   later MS      PENDING; another thread takes it MS milliseconds later
 *   stray MS      the same, but stop does not wait for it: it may settle when all is over
 *   garbage       a verdict that does not exist, nothing is written
 *   poison        logs that contain "POISON" are rejected, the others taken
 *   refuse        REJECTED, nothing is written
 *   segv, abort, exit    the process ends inside flush
 *
 * How often each was acted on is counted in a file beside it, one byte a time:
 * CONTROL.up, CONTROL.down, ...
 */
#include <weir/flusher.h>
#include <weir/buffer.h>
#include <weir/words.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORD_MAX 16

struct sink_options {
    struct weir_str path;
    struct weir_str control;
};

struct mode {
    char word[WORD_MAX];
    unsigned ms;
};

struct sink {
    const struct weir_host *host;
    const struct sink_options *options;
    struct weir_buffer out;
    pthread_mutex_t lock; /* of n_later and the output */
    pthread_cond_t idle;
    unsigned n_later; /* threads that will settle */
};

/* One batch to be settled by a thread of its own. */
struct later {
    struct sink *sink;
    uint64_t id;
    unsigned ms;
    char *data;
    size_t size;
};

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(
        struct sink_options, path, "Path", WEIR_REQUIRED, NULL, "File that lines are appended to"),
    WEIR_OPTION_STRING_ROW(struct sink_options, control, "Control", WEIR_REQUIRED, NULL,
        "File that says how to behave"),
};

static void nap_ms(unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&time, NULL);
}

static struct mode mode_now(const struct sink *sink)
{
    struct mode mode = {"up", 0};
    char text[64] = "";
    int fd = open(sink->options->control.data, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!read(fd, text, sizeof text - 1);
        close(fd);
    }
    sscanf(text, "%15s %u", mode.word, &mode.ms);
    return mode;
}

static bool is(const struct mode *mode, const char *word)
{
    return !strcmp(mode->word, word);
}

static void count(const struct sink *sink, const char *word)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s.%s", sink->options->control.data, word);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    (void)!write(fd, ".", 1);
    close(fd);
}

/* What a kill has torn is cut back to the last whole line. */
static int mend(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END), whole = size;
    char last = '\n';

    while (whole > 0 && pread(fd, &last, 1, whole - 1) == 1 && last != '\n')
        whole--;
    return whole < size && ftruncate(fd, whole) < 0 ? -errno : 0;
}

static int put(struct sink *sink, const char *data, size_t size)
{
    int fd = open(sink->options->path.data, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int r;

    if (fd < 0)
        return -errno;
    r = mend(fd);
    if (!r && write(fd, data, size) != (ssize_t)size)
        r = -EIO;
    close(fd);
    return r;
}

static bool is_poison(const struct weir_str *content)
{
    return memmem(content->data, content->size, "POISON", 6) != NULL;
}

static void lay_out(struct sink *sink, const struct weir_batch *batch, bool mark_poison)
{
    static const struct weir_str why = {"poison", 6};

    weir_buffer_clear(&sink->out);
    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++) {
            const struct weir_str *content =
                weir_log_get(weir_log_at(batch->groups[i], j), "content");

            if (content && mark_poison && is_poison(content)) {
                sink->host->mark(sink->host, batch, i, j, WEIR_REJECTED, 400, why);
                continue;
            }
            if (content)
                weir_buffer_append_str(&sink->out, *content);
            weir_buffer_append_byte(&sink->out, '\n');
        }
}

static void *take_later(void *argument)
{
    struct later *later = argument;
    struct sink *sink = later->sink;
    uint32_t verdict = WEIR_DELIVERED;

    nap_ms(later->ms);
    pthread_mutex_lock(&sink->lock);
    if (put(sink, later->data, later->size) < 0)
        verdict = WEIR_RETRY;
    pthread_mutex_unlock(&sink->lock);
    sink->host->settle(sink->host, later->id, verdict, NULL);
    pthread_mutex_lock(&sink->lock);
    sink->n_later--;
    pthread_cond_signal(&sink->idle);
    pthread_mutex_unlock(&sink->lock);
    free(later->data);
    free(later);
    return NULL;
}

/* Taken, and settled when nobody may listen any more. */
static void *stray(void *argument)
{
    struct later *later = argument;
    const struct weir_host *host = later->sink->host;

    nap_ms(later->ms);
    host->settle(host, later->id, WEIR_DELIVERED, NULL);
    host->notify_ready(host);
    free(later);
    return NULL;
}

static uint32_t go_astray(struct sink *sink, const struct weir_batch *batch, unsigned ms)
{
    struct later *later = malloc(sizeof *later);
    pthread_t thread;

    if (!later || put(sink, sink->out.data, sink->out.size) < 0) {
        free(later);
        return WEIR_RETRY;
    }
    *later = (struct later){sink, batch->id, ms, NULL, 0};
    if (pthread_create(&thread, NULL, stray, later)) {
        free(later);
        return WEIR_RETRY;
    }
    pthread_detach(thread);
    return WEIR_PENDING;
}

static uint32_t pend(struct sink *sink, const struct weir_batch *batch, unsigned ms)
{
    struct later *later = malloc(sizeof *later);
    pthread_t thread;

    if (!later)
        return WEIR_RETRY;
    *later = (struct later){sink, batch->id, ms, malloc(sink->out.size + 1), sink->out.size};
    if (!later->data) {
        free(later);
        return WEIR_RETRY;
    }
    memcpy(later->data, sink->out.data, sink->out.size);
    pthread_mutex_lock(&sink->lock);
    sink->n_later++;
    pthread_mutex_unlock(&sink->lock);
    if (!pthread_create(&thread, NULL, take_later, later)) {
        pthread_detach(thread);
        return WEIR_PENDING;
    }
    pthread_mutex_lock(&sink->lock);
    sink->n_later--;
    pthread_mutex_unlock(&sink->lock);
    free(later->data);
    free(later);
    return WEIR_RETRY;
}

static void hang(const struct sink *sink)
{
    struct mode mode;

    do {
        nap_ms(10);
        mode = mode_now(sink);
    } while (is(&mode, "hang"));
}

static void end_process(const struct mode *mode)
{
    int *volatile nowhere = (int *)(uintptr_t)64;

    if (is(mode, "segv"))
        *nowhere = 1;
    if (is(mode, "abort"))
        abort();
    if (is(mode, "exit"))
        exit(3);
}

static uint32_t take(struct sink *sink, uint32_t verdict, struct weir_result *result)
{
    int r;

    pthread_mutex_lock(&sink->lock);
    r = put(sink, sink->out.data, sink->out.size);
    pthread_mutex_unlock(&sink->lock);
    if (!r)
        return verdict;
    weir_explain(result, -r, "cannot write: %s", strerror(-r));
    return WEIR_RETRY;
}

static uint32_t sink_flush(void *memory, const struct weir_batch *batch, struct weir_result *result)
{
    struct sink *sink = memory;
    struct mode mode = mode_now(sink);

    count(sink, mode.word);
    end_process(&mode);
    weir_explain(result, 0, "the sink is told: %s", mode.word);
    if (is(&mode, "down") || is(&mode, "unready"))
        return WEIR_RETRY;
    if (is(&mode, "broken"))
        return WEIR_BROKEN;
    if (is(&mode, "refuse"))
        return WEIR_REJECTED;
    if (is(&mode, "garbage"))
        return 77;
    if (is(&mode, "hang"))
        hang(sink);
    if (is(&mode, "slow"))
        nap_ms(mode.ms);
    lay_out(sink, batch, is(&mode, "poison"));
    if (sink->out.failed)
        return WEIR_RETRY;
    if (is(&mode, "stray"))
        return go_astray(sink, batch, mode.ms);
    if (is(&mode, "later"))
        return pend(sink, batch, mode.ms);
    return take(sink, is(&mode, "after") ? WEIR_RETRY : WEIR_DELIVERED, result);
}

static int sink_is_ready(
    void *memory, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct sink *sink = memory;
    struct mode mode = mode_now(sink);

    (void)project;
    (void)logstore;
    (void)logstore_key;
    if (!is(&mode, "unready"))
        return 1;
    count(sink, mode.word);
    return 0;
}

static int sink_init(void *memory, const struct weir_context *context)
{
    struct sink *sink = memory;

    sink->host = context->host;
    sink->options = context->options;
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->idle, NULL);
    return 0;
}

static int sink_stop(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    struct sink *sink = memory;

    (void)deadline_ns;
    (void)result;
    pthread_mutex_lock(&sink->lock);
    while (sink->n_later)
        pthread_cond_wait(&sink->idle, &sink->lock);
    pthread_mutex_unlock(&sink->lock);
    pthread_cond_destroy(&sink->idle);
    pthread_mutex_destroy(&sink->lock);
    weir_buffer_finish(&sink->out);
    return 0;
}

static const struct weir_flusher_class sink_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC | WEIR_FS_WRITE,
    .type = "flusher_sink",
    .version = "1.0.0",
    .description = "Writes lines, and fails as it is told while it runs",
    .instance_size = sizeof(struct sink),
    .options_size = sizeof(struct sink_options),
    .options = rows,
    .n_options = sizeof rows / sizeof rows[0],
    .option_stride = sizeof rows[0],
    .init = sink_init,
    .is_ready = sink_is_ready,
    .flush = sink_flush,
    .stop = sink_stop,
};

WEIR_PLUGIN("sink", "1.0.0", "flusher_sink", &sink_class);
