/*
 * A host for unit tests of flushers: pkg-config weir-mock-1, or link -lweir-mock.
 * Not part of the ABI: it is linked into the test program, so it may change.
 *
 *   struct weir_mock *mock = weir_mock_new();
 *   struct weir_mock_batch *batch = weir_mock_batch_new(1);
 *   void *self = weir_mock_start(mock, &my_class, &my_options);
 *
 *   WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("level", "warn"));
 *   assert(weir_mock_flush(mock, self, batch) == WEIR_DELIVERED);
 *   weir_mock_stop(mock, 0);
 *   weir_mock_batch_free(batch);
 *   weir_mock_free(mock);
 *
 * One mock hosts one instance at a time. The clocks are fake: they move by nap()
 * and weir_mock_advance() only. The calls of the host table are [any]; all
 * functions here belong to the one thread of the test. Records are to be read when
 * no thread of the flusher runs. Out of memory ends the program.
 *
 * To catch mistakes, logs lie further apart than sizeof(struct weir_log), every
 * string has its own memory without a NUL behind it, and instance memory is
 * exactly instance_size: run the tests with AddressSanitizer.
 */
#ifndef WEIR_MOCK_HOST_H
#define WEIR_MOCK_HOST_H

#include <weir/flusher.h>

WEIR_BEGIN_DECLS

/* A line the flusher logged. */
struct weir_mock_line {
    uint32_t level; /* WEIR_LOG_* */
    char *text;     /* the message, then " key=value" for each field; ends in NUL */
};

/* A metric the flusher made. */
struct weir_mock_metric {
    char *name;
    uint32_t kind;      /* WEIR_METRIC_* */
    uint32_t n_records; /* calls of record() */
    double value;       /* gauge: the last; counter and histogram: the sum */
};

/* A call of settle(). */
struct weir_mock_settle {
    uint64_t batch_id;
    uint32_t verdict;
    int32_t code;
    uint64_t retry_after_ns;
    char *text; /* "" when there was none */
    int answer; /* what settle() returned */
};

/* A call of mark(). */
struct weir_mock_mark {
    uint64_t batch_id;
    uint32_t group;
    uint32_t log;
    uint32_t verdict;
    int32_t code;
    char *text;
    int answer; /* what mark() returned */
};

/* What there is to see. Everything here is the mock's; read it, do not write it,
 * but for the three members that say so. */
struct weir_mock {
    struct weir_host host;       /* the table of the instance */
    struct weir_context context; /* as init() gets it; `options` set by weir_mock_start() */

    uint32_t log_level; /* may be set: the least important level that is enabled; DEBUG */
    int nap_answer;     /* may be set: what nap() returns; 1 = as if stop had woken it */
    uint64_t step_ns;   /* may be set: how far each reading of a clock moves it; 0 */

    uint64_t now_ns;  /* monotonic; starts at 1 s */
    uint64_t wall_ns; /* starts at 2023-11-14 22:13:20 UTC (1,700,000,000 s) */

    const struct weir_mock_line *lines;
    const struct weir_mock_metric *metrics; /* handle minus 1 is the index */
    const struct weir_mock_settle *settles;
    const struct weir_mock_mark *marks;
    uint32_t n_lines;
    uint32_t n_metrics;
    uint32_t n_settles;
    uint32_t n_marks;
    uint32_t n_notified; /* calls of notify_ready() */
    uint32_t n_alive;    /* calls of alive() */
    uint32_t n_naps;
    uint32_t n_open; /* batches answered with PENDING and not settled */
    /* What the real host would report as misbehaviour: a second settle(), a verdict
     * that is none, PENDING without WEIR_ASYNC. */
    uint32_t n_misuses;

    int code;                /* of the last init, flush, stop or probe */
    uint64_t retry_after_ns; /* of the last flush */
    char text[512];          /* words of the last init, flush, stop or probe */

    void *own; /* the mock's own */
};

struct weir_mock_batch;

/* Never NULL. The caller's, until weir_mock_free(). */
struct weir_mock *weir_mock_new(void);

/* Removes the data folder, too. Stops an instance that still runs. NULL is fine. */
void weir_mock_free(struct weir_mock *mock);

/* Moves both clocks. */
void weir_mock_advance(struct weir_mock *mock, uint64_t ns);

/* The metric of that name, NULL if the flusher did not make it. */
const struct weir_mock_metric *weir_mock_metric(const struct weir_mock *mock, const char *name);

/* How many logged lines contain `words`. */
uint32_t weir_mock_logged(const struct weir_mock *mock, const char *words);

/* Makes the instance memory and calls init(). `options` is the filled options
 * struct (NULL when the class has none); the mock does not read the option table.
 * It must live until weir_mock_stop(). NULL when init() refused: see mock->text. */
void *weir_mock_start(
    struct weir_mock *mock, const struct weir_flusher_class *flusher, const void *options);

/* is_ready(); 1 when the class has none. */
int weir_mock_ready(struct weir_mock *mock, void *self);

/* One flush(). Returns the verdict as the flusher gave it; details in mock->code,
 * mock->retry_after_ns, mock->text. After PENDING the batch must live until it is
 * settled. The same batch may be flushed again: `attempt` then counts. */
uint32_t weir_mock_flush(struct weir_mock *mock, void *self, struct weir_mock_batch *batch);

/* Waits, in real time and for up to 30 s, until so many batches were settled since the
 * start, by a thread of the flusher. Returns how many were. */
uint32_t weir_mock_await(struct weir_mock *mock, uint32_t n_settles);

/* stop() with that deadline on the fake clock, then frees the instance memory.
 * What is still PENDING is recorded as settled with RETRY. Returns what stop() did. */
int weir_mock_stop(struct weir_mock *mock, uint64_t deadline_ns);

/* An empty batch with one group. Never NULL; the caller's. */
struct weir_mock_batch *weir_mock_batch_new(uint64_t id);
void weir_mock_batch_free(struct weir_mock_batch *batch);

/* Begins the next group. `topic` is copied. A first group without logs is used up. */
void weir_mock_batch_group(struct weir_mock_batch *batch, const char *topic);

/* Adds a tag to the last group; texts are copied. */
void weir_mock_batch_tag(struct weir_mock_batch *batch, const char *key, const char *value);

/* Adds a log to the last group; bytes are copied. */
void weir_mock_batch_log(struct weir_mock_batch *batch, uint32_t time_s,
    const struct weir_kv *contents, uint32_t n_contents);

/* What flush() gets; `flags` and `deadline_ns` may be set. The batch's. */
struct weir_batch *weir_mock_batch_view(struct weir_mock_batch *batch);

/* C only: a log from literals, which may hold NULs.
 *   WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "b"), WEIR_MOCK_KV("c", "d")); */
#define WEIR_MOCK_KV(KEY, VALUE) \
    { \
        {KEY, sizeof(KEY) - 1}, \
        { \
            VALUE, sizeof(VALUE) - 1 \
        } \
    }
#define WEIR_MOCK_LOG(BATCH, TIME_S, ...) \
    weir_mock_batch_log(BATCH, TIME_S, (const struct weir_kv[]){__VA_ARGS__}, \
        (uint32_t)(sizeof((const struct weir_kv[]){__VA_ARGS__}) / sizeof(struct weir_kv)))

WEIR_END_DECLS

#endif
