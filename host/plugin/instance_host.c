/* The host's services, as one instance sees them. Each argument comes from foreign
 * code: pointers are trusted, numbers and texts are not. */
#include "plugin/instance_private.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/folders.h"
#include "base/mem.h"
#include "base/metric.h"
#include "base/thread.h"

static struct instance *instance_of(const struct weir_host *host)
{
    return host->handle;
}

/* Whether a line may be written now; *ret_suppressed is how many were left out in the
 * interval before. */
static bool log_line_passes(struct instance *instance, uint32_t *ret_suppressed)
{
    uint64_t now_ns = clock_now_ns();
    bool passes;

    *ret_suppressed = 0;
    pthread_mutex_lock(&instance->lock);
    if (now_ns >= instance->log_interval_end_ns) {
        instance->log_interval_end_ns = now_ns + INSTANCE_LOG_INTERVAL_NS;
        instance->n_log_lines = 0;
    }
    passes = instance->n_log_lines < INSTANCE_LOG_LINES_MAX;
    if (passes) {
        instance->n_log_lines++;
        *ret_suppressed = instance->n_log_suppressed;
        instance->n_log_suppressed = 0;
    } else {
        instance->n_log_suppressed++;
    }
    pthread_mutex_unlock(&instance->lock);
    return passes;
}

/* A copy without control bytes, so that one message stays one line. */
static char *one_line(struct weir_str text)
{
    size_t size = MIN(text.size, INSTANCE_LOG_BYTES_MAX);
    struct buf line = {0};

    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (byte < ' ' || byte == 0x7f)
            buf_printf(&line, "\\x%02x", byte);
        else
            buf_putc(&line, (char)byte);
    }
    if (text.size > size)
        buf_puts(&line, " [cut]");
    return buf_take(&line);
}

static char *field_key(struct weir_str key)
{
    char *text = mem_strndup(key.data, MIN(key.size, (size_t)64));

    for (char *at = text; *at; at++)
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at))
            *at = '_';
    return text;
}

struct line_fields {
    struct log_field items[INSTANCE_LOG_FIELDS_MAX + 3];
    char *keys[INSTANCE_LOG_FIELDS_MAX];
    size_t count, n_keys;
};

static void add_fields(struct line_fields *line, const struct weir_field *fields, uint32_t n_fields)
{
    size_t left = INSTANCE_LOG_BYTES_MAX;

    for (uint32_t i = 0; i < MIN(n_fields, (uint32_t)INSTANCE_LOG_FIELDS_MAX); i++) {
        size_t size = MIN(fields[i].value.size, left);

        left -= size;
        line->keys[line->n_keys] = field_key(fields[i].key);
        line->items[line->count++] =
            LOG_BYTES(line->keys[line->n_keys++], size ? fields[i].value.data : "", size);
    }
}

static int host_log_enabled(const struct weir_host *host, uint32_t level)
{
    (void)host;
    return log_enabled((enum log_level)MIN(level, (uint32_t)LOG_LEVEL_DEBUG));
}

static void host_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    struct instance *instance = instance_of(host);
    struct line_fields line = {0};
    SCOPED_FREE char *text = NULL;
    uint32_t suppressed;

    if (!host_log_enabled(host, level) || !log_line_passes(instance, &suppressed))
        return;
    text = one_line(message);
    line.items[line.count++] = LOG_STR("pipeline", instance->pipeline);
    line.items[line.count++] = LOG_STR("flusher", instance->lane);
    add_fields(&line, fields, n_fields);
    if (suppressed)
        line.items[line.count++] = LOG_INT("suppressed", suppressed);
    log_write((enum log_level)MIN(level, (uint32_t)LOG_LEVEL_DEBUG), text, line.items, line.count);
    for (size_t i = 0; i < line.n_keys; i++)
        free(line.keys[i]);
}

