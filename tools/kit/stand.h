/*
 * A test stand: the host of one instance of the class under test. It offers all that
 * the real host does, with real time, notes what the plugin asks of it, and judges
 * nothing: what is noted is for the check to judge. Calls into the plugin are made by
 * the check's threads; the host table is [any].
 */
#ifndef KIT_STAND_H
#define KIT_STAND_H

#include <pthread.h>
#include <stdatomic.h>
#include "config/options.h"
#include "kit/sample.h"
#include "kit/trial.h"
#include "plugin/descriptor.h"

#define STAND_TEXT_MAX 512
#define STAND_LINES_MAX 4096u /* log lines that are kept; the others are counted */

/* A call of settle(). */
struct stand_settle {
    uint64_t batch_id;
    uint32_t verdict;
    int32_t code;
    uint64_t retry_after_ns;
    char text[128];
    bool was_open; /* the batch was with the plugin, and not settled before */
    bool stopped;  /* stop() had returned */
};

/* A call of mark(). */
struct stand_mark {
    uint64_t batch_id;
    uint32_t group, log, verdict;
    bool good; /* as the contract wants it */
};

struct stand_line {
    uint32_t level;
    char *text;
    size_t size;
};

struct stand_metric {
    char *name;
    uint32_t kind;
    uint64_t n_records;
    double value;
};

/* A batch that the plugin has or had. */
struct stand_batch {
    struct sample *sample;
    bool in_flush, pending, settled; /* settled: by settle() */
    bool twice;                      /* by settle(), and by what flush() returned */
    uint32_t verdict;                /* once it is over */
};

struct stand {
    struct trial *trial;
    const struct plugin_class *class;
    struct weir_host host; /* may be changed before stand_init */
    struct weir_context context;
    struct options *options;
    void *self;               /* NULL: init was not called, or it failed, or stop was */
    struct weir_error *error; /* for init in place of the stand's own; NULL */
    char text[STAND_TEXT_MAX];
    int32_t code; /* words and code of init, stop, probe */
    void (*on_settle)(struct stand *stand, struct stand_batch *batch); /* with the lock; NULL */

    void *(*_Atomic at_call)(void *stand);
    atomic_int n_at_call; /* how often it is still done */
    atomic_uint_fast64_t n_notified, n_alive, n_naps, n_logged;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool urgent, stopped;
    struct stand_batch *batches;
    size_t n_batches, cap_batches;
    struct stand_settle *settles;
    size_t n_settles, cap_settles;
    struct stand_mark *marks;
    size_t n_marks, cap_marks;
    struct stand_line *lines;
    size_t n_lines, cap_lines;
    struct stand_metric *metrics;
    size_t n_metrics, cap_metrics;
    char *data_dir;
};

/* What flush() said. */
struct stand_answer {
    uint32_t verdict;
    int32_t code;
    uint64_t retry_after_ns;
    uint64_t took_ns;
    char text[STAND_TEXT_MAX];
};

/* An instance to be: memory, and options filled from `config`, JSON text; NULL: the one
 * of the trial. Ends the trial as FAIL if the options cannot be filled. */
struct stand *stand_create(struct trial *trial, const char *config);
/* Whether the host would take this config, JSON text. */
bool stand_accepts(struct trial *trial, const char *config);
/* What init() says, as it says it; non-zero leaves no instance. [control] */
int stand_init(struct stand *stand);
/* Both; ends the trial as FAIL if init() fails. */
struct stand *stand_start(struct trial *trial, const char *config);

bool stand_ready(struct stand *stand);
/* One call of flush(). A known batch is sent again. */
uint32_t stand_flush(struct stand *stand, struct sample *sample, struct stand_answer *ret);
/* The same with a result of the caller's. */
uint32_t stand_flush_with(struct stand *stand, struct sample *sample, struct weir_result *result);
void stand_urgent(struct stand *stand, int exiting);
/* What probe() says, with this much time; words in `text`. Only if the class has one. [control] */
int stand_probe(struct stand *stand, uint64_t timeout_ns);
/* stop(), with this much time; what is still pending then counts as RETRY. [control] */
int stand_stop(struct stand *stand, uint64_t timeout_ns);
/* stop() with five seconds, if it still runs, and all memory freed; the samples, too. The
 * host table works on for a while: a plugin that calls it too late is found by the checks
 * that look for this, and is not to bring others down by chance. */
void stand_end(struct stand *stand);

/* What has become of a batch; WEIR_PENDING when settle() has not come in time. */
uint32_t stand_wait(struct stand *stand, const struct sample *sample, uint64_t timeout_ns);
/* One flush and, if it is PENDING, stand_wait(): what it comes to. */
uint32_t stand_try(struct stand *stand, struct sample *sample, uint64_t timeout_ns);
/* As a host delivers: is_ready, flush, wait for settle, again after RETRY until the time
 * is up. The last verdict; what flush() said last is in `text`. */
uint32_t stand_deliver(struct stand *stand, struct sample *sample, uint64_t timeout_ns);

/* "RETRY" ...; "an unknown verdict". */
const char *stand_verdict_name(uint32_t verdict);

/* From now on a thread that runs `run` is made and waited for at the next calls of the host
 * by the plugin, with no lock held; NULL: no more. */
void stand_at_call(struct stand *stand, void *(*run)(void *stand));

/* Whether an address lies in the memory of a batch that the plugin has or had. */
bool stand_holds(const struct stand *stand, const void *address);

/* Whether the plugin has logged, or said as an answer, anything with these bytes. */
bool stand_said(struct stand *stand, const char *words);

/* Lines and calls of the stand's own host table. */
void stand_host_fill(struct stand *stand);

#endif
