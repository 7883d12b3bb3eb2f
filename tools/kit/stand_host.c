/* The host table of a stand: what the plugin asks for is done and noted. */
#include "kit/stand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kit/calls.h"
#include "kit/heap.h"

/* In a call of the host nothing is the plugin's, up to the end of the scope. */
static int step_out(void)
{
    heap_leave();
    return 0;
}

static void step_in(const int *unused)
{
    (void)unused;
    heap_enter();
}

#define AT_CALLS 20 /* of the host, at which something else happens */
#define AT_HOST __attribute__((cleanup(step_in), unused)) const int at_host = step_out()

void stand_at_call(struct stand *stand, void *(*run)(void *stand))
{
    atomic_store(&stand->n_at_call, AT_CALLS);
    atomic_store(&stand->at_call, run);
}

/* The stand of a table; the check may want something to happen meanwhile. */
static struct stand *stand_of(const struct weir_host *host)
{
    struct stand *stand = host->handle;
    void *(*run)(void *stand) = atomic_load(&stand->at_call);
    pthread_t thread;

    if (run && atomic_fetch_sub(&stand->n_at_call, 1) > 0 &&
        !pthread_create(&thread, NULL, run, stand))
        pthread_join(thread, NULL);
    return stand;
}

static void host_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    AT_HOST;
    struct stand *stand = stand_of(host);
    struct buf line = {0};

    atomic_fetch_add(&stand->n_logged, 1);
    buf_append(&line, message.data, message.size);
    for (uint32_t i = 0; i < n_fields; i++) {
        buf_putc(&line, ' ');
        buf_append(&line, fields[i].key.data, fields[i].key.size);
        buf_putc(&line, '=');
        buf_append(&line, fields[i].value.data, fields[i].value.size);
    }
    pthread_mutex_lock(&stand->lock);
    if (stand->n_lines < STAND_LINES_MAX) {
        const size_t size = line.size;

        MEM_GROW(stand->lines, stand->n_lines, stand->cap_lines);
        stand->lines[stand->n_lines++] = (struct stand_line){level, buf_take(&line), size};
    }
    pthread_mutex_unlock(&stand->lock);
    buf_finish(&line);
}

static int host_log_enabled(const struct weir_host *host, uint32_t level)
{
    (void)host;
    return level <= WEIR_LOG_DEBUG;
}

static uint32_t host_metric(const struct weir_host *host, uint32_t kind, const char *name,
    const char *unit, const char *help)
{
    AT_HOST;
    struct stand *stand = stand_of(host);
    uint32_t i = 0;

    (void)unit;
    (void)help;
    pthread_mutex_lock(&stand->lock);
    while (i < stand->n_metrics && strcmp(stand->metrics[i].name, name) != 0)
        i++;
    if (i == stand->n_metrics) {
        MEM_GROW(stand->metrics, stand->n_metrics, stand->cap_metrics);
        stand->metrics[stand->n_metrics++] =
            (struct stand_metric){.name = mem_strdup(name), .kind = kind};
    }
    pthread_mutex_unlock(&stand->lock);
    return i + 1;
}

static void host_record(const struct weir_host *host, uint32_t metric, double value)
{
    struct stand *stand = stand_of(host);

    pthread_mutex_lock(&stand->lock);
    if (metric > 0 && metric <= stand->n_metrics) {
        struct stand_metric *found = &stand->metrics[metric - 1];

        found->n_records++;
        found->value = found->kind == WEIR_METRIC_GAUGE ? value : found->value + value;
    }
    pthread_mutex_unlock(&stand->lock);
}

static uint64_t host_now_ns(const struct weir_host *host)
{
    (void)host;
    return clock_now_ns();
}

static uint64_t host_wall_ns(const struct weir_host *host)
{
    AT_HOST; /* where nothing jumps by itself */

    (void)host;
    return clock_wall_ns() + (uint64_t)calls_jumped();
}

/* The batch of that number; NULL: there is none. With the lock. */
static struct stand_batch *find_batch(struct stand *stand, uint64_t id)
{
    for (size_t i = stand->n_batches; i-- > 0;)
        if (stand->batches[i].sample->batch.id == id)
            return &stand->batches[i];
    return NULL;
}