static uint32_t host_metric(const struct weir_host *host, uint32_t kind, const char *name,
    const char *unit, const char *help)
{
    struct instance *instance = instance_of(host);

    if (name && !strncmp(name, "weir_", 5)) /* the host's own */
        return 0;
    return metrics_get(
        instance->metrics, (enum metric_kind)kind, name, unit, help, instance->labels);
}

static void host_record(const struct weir_host *host, uint32_t metric, double value)
{
    metrics_record(instance_of(host)->metrics, metric, value);
}

static uint64_t host_now(const struct weir_host *host)
{
    (void)host;
    return clock_now_ns();
}

static uint64_t host_wall(const struct weir_host *host)
{
    (void)host;
    return clock_wall_ns();
}

/* Whether the owner may be called; then tell_ends follows. */
static bool tell_begins(struct instance *instance)
{
    atomic_fetch_add(&instance->n_telling, 1);
    if (!atomic_load(&instance->ended))
        return true;
    atomic_fetch_sub(&instance->n_telling, 1);
    return false;
}

static void tell_ends(struct instance *instance)
{
    atomic_fetch_sub(&instance->n_telling, 1);
}

void instance_host_end(struct instance *instance)
{
    atomic_store(&instance->ended, true);
    while (atomic_load(&instance->n_telling))
        sched_yield();
}

/* 0, or -ENOENT. What comes after the end counts only for what is owed. */
static int tell_settled(struct instance *instance, uint64_t batch_id, uint32_t verdict,
    const struct weir_result *result)
{
    int r = -ENOENT;

    if (!tell_begins(instance)) {
        atomic_fetch_sub(&instance->n_owed, 1);
        return r;
    }
    r = instance->settle(instance->owner, batch_id, verdict, result);
    if (!r)
        atomic_fetch_sub(&instance->n_owed, 1);
    tell_ends(instance);
    return r;
}

static int host_settle(const struct weir_host *host, uint64_t batch_id, uint32_t verdict,
    const struct weir_result *result)
{
    struct instance *instance = instance_of(host);
    struct weir_result copy = {0};
    int r;

    if (verdict > WEIR_BROKEN || verdict == WEIR_PENDING) {
        instance_misbehaves(
            instance, "W5004", "settle with a verdict that is none, taken as RETRY", verdict);
        verdict = WEIR_RETRY;
    }
    if (result) {
        memcpy(&copy, result, MIN(result->struct_size, sizeof copy));
        copy.struct_size = sizeof copy;
    }
    r = tell_settled(instance, batch_id, verdict, result ? &copy : NULL);
    if (r == -ENOENT)
        instance_misbehaves(
            instance, "W5005", "settle for a batch that is not open", (int64_t)batch_id);
    return r;
}

static int host_mark(const struct weir_host *host, const struct weir_batch *batch, uint32_t group,
    uint32_t log, uint32_t verdict, int32_t code, struct weir_str text)
{
    struct instance *instance = instance_of(host);
    int r = -EINVAL;

    if (batch && verdict <= WEIR_REJECTED && tell_begins(instance)) {
        r = instance->mark(instance->owner, batch, group, log, verdict, code, text);
        tell_ends(instance);
    }
    if (r)
        instance_misbehaves(instance, "W5006",
            "mark with a verdict, group or log that is not in the batch", verdict);
    return r;
}

static void host_notify_ready(const struct weir_host *host)
{
    struct instance *instance = instance_of(host);

    if (!tell_begins(instance))
        return;
    instance->notify_ready(instance->owner);
    tell_ends(instance);
}

static void host_alive(const struct weir_host *host)
{
    atomic_store(&instance_of(host)->last_alive_ns, clock_now_ns());
}

