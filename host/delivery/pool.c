#include "delivery/pool.h"

#include <pthread.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

/* How long a turn may stand in line, all workers being busy, before one more
 * worker is started. */
#define POOL_PATIENCE_NS (20 * NS_PER_MS)
#define POOL_LOG_INTERVAL_NS (10 * NS_PER_S)

enum { LINE_FAST, LINE_SLOW, N_LINES };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;    /* a worker may have something to do */
    pthread_cond_t changed; /* the keeper has something to look at; a worker ended */
    pthread_t keeper;       /* runs timers and starts workers */
    struct list lines[N_LINES];
    unsigned workers_wanted;            /* ordinary number */
    unsigned n_workers, n_idle, n_slow; /* alive; waiting; giving a slow turn */
    unsigned n_in_line;
    uint64_t n_turns;     /* taken so far */
    bool watching;        /* the keeper looks whether the workers hang */
    struct turn **timers; /* a heap, first at index 1 */
    size_t n_timers, cap_timers;
    struct log_limit no_thread;
    bool stopping;
};

static void heap_set(struct pool *pool, size_t index, struct turn *turn)
{
    pool->timers[index] = turn;
    turn->timer_index = index;
}

static void heap_up(struct pool *pool, size_t index, struct turn *turn)
{
    while (index > 1 && pool->timers[index / 2]->timer_ns > turn->timer_ns) {
        heap_set(pool, index, pool->timers[index / 2]);
        index /= 2;
    }
    heap_set(pool, index, turn);
}

static void heap_down(struct pool *pool, size_t index, struct turn *turn)
{
    size_t child;

    while ((child = 2 * index) <= pool->n_timers) {
        if (child < pool->n_timers &&
            pool->timers[child + 1]->timer_ns < pool->timers[child]->timer_ns)
            child++;
        if (pool->timers[child]->timer_ns >= turn->timer_ns)
            break;
        heap_set(pool, index, pool->timers[child]);
        index = child;
    }
    heap_set(pool, index, turn);
}

static void timer_add(struct pool *pool, struct turn *turn, uint64_t at_ns)
{
    size_t count = pool->n_timers + 1;

    if (count >= pool->cap_timers) {
        pool->cap_timers = MAX(2 * pool->cap_timers, (size_t)16);
        pool->timers = (struct turn **)mem_realloc(
            (void *)pool->timers, pool->cap_timers, sizeof *pool->timers);
    }
    turn->timer_ns = at_ns;
    heap_up(pool, ++pool->n_timers, turn);
}

static void timer_remove(struct pool *pool, struct turn *turn)
{
    size_t index = turn->timer_index;
    struct turn *last;

    if (!index)
        return;
    turn->timer_index = 0;
    last = pool->timers[pool->n_timers--];
    if (last == turn)
        return;
    if (index > 1 && pool->timers[index / 2]->timer_ns > last->timer_ns)
        heap_up(pool, index, last);
    else
        heap_down(pool, index, last);
}

/* Whether some worker that is free may take a turn from that line. */
static bool line_open(const struct pool *pool, int line)
{
    if (list_empty(&pool->lines[line]))
        return false;
    return line == LINE_FAST || pool->n_slow < MAX(pool->n_workers / 2, 1U);
}

static struct turn *next_turn(struct pool *pool)
{
    for (int line = 0; line < N_LINES; line++)
        if (line_open(pool, line)) {
            struct turn *turn = list_first(&pool->lines[line], struct turn, line);

            list_remove(&turn->line);
            turn->in_line = false;
            pool->n_in_line--;
            pool->n_turns++;
            return turn;
        }
    return NULL;
}

static void give_turn(struct pool *pool, struct turn *turn)
{
    bool slow = turn->slow;

    pool->n_slow += slow;
    turn->n_running++;
    pthread_mutex_unlock(&pool->lock);
    turn->run(turn);
    pthread_mutex_lock(&pool->lock);
    pool->n_slow -= slow;
    turn->n_running--;
    if (turn->forgotten)
        pthread_cond_broadcast(&pool->changed);
}

static void *worker_main(void *argument);

/* The keeper tries again when there is none to be had. */
static void start_worker(struct pool *pool)
{
    uint64_t suppressed;

    if (!thread_start(NULL, worker_main, pool)) {
        pool->n_workers++;
        return;
    }
    if (log_limit_pass(&pool->no_thread, clock_now_ns(), &suppressed))
        log_warn("cannot start a worker thread", LOG_INT("workers", pool->n_workers),
            LOG_INT("similar", suppressed));
}

/* A turn stands in line and no idle worker will come for it. */
static void call_worker(struct pool *pool)
{
    unsigned n_before = pool->n_workers;

    if (pool->n_workers < pool->workers_wanted)
        start_worker(pool);
    if (pool->n_workers == n_before && !pool->watching)
        pthread_cond_broadcast(&pool->changed);
}

