/* PENDING: a thread of its own writes and settles. A log with the key "reject" is marked
 * as one that will never succeed. */
#include "lines.h"

#include <pthread.h>
#include <signal.h>

#define QUEUE_MAX 16u

struct pending_options {
    struct weir_str path;
};

struct pending {
    const struct weir_host *host;
    const struct pending_options *options;
    struct lines out; /* the thread's */
    pthread_t thread;
    bool started; /* by flush only */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    const struct weir_batch *queue[QUEUE_MAX];
    unsigned first, n;
    bool stopping;
};

static const struct weir_option pending_rows[] = {
    WEIR_OPTION_STRING_ROW(struct pending_options, path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
};

static int pending_init(void *self, const struct weir_context *context)
{
    struct pending *pending = self;

    pending->host = context->host;
    pending->options = context->options;
    pthread_mutex_init(&pending->lock, NULL);
    pthread_cond_init(&pending->changed, NULL);
    return 0;
}

static int pending_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct pending *pending = self;
    int ready;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    pthread_mutex_lock(&pending->lock);
    ready = pending->n < QUEUE_MAX;
    pthread_mutex_unlock(&pending->lock);
    return ready;
}

static bool is_rejected(const struct weir_log *log)
{
    for (uint32_t i = 0; i < log->n_contents; i++)
        if (log->contents[i].key.size == 6 && !memcmp(log->contents[i].key.data, "reject", 6))
            return true;
    return false;
}

static void write_group(struct pending *pending, const struct weir_batch *batch, uint32_t g)
{
    const struct weir_str words = {"told to", 7};

    for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
        const struct weir_log *log = weir_log_at(batch->groups[g], i);

        if (is_rejected(log))
            pending->host->mark(pending->host, batch, g, i, WEIR_REJECTED, 400, words);
        else
            lines_log(&pending->out, log);
    }
}

static void deliver(struct pending *pending, const struct weir_batch *batch)
{
    char text[256] = "";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};
    uint32_t verdict;

    for (uint32_t g = 0; g < batch->n_groups; g++)
        write_group(pending, batch, g);
    verdict = lines_send(&pending->out, pending->options->path.data, &result);
    pending->host->settle(pending->host, batch->id, verdict, &result);
    pending->host->notify_ready(pending->host);
}

static const struct weir_batch *take(struct pending *pending)
{
    const struct weir_batch *batch = NULL;

    pthread_mutex_lock(&pending->lock);
    while (!pending->n && !pending->stopping)
        pthread_cond_wait(&pending->changed, &pending->lock);
    if (!pending->stopping) {
        batch = pending->queue[pending->first];
        pending->first = (pending->first + 1) % QUEUE_MAX;
        pending->n--;
    }
    pthread_mutex_unlock(&pending->lock);
    return batch;
}

static void *run(void *argument)
{
    const struct weir_batch *batch;

    while ((batch = take(argument)))
        deliver(argument, batch);
    return NULL;
}

static bool start(struct pending *pending)
{
    sigset_t all, before;

    if (pending->started)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pending->started = !pthread_create(&pending->thread, NULL, run, pending);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pending->started;
}

static uint32_t pending_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct pending *pending = self;
    bool taken;

    if (!start(pending)) {
        snprintf(result->text, result->text_max, "no thread is to be had");
        return WEIR_RETRY;
    }
    pthread_mutex_lock(&pending->lock);
    taken = pending->n < QUEUE_MAX;
    if (taken)
        pending->queue[(pending->first + pending->n++) % QUEUE_MAX] = batch;
    pthread_cond_signal(&pending->changed);
    pthread_mutex_unlock(&pending->lock);
    if (!taken)
        snprintf(result->text, result->text_max, "the queue is full");
    return taken ? WEIR_PENDING : WEIR_RETRY;
}

static int pending_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct pending *pending = self;

    (void)deadline_ns;
    (void)result;
    pthread_mutex_lock(&pending->lock);
    pending->stopping = true;
    pthread_cond_signal(&pending->changed);
    pthread_mutex_unlock(&pending->lock);
    if (pending->started)
        pthread_join(pending->thread, NULL);
    pthread_cond_destroy(&pending->changed);
    pthread_mutex_destroy(&pending->lock);
    free(pending->out.data);
    return 0;
}

static const struct weir_flusher_class pending_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC | WEIR_FS_WRITE,
    .type = "flusher_v1_pending",
    .version = "1.0.0",
    .description = "Writes to a file on a thread of its own.",
    .instance_size = sizeof(struct pending),
    .options_size = sizeof(struct pending_options),
    .options = pending_rows,
    .n_options = sizeof pending_rows / sizeof pending_rows[0],
    .option_stride = sizeof pending_rows[0],
    .init = pending_init,
    .is_ready = pending_is_ready,
    .flush = pending_flush,
    .stop = pending_stop,
};

WEIR_PLUGIN("v1_pending", "1.0.0", "flusher_v1_pending", &pending_class);
