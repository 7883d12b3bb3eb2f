/*
 * What a flusher is given: batches of log groups. Everything here is read-only
 * for the plugin, and borrowed: it may be read from the start of flush() until
 * flush() returns anything but WEIR_PENDING, else until settle() for the batch
 * has been called. All sizes are in bytes, no string ends in NUL.
 */
#ifndef WEIR_BATCH_H
#define WEIR_BATCH_H

#include <weir/abi.h>

WEIR_BEGIN_DECLS

/* One record. Members are appended in later minors: step through an array of
 * logs with weir_log_at(), never with [] (the group's `log_stride` holds). */
struct weir_log {
    uint32_t time_s;                /* seconds since 1970-01-01 UTC */
    uint32_t time_ns;               /* 0 .. 999,999,999 within that second; 0 when unknown */
    uint32_t n_contents;            /* number of `contents`; 0 is possible */
    uint32_t reserved;              /* not to be looked at */
    const struct weir_kv *contents; /* in order; keys may repeat and may be empty */
};

/* Logs with common tags, topic and category. Sealed: never changes again. */
struct weir_group {
    uint32_t struct_size;
    uint32_t n_logs;     /* 0 is possible */
    uint32_t log_stride; /* bytes from one log to the next */
    uint32_t n_tags;
    const struct weir_log *logs;
    const struct weir_kv *tags;   /* LogTags, in order */
    struct weir_str topic;        /* "" when none */
    struct weir_str category;     /* the logstore, as upstream fills it */
    struct weir_str source;       /* the host's IP address as text */
    struct weir_str machine_uuid; /* "" when none */
    uint64_t bytes;               /* sum of all key and value sizes of all logs */
};

/* The i-th log of a group, i < n_logs. */
static inline const struct weir_log *weir_log_at(const struct weir_group *group, uint32_t i)
{
    return (const struct weir_log *)(const void *)((const char *)(const void *)group->logs +
                                                   (size_t)i * group->log_stride);
}

/* A batch may have more bits, which mean nothing to who does not know them. */
enum {
    WEIR_BATCH_URGENT = 1u << 0, /* the pipeline is ending: no long waits */
    WEIR_BATCH_REPLAY = 1u << 1, /* sent before under this id, fully or in part */
};

/* What one flush() delivers. */
struct weir_batch {
    uint32_t struct_size;
    uint32_t flags; /* WEIR_BATCH_* */
    /* Names this batch in settle() and mark(). The same number again when what
     * is left of the batch is sent again; unique within the instance otherwise. */
    uint64_t id;
    uint64_t deadline_ns; /* on the host's monotonic clock; 0 = none */
    struct weir_str project;
    struct weir_str logstore;
    struct weir_str config; /* the pipeline's name */
    int64_t logstore_key;
    const struct weir_group *const *groups; /* n_groups pointers, none NULL */
    uint32_t n_groups;                      /* at least 1 */
    uint32_t attempt;                       /* 1 for the first try */
};

WEIR_END_DECLS

#endif