static void note_settle(struct stand *stand, uint64_t batch_id, uint32_t verdict,
    const struct weir_result *result, bool was_open)
{
    struct stand_settle *note;

    MEM_GROW(stand->settles, stand->n_settles, stand->cap_settles);
    note = &stand->settles[stand->n_settles++];
    *note = (struct stand_settle){.batch_id = batch_id,
        .verdict = verdict,
        .code = result ? result->code : 0,
        .retry_after_ns = result ? result->retry_after_ns : 0,
        .was_open = was_open,
        .stopped = stand->stopped};
    snprintf(note->text, sizeof note->text, "%s", result && result->text ? result->text : "");
}

static int host_settle(const struct weir_host *host, uint64_t batch_id, uint32_t verdict,
    const struct weir_result *result)
{
    AT_HOST;
    struct stand *stand = stand_of(host);
    struct stand_batch *batch;
    bool was_open;

    pthread_mutex_lock(&stand->lock);
    batch = find_batch(stand, batch_id);
    was_open = batch && !batch->settled && (batch->in_flush || batch->pending);
    note_settle(stand, batch_id, verdict, result, was_open);
    if (was_open) {
        batch->settled = true;
        batch->pending = false;
        batch->verdict = verdict;
        if (stand->on_settle)
            stand->on_settle(stand, batch);
        pthread_cond_broadcast(&stand->changed);
    }
    pthread_mutex_unlock(&stand->lock);
    return was_open ? 0 : -ENOENT;
}

static bool is_good_mark(
    struct stand *stand, uint64_t batch_id, uint32_t group, uint32_t log, uint32_t verdict)
{
    const struct stand_batch *batch = find_batch(stand, batch_id);

    return batch && !batch->settled && (batch->in_flush || batch->pending) &&
           verdict <= WEIR_REJECTED && group < batch->sample->batch.n_groups &&
           log < batch->sample->batch.groups[group]->n_logs;
}

static int host_mark(const struct weir_host *host, const struct weir_batch *batch, uint32_t group,
    uint32_t log, uint32_t verdict, int32_t code, struct weir_str text)
{
    AT_HOST;
    struct stand *stand = stand_of(host);
    bool good;

    (void)code;
    (void)text;
    pthread_mutex_lock(&stand->lock);
    good = is_good_mark(stand, batch->id, group, log, verdict);
    MEM_GROW(stand->marks, stand->n_marks, stand->cap_marks);
    stand->marks[stand->n_marks++] = (struct stand_mark){batch->id, group, log, verdict, good};
    pthread_mutex_unlock(&stand->lock);
    return good ? 0 : -EINVAL;
}

static void host_notify_ready(const struct weir_host *host)
{
    atomic_fetch_add(&stand_of(host)->n_notified, 1);
}

static void host_alive(const struct weir_host *host)
{
    atomic_fetch_add(&stand_of(host)->n_alive, 1);
}

static int host_nap(const struct weir_host *host, uint64_t ns)
{
    struct stand *stand = stand_of(host);
    const uint64_t end_ns = clock_now_ns() + ns;
    const struct timespec end = {(time_t)(end_ns / NS_PER_S), (long)(end_ns % NS_PER_S)};
    bool urgent;

    atomic_fetch_add(&stand->n_naps, 1);
    pthread_mutex_lock(&stand->lock);
    while (
        !stand->urgent && pthread_cond_timedwait(&stand->changed, &stand->lock, &end) != ETIMEDOUT)
        ;
    urgent = stand->urgent;
    pthread_mutex_unlock(&stand->lock);
    if (urgent) { /* a plugin that naps in a loop is not to spin */
        const struct timespec moment = {0, (long)NS_PER_MS};

        nanosleep(&moment, NULL);
    }
    return urgent;
}

static int host_data_dir(const struct weir_host *host, struct weir_str *ret_path)
{
    const struct stand *stand = stand_of(host);

    if (mkdir(stand->data_dir, 0700) && errno != EEXIST)
        return -errno;
    *ret_path = (struct weir_str){stand->data_dir, strlen(stand->data_dir)};
    return 0;
}

void stand_host_fill(struct stand *stand)
{
    stand->host = (struct weir_host){
        .struct_size = sizeof stand->host,
        .abi_minor = WEIR_ABI_MINOR,
        .handle = stand,
        .name = "weir",
        .version = WEIR_VERSION,
        .log = host_log,
        .log_enabled = host_log_enabled,
        .metric = host_metric,
        .record = host_record,
        .now_ns = host_now_ns,
        .wall_ns = host_wall_ns,
        .settle = host_settle,
        .mark = host_mark,
        .notify_ready = host_notify_ready,
        .alive = host_alive,
        .nap = host_nap,
        .data_dir = host_data_dir,
    };
}
