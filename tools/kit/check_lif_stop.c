/* LIF: stop, its deadline, and a host that is gone. */
#include "kit/check_lif.h"

#include <errno.h>
#include <pthread.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/guard.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/sink.h"

#define LOGS 20u
#define FLUSH_NS_MAX (3 * NS_PER_S) /* of one that hangs, after set_urgent */
#define URGENT_NS (2 * NS_PER_S)    /* for what waits for the destination */
#define GRACE_NS (500 * NS_PER_MS)

/* An instance with a batch that the peer does not answer; urgent. False: flush does not
 * come back, which is URG-04's matter. */
static bool stuck_instance(struct trial *trial, struct stand **ret_stand, uint64_t *ret_urgent_ns)
{
    struct life_call *call = mem_zalloc(sizeof *call); /* a thread may be left in it */
    struct stand *stand = stand_start(trial, NULL);

    life_peer_hangs(trial);
    life_call_start(call, stand, life_hanging_sample(trial, 1));
    life_call_wait(call, 200 * NS_PER_MS);
    *ret_urgent_ns = clock_now_ns();
    stand_urgent(stand, 1);
    *ret_stand = stand;
    return call->done || life_call_wait(call, FLUSH_NS_MAX);
}

static void sleep_until(uint64_t at_ns)
{
    const struct timespec at = {(time_t)(at_ns / NS_PER_S), (long)(at_ns % NS_PER_S)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

void lif_deadline(struct trial *trial)
{
    static const uint64_t deadlines_ns[] = {0, 100 * NS_PER_MS, NS_PER_S};

    for (size_t i = 0; i < ARRAY_SIZE(deadlines_ns); i++) {
        struct stand *stand;
        uint64_t urgent_ns, started_ns, took_ns;

        if (!stuck_instance(trial, &stand, &urgent_ns))
            trial_foreign(trial, "flush does not come back, see URG-04");
        sleep_until(urgent_ns + URGENT_NS); /* its threads may be busy so long */
        started_ns = clock_now_ns();
        stand_stop(stand, deadlines_ns[i]);
        took_ns = clock_now_ns() - started_ns;
        if (took_ns > deadlines_ns[i] + GRACE_NS)
            trial_fail(trial,
                "stop is given %llu ms and takes %llu ms while the peer does not answer",
                (unsigned long long)(deadlines_ns[i] / NS_PER_MS),
                (unsigned long long)(took_ns / NS_PER_MS));
        stand_end(stand);
        if (trial->sink)
            sink_behave(trial, SERVER_TAKES);
    }
}

void lif_odd_stops(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    stand_stop(stand, 0); /* no set_urgent before it, and no time */
    stand_end(stand);
    stand = stand_start(trial, NULL);
    stand_urgent(stand, 0);
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    stand_end(stand);
    if (trial->sink)
        sink_behave(trial, SERVER_REFUSES);
    stand = stand_start(trial, NULL);
    life_flush(stand, 1);
    stand_stop(stand, 0); /* a stop that cannot deliver */
    stand_end(stand);
    if (trial->sink)
        sink_behave(trial, SERVER_TAKES);
    stand = stand_start(trial, NULL);
    life_deliver(stand, 0, LOGS);
    life_end(stand);
}

static const char *blame_late(const struct trial *trial, const void *address)
{
    (void)trial;
    return guard_holds(address) ? "the plugin calls the host after stop has returned" : NULL;
}

/* A worker of the host's that has flushed, and outlives the instance. */
struct worker {
    struct stand *stand;
    pthread_t thread;
    pthread_barrier_t flushed, over;
};

static void *work(void *argument)
{
    struct worker *worker = argument;

    heap_kit_thread();
    life_flush(worker->stand, 3);
    pthread_barrier_wait(&worker->flushed);
    pthread_barrier_wait(&worker->over);
    return NULL;
}

static void worker_start(struct trial *trial, struct worker *worker)
{
    pthread_barrier_init(&worker->flushed, NULL, 2);
    pthread_barrier_init(&worker->over, NULL, 2);
    if (pthread_create(&worker->thread, NULL, work, worker))
        trial_lacks(trial, "no thread is to be had");
    pthread_barrier_wait(&worker->flushed);
}

static void worker_end(struct worker *worker)
{
    pthread_barrier_wait(&worker->over);
    pthread_join(worker->thread, NULL);
}

void lif_dead_host(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    struct weir_host *host = guard_copy(&stand->host, sizeof stand->host);
    struct worker worker = {.stand = stand};

    stand->context.host = host;
    if (stand_init(stand))
        trial_fail(trial, "init fails: %s", stand->text);
    worker_start(trial, &worker);
    life_flush(stand, 10);
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    trial->blame = blame_late;
    guard_revoke(host);
    worker_end(&worker); /* with all that the plugin has left in the thread */
    life_pause_ms(300);
    trial->blame = NULL;
}