static void *worker_main(void *argument)
{
    struct pool *pool = argument;
    struct turn *turn;

    pthread_setname_np(pthread_self(), "weir-worker");
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        turn = next_turn(pool);
        if (turn) {
            if (pool->n_in_line && !pool->n_idle) /* it came when this one was woken already */
                call_worker(pool);
            give_turn(pool, turn);
            continue;
        }
        if (pool->n_workers > pool->workers_wanted)
            break;
        pool->n_idle++;
        pthread_cond_wait(&pool->work, &pool->lock);
        pool->n_idle--;
    }
    pool->n_workers--;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void put_in_line(struct pool *pool, struct turn *turn)
{
    timer_remove(pool, turn);
    if (turn->in_line || turn->forgotten || pool->stopping)
        return;
    list_append(&pool->lines[turn->slow ? LINE_SLOW : LINE_FAST], &turn->line);
    turn->in_line = true;
    pool->n_in_line++;
    if (pool->n_idle)
        pthread_cond_signal(&pool->work);
    else
        call_worker(pool);
}

/* Timers that are due; the time to look again, 0 for "when something changes". */
static uint64_t run_timers(struct pool *pool)
{
    uint64_t now_ns = clock_now_ns();

    while (pool->n_timers && pool->timers[1]->timer_ns <= now_ns)
        put_in_line(pool, pool->timers[1]);
    return pool->n_timers ? pool->timers[1]->timer_ns : 0;
}

static bool all_busy(const struct pool *pool)
{
    return pool->n_in_line && !pool->n_idle && pool->n_workers < POOL_WORKERS_MAX;
}

/* Starts one more worker when for POOL_PATIENCE_NS turns stood in line and none was
 * taken. Returns when to look again, 0 for "when something changes". */
static uint64_t watch_workers(struct pool *pool, uint64_t *since_ns, uint64_t *turns)
{
    uint64_t now_ns = clock_now_ns();

    if (!all_busy(pool)) {
        pool->watching = false;
        return 0;
    }
    if (!pool->watching || *turns != pool->n_turns) {
        *since_ns = now_ns;
        *turns = pool->n_turns;
    } else if (now_ns - *since_ns >= POOL_PATIENCE_NS) {
        start_worker(pool);
        *since_ns = now_ns;
    }
    pool->watching = true;
    return *since_ns + POOL_PATIENCE_NS;
}

static void wait_until(struct pool *pool, uint64_t at_ns)
{
    if (at_ns)
        thread_wait_until(&pool->changed, &pool->lock, at_ns);
    else
        pthread_cond_wait(&pool->changed, &pool->lock);
}

static void *keeper_main(void *argument)
{
    struct pool *pool = argument;
    uint64_t since_ns = 0, turns = 0;

    pthread_setname_np(pthread_self(), "weir-keeper");
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        uint64_t timer_ns = run_timers(pool);
        uint64_t watch_ns = watch_workers(pool, &since_ns, &turns);

        wait_until(pool, watch_ns && timer_ns ? MIN(watch_ns, timer_ns) : watch_ns + timer_ns);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct pool *pool_create(unsigned workers)
{
    struct pool *pool = mem_zalloc(sizeof *pool);

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    thread_cond_init(&pool->changed);
    for (int i = 0; i < N_LINES; i++)
        list_init(&pool->lines[i]);
    pool->no_thread.interval_ns = POOL_LOG_INTERVAL_NS;
    pool->workers_wanted = MIN(MAX(workers, 2U), POOL_WORKERS_MAX);
    if (thread_start(&pool->keeper, keeper_main, pool)) {
        log_error("cannot start a thread");
        abort();
    }
    return pool;
}

/* How long pool_destroy waits for workers that are between turns. */
#define POOL_END_NS (200 * NS_PER_MS)

unsigned pool_destroy(struct pool *pool)
{
    uint64_t until_ns = clock_now_ns() + POOL_END_NS;
    unsigned left;

    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->work);
    pthread_cond_broadcast(&pool->changed);
    while (pool->n_workers && clock_now_ns() < until_ns)
        wait_until(pool, until_ns);
    left = pool->n_workers;
    pthread_mutex_unlock(&pool->lock);
    pthread_join(pool->keeper, NULL);
    if (left) /* they still use it */
        return left;
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->changed);
    free((void *)pool->timers);
    free(pool);
    return 0;
}

void pool_schedule(struct pool *pool, struct turn *turn)
{
    pthread_mutex_lock(&pool->lock);
    put_in_line(pool, turn);
    pthread_mutex_unlock(&pool->lock);
}

void pool_schedule_at(struct pool *pool, struct turn *turn, uint64_t at_ns)
{
    pthread_mutex_lock(&pool->lock);
    if (!turn->in_line && !turn->forgotten && (!turn->timer_index || turn->timer_ns > at_ns)) {
        timer_remove(pool, turn);
        timer_add(pool, turn, at_ns);
        if (turn->timer_index == 1)
            pthread_cond_broadcast(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
}

bool pool_forget(struct pool *pool, struct turn *turn, uint64_t deadline_ns)
{
    bool free;

    pthread_mutex_lock(&pool->lock);
    turn->forgotten = true;
    timer_remove(pool, turn);
    if (turn->in_line) {
        list_remove(&turn->line);
        turn->in_line = false;
        pool->n_in_line--;
    }
    while (turn->n_running && clock_now_ns() < deadline_ns)
        wait_until(pool, deadline_ns);
    free = !turn->n_running;
    pthread_mutex_unlock(&pool->lock);
    return free;
}
