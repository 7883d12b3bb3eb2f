/*
 * What a flusher may ask of the host. A table of functions that is handed in,
 * so a plugin needs no symbol of the host's and can be linked with -Wl,-z,defs.
 *
 * Each instance gets a table of its own, which lives until stop() has returned.
 * The first argument of every call is that table. All calls are [any]. What is given to a
 * call is the plugin's, and is not looked at once the call has returned.
 * A host of an older minor has a shorter table: test members newer than your
 * `needs_minor` with WEIR_HAS().
 */
#ifndef WEIR_HOST_H
#define WEIR_HOST_H

#include <weir/abi.h>
#include <weir/batch.h>

WEIR_BEGIN_DECLS

enum {
    WEIR_LOG_ERROR = 0,
    WEIR_LOG_WARN = 1,
    WEIR_LOG_INFO = 2,
    WEIR_LOG_DEBUG = 3,
};

enum {
    WEIR_METRIC_COUNTER = 1,   /* record() adds; values are never negative */
    WEIR_METRIC_GAUGE = 2,     /* record() sets */
    WEIR_METRIC_HISTOGRAM = 3, /* record() observes */
};

/* True when the table reaches as far as MEMBER, a call, pointer or number, and that
 * is not 0. For every struct with `struct_size`. */
#define WEIR_HAS(TABLE, MEMBER) \
    (offsetof(__typeof__(*(TABLE)), MEMBER) + sizeof((TABLE)->MEMBER) <= (TABLE)->struct_size && \
        (TABLE)->MEMBER)

/* Details of a verdict. In flush(), stop() and probe() it is the host's and arrives zeroed
 * but for struct_size, text and text_max; for settle() the plugin makes one. */
struct weir_result {
    uint32_t struct_size;
    int32_t code;            /* 0, or a number of the plugin's: HTTP status, errno */
    uint64_t retry_after_ns; /* the destination's wish; 0 = the host decides */
    char *text;              /* one line for the operator, UTF-8, ends in NUL; no secrets.
                              * In settle() the plugin's own; it may be NULL */
    size_t text_max;         /* bytes `text` may take, the NUL included; unused in settle() */
};

struct weir_host {
    uint32_t struct_size;
    uint32_t abi_minor;  /* the host's */
    void *handle;        /* the host's own; not to be looked at */
    const char *name;    /* "weir" */
    const char *version; /* the product's version; never decide anything by it */

    /* Says something to the operator, at a WEIR_LOG_ level (an unknown one is DEBUG).
     * The host adds time, pipeline and flusher, limits the rate, escapes control bytes,
     * and cuts: `message` at 8 KiB, fields at 32 and 8 KiB of values together. */
    void (*log)(const struct weir_host *host, uint32_t level, struct weir_str message,
        const struct weir_field *fields, uint32_t n_fields);

    /* Non-zero when a message of this level would be written. */
    int (*log_enabled)(const struct weir_host *host, uint32_t level);

    /* Makes a metric of this instance, or finds the one of that name. `name` is
     * [a-z][a-z0-9_]*, at most 128 bytes, and does not start with weir_; counters end in
     * _total. `unit` is a word in the plural ("seconds", "bytes"), it and `help` may be
     * NULL. A histogram's bounds are the host's. Returns a handle, 0 when the name is
     * not such a one, has another kind or unit already, or the host has too many. */
    uint32_t (*metric)(const struct weir_host *host, uint32_t kind, const char *name,
        const char *unit, const char *help);

    /* Adds to, sets or observes a metric, by its kind. Ignored: handle 0, what is not
     * finite, and what a counter cannot take. */
    void (*record)(const struct weir_host *host, uint32_t metric, double value);

    /* Monotonic clock and wall clock (since 1970 UTC), nanoseconds. */
    uint64_t (*now_ns)(const struct weir_host *host);
    uint64_t (*wall_ns)(const struct weir_host *host);

    /* Ends a batch that was answered with WEIR_PENDING; `verdict` is any other
     * WEIR_* verdict. Exactly once for each batch; may come before flush() has
     * returned WEIR_PENDING. From the return on the batch is gone. `result` may
     * be NULL. 0, or -ENOENT when no such batch is open (a misbehaviour). */
    int (*settle)(const struct weir_host *host, uint64_t batch_id, uint32_t verdict,
        const struct weir_result *result);

    /* Sets the verdict of a single log of an open batch, by group and log index.
     * Unmarked logs get the batch's verdict. 0, or -EINVAL for indices or
     * verdicts that are not (only RETRY, DELIVERED, REJECTED make sense). */
    int (*mark)(const struct weir_host *host, const struct weir_batch *batch, uint32_t group,
        uint32_t log, uint32_t verdict, int32_t code, struct weir_str text);

    /* is_ready() may have become true: the host asks soon instead of later. */
    void (*notify_ready)(const struct weir_host *host);

    /* A long call is still getting on: its deadline starts anew. */
    void (*alive)(const struct weir_host *host);

    /* Sleeps `ns` nanoseconds. 0 when the time is up, 1 when set_urgent or stop woke it;
     * after those it is short, but not absent. */
    int (*nap)(const struct weir_host *host, uint64_t ns);

    /* A folder that belongs to this instance alone, made at the first call.
     * The path ends in NUL and lives as long as the table. 0, -ENOTSUP when there is
     * none (a connection test), or another -errno. */
    int (*data_dir)(const struct weir_host *host, struct weir_str *ret_path);
};

WEIR_END_DECLS

#endif