/* Once the end is near naps are short, not absent: a loop around one does not spin. */
static int host_nap(const struct weir_host *host, uint64_t ns)
{
    struct instance *instance = instance_of(host);
    uint64_t end_ns = clock_now_ns() + MIN(ns, UINT64_MAX / 2);
    uint64_t n_wakes;
    int woken;

    pthread_mutex_lock(&instance->lock);
    if (instance->urgent)
        end_ns = MIN(end_ns, clock_now_ns() + INSTANCE_URGENT_NAP_NS);
    n_wakes = instance->n_wakes;
    while (instance->n_wakes == n_wakes && clock_now_ns() < end_ns)
        thread_wait_until(&instance->woken, &instance->lock, end_ns);
    woken = instance->urgent || instance->n_wakes != n_wakes;
    pthread_mutex_unlock(&instance->lock);
    return woken;
}

void instance_host_wake(struct instance *instance)
{
    pthread_mutex_lock(&instance->lock);
    instance->urgent = true;
    instance->n_wakes++;
    pthread_cond_broadcast(&instance->woken);
    pthread_mutex_unlock(&instance->lock);
}

/* Letters that are harmless in a file name stay, all others become %XX; so does a
 * leading dot. Slashes separate. */
static char *folder_of(const char *data_dir, const char *lane)
{
    struct buf path = {0};

    buf_printf(&path, "%s/flushers/", data_dir);
    for (const char *at = lane; *at; at++) {
        bool first = at == lane || at[-1] == '/';

        if (isalnum((unsigned char)*at) || strchr("_-+,=@", *at) || (*at == '/' && !first) ||
            (*at == '.' && !first))
            buf_putc(&path, *at);
        else
            buf_printf(&path, "%%%02X", (unsigned char)*at);
    }
    return buf_take(&path);
}

static int make_data_dir(struct instance *instance)
{
    char *path;
    int r;

    if (!instance->data_dir)
        return -ENOTSUP;
    if (instance->data_dir_made)
        return 0;
    path = folder_of(instance->data_dir, instance->lane);
    r = folders_make(path, 0750);
    if (r) {
        free(path);
        return r;
    }
    free(instance->data_dir);
    instance->data_dir = path;
    instance->data_dir_made = true;
    return 0;
}

static int host_data_dir(const struct weir_host *host, struct weir_str *ret_path)
{
    struct instance *instance = instance_of(host);
    int r;

    pthread_mutex_lock(&instance->lock);
    r = make_data_dir(instance);
    if (!r)
        *ret_path = (struct weir_str){instance->data_dir, strlen(instance->data_dir)};
    pthread_mutex_unlock(&instance->lock);
    return r;
}

void instance_misbehaves(
    struct instance *instance, const char *code, const char *what, int64_t number)
{
    uint64_t suppressed = 0;
    bool passes;

    if (instance->misbehaved && tell_begins(instance)) {
        instance->misbehaved(instance->owner, code);
        tell_ends(instance);
    }
    pthread_mutex_lock(&instance->lock);
    passes = log_limit_pass(&instance->misbehaviour, clock_now_ns(), &suppressed);
    pthread_mutex_unlock(&instance->lock);
    if (passes)
        log_warn("flusher misbehaves", LOG_STR("code", code),
            LOG_STR("pipeline", instance->pipeline), LOG_STR("flusher", instance->lane),
            LOG_STR("what", what), LOG_INT("number", number), LOG_INT("similar", suppressed));
}

void instance_host_init(struct instance *instance)
{
    instance->host = (struct weir_host){
        .struct_size = sizeof instance->host,
        .abi_minor = WEIR_ABI_MINOR,
        .handle = instance,
        .name = "weir",
        .version = WEIR_VERSION,
        .log = host_log,
        .log_enabled = host_log_enabled,
        .metric = host_metric,
        .record = host_record,
        .now_ns = host_now,
        .wall_ns = host_wall,
        .settle = host_settle,
        .mark = host_mark,
        .notify_ready = host_notify_ready,
        .alive = host_alive,
        .nap = host_nap,
        .data_dir = host_data_dir,
    };
}
