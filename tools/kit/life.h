/* Plain lives of instances and plain deliveries, for checks that look at something else
 * meanwhile. [control] */
#ifndef KIT_LIFE_H
#define KIT_LIFE_H

#include "kit/stand.h"

/* No flushes of life_flush() take longer together; a destination may not be there. */
#define LIFE_FLUSH_NS (3 * NS_PER_S)
#define LIFE_DELIVER_NS (10 * NS_PER_S) /* for one batch, with a destination that works */
#define LIFE_STOP_NS (5 * NS_PER_S)

/* Up to `n` flushes of small batches; whatever is answered is fine. How many. */
unsigned life_flush(struct stand *stand, unsigned n);

/* Whether it is ready, now or within a moment. */
bool life_ready(struct stand *stand);

/* start, flushes, set_urgent, stop. */
void life_run(struct trial *trial, unsigned n_flushes);

/* set_urgent, stop, and all memory freed. */
void life_end(struct stand *stand);

/* Delivers a batch of logs with the marks `first` and up. With a sink it must be taken;
 * without one any verdict is fine. */
void life_deliver(struct stand *stand, uint32_t first, uint32_t n_logs);
/* Delivers to each of the instances in turn, and then waits for what is PENDING. */
void life_deliver_each(struct stand **stands, uint32_t n_stands, uint32_t first, uint32_t n_logs);
/* An instance whose ${verify:dir} is another one for each `place`; 0: the trial's folder. */
struct stand *life_start_apart(struct trial *trial, unsigned place);
/* Makes the destination of such an instance fail, before its first flush; see sink_break(). */
bool life_break_apart(struct trial *trial, unsigned place);
/* A peer that leaves the plugin waiting: it never answers; one that speaks no HTTP never
 * reads. Nothing without a scripted server. */
void life_peer_hangs(struct trial *trial);
/* A batch that such a peer cannot take unseen: larger than what the kernels on both sides
 * keep of a stream. */
struct sample *life_hanging_sample(struct trial *trial, uint64_t id);

/* With a sink: the marks 0 .. n-1 must be there, each once if `once`, in order if
 * `ordered`; ends the trial as FAIL otherwise. */
void life_expect(struct trial *trial, uint32_t n, bool once, bool ordered);

/* What has become of one log: what was marked, else the batch's verdict. */
uint32_t life_log_verdict(
    const struct stand *stand, const struct sample *sample, uint32_t group, uint32_t log);

/* Flushes of keys and values of every size around those at which buffers grow. */
void life_odd_sizes(struct stand *stand);

/* A call of flush() on a thread of its own. */
struct life_call {
    struct stand *stand;
    struct sample *sample;
    struct stand_answer answer;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    uint64_t started_ns, ended_ns;
};

void life_call_start(struct life_call *call, struct stand *stand, struct sample *sample);
/* Whether it has returned by then. */
bool life_call_wait(struct life_call *call, uint64_t timeout_ns);

/* Ends the trial, as there is nothing to be found out, when heap and calls cannot be seen. */
void life_need_injection(struct trial *trial);

/* A zero-ended text, borrowed. */
struct weir_str life_str(const char *text);
void life_pause_ms(unsigned ms);

#endif
