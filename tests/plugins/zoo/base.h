/*
 * A flusher that keeps the contract: appends each log as one line of JSON to FilePath.
 * An animal of the zoo is this one with one call, or one line, that is wrong:
 *
 *   #include "base.h"
 *   static uint32_t bad_flush(...) { ...; return base_flush(self, batch, result); }
 *   ANIMAL(.flush = bad_flush);
 *
 * The type is flusher_<file name>, given by the build.
 */
#ifndef ZOO_BASE_H
#define ZOO_BASE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <weir/flusher.h>
#include <weir/json.h>
#include <weir/words.h>

#define UNUSED __attribute__((unused))

struct base_options {
    struct weir_str file_path;
    struct weir_str token;
    uint64_t keep_kib;
};

struct base {
    const struct weir_host *host;
    const struct base_options *options;
    struct weir_buffer out;
    uint32_t logs_total; /* a metric */
    int fd;              /* -1 until the first flush */
};

UNUSED static const struct weir_option base_rows[] = {
    WEIR_OPTION_STRING_ROW(struct base_options, file_path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
    WEIR_OPTION_STRING_ROW(struct base_options, token, "Token", WEIR_SECRET, NULL,
        "What the destination would want to see."),
    WEIR_OPTION(struct base_options, keep_kib, "KeepKiB", WEIR_OPTION_UINT, 0, "4096", "1", "65536",
        "KiB", "How much formatting memory is kept from flush to flush."),
};

UNUSED static int base_init(void *self, const struct weir_context *context)
{
    struct base *base = self;

    base->host = context->host;
    base->options = context->options;
    base->fd = -1;
    base->logs_total = base->host->metric(
        base->host, WEIR_METRIC_COUNTER, "logs_written_total", "logs", "Logs written.");
    return 0;
}

UNUSED static int base_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    (void)self;
    (void)project;
    (void)logstore;
    (void)logstore_key;
    return 1;
}

/* 0 or -errno. */
UNUSED static int base_open(struct base *base)
{
    if (base->fd < 0)
        base->fd = open(base->options->file_path.data,
            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    return base->fd < 0 ? -errno : 0;
}

/* All or nothing. 0 or -errno. */
UNUSED static int base_write(int fd, const char *data, size_t size)
{
    off_t start = lseek(fd, 0, SEEK_END);
    int r;

    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            r = -errno;
            return start >= 0 && ftruncate(fd, start) < 0 ? -errno : r;
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* How many logs. */
UNUSED static uint64_t base_format(struct weir_buffer *out, const struct weir_batch *batch)
{
    uint64_t n_logs = 0;

    weir_buffer_clear(out);
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            weir_json_log(out, weir_log_at(batch->groups[g], i));
            weir_buffer_append_byte(out, '\n');
        }
        n_logs += batch->groups[g]->n_logs;
    }
    return n_logs;
}

UNUSED static uint32_t base_retry(struct weir_result *result, int r, const char *what)
{
    errno = -r;
    weir_explain(result, -r, "%s: %m", what);
    return WEIR_RETRY;
}

/* Writes what is formatted in `out`. */
UNUSED static uint32_t base_send(struct base *base, struct weir_result *result)
{
    int r = base->out.failed ? -ENOMEM : base_open(base);

    if (r == 0)
        r = base_write(base->fd, base->out.data, base->out.size);
    return r == 0 ? WEIR_DELIVERED : base_retry(result, r, "cannot write the file");
}

UNUSED static uint32_t base_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint64_t n_logs = base_format(&base->out, batch);
    uint32_t verdict = base_send(base, result);

    if (verdict == WEIR_DELIVERED)
        base->host->record(base->host, base->logs_total, (double)n_logs);
    if (base->out.capacity > base->options->keep_kib * 1024)
        weir_buffer_finish(&base->out);
    return verdict;
}

UNUSED static void base_set_urgent(void *self, int exiting)
{
    (void)self;
    (void)exiting;
}

UNUSED static int base_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct base *base = self;

    (void)deadline_ns;
    (void)result;
    if (base->fd >= 0)
        close(base->fd);
    weir_buffer_finish(&base->out);
    return 0;
}

/* Members that follow override these. */
#define BASE_CLASS(TYPE) \
    .struct_size = sizeof(struct weir_flusher_class), .flags = WEIR_FS_WRITE, .type = (TYPE), \
    .version = "1.0.0", .description = "An animal of the zoo", \
    .instance_size = sizeof(struct base), .options_size = sizeof(struct base_options), \
    .options = base_rows, .n_options = sizeof base_rows / sizeof base_rows[0], \
    .option_stride = sizeof base_rows[0], .init = base_init, .is_ready = base_is_ready, \
    .flush = base_flush, .set_urgent = base_set_urgent, .stop = base_stop

#define ANIMAL(...) \
    static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE), __VA_ARGS__}; \
    WEIR_PLUGIN("zoo", "1.0.0", ANIMAL_TYPE, &animal_class)

/* For animals whose registration is wrong: BODY sees `host`, `error` and the right `plugin`. */
#define REGISTER(CLASS, BODY) \
    static const struct weir_flusher_class *const animal_classes[] = {&(CLASS)}; \
    static const struct weir_plugin plugin = {.struct_size = sizeof(struct weir_plugin), \
        .abi_minor = WEIR_ABI_MINOR, \
        .n_classes = 1, \
        .classes = animal_classes, \
        .name = "zoo", \
        .version = "1.0.0"}; \
    const struct weir_plugin *weir_plugin_register_v1( \
        UNUSED const struct weir_host *host, UNUSED struct weir_error *error) \
    { \
        BODY; \
    } \
    struct weir_plugin

#endif
