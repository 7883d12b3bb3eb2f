#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_MAX 64 /* descriptors served in one turn */
#define TIMERS_MAX 32 /* that expire in one turn */
#define HEAP_ARITY 4  /* children of a node: shallow, and one node's lie together */

struct loop {
    int epoll_fd;
    struct loop_fd wake; /* an eventfd */
    atomic_bool stopping;
    atomic_bool handed_over;
    uint64_t now_ns;

    struct epoll_event events[EVENTS_MAX]; /* of this turn; data.ptr NULL: removed meanwhile */
    int n_events;

    struct loop_timer **heap; /* [0] is not used */
    size_t n_timers, cap_timers;

    pthread_mutex_t lock; /* of the calls */
    struct loop_call *calls, **calls_end;
    size_t n_calls;
};

static void wake_up(struct loop *loop)
{
    static const uint64_t one = 1;

    (void)!write(loop->wake.fd, &one, sizeof one);
}

static void drain_wake(struct loop_fd *self, uint32_t epoll_events)
{
    uint64_t count;

    (void)epoll_events;
    (void)!read(self->fd, &count, sizeof count);
}

struct loop *loop_create(void)
{
    struct loop *loop = mem_zalloc(sizeof *loop);
    int r;

    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = (struct loop_fd){
        .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .ready = drain_wake,
    };
    pthread_mutex_init(&loop->lock, NULL);
    loop->calls_end = &loop->calls;
    loop->now_ns = clock_now_ns();
    r = loop_add_fd(loop, &loop->wake, EPOLLIN);
    if (r) {
        loop_destroy(loop);
        return NULL;
    }
    return loop;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->wake.fd >= 0)
        close(loop->wake.fd);
    pthread_mutex_destroy(&loop->lock);
    free((void *)loop->heap);
    free(loop);
}

uint64_t loop_now_ns(const struct loop *loop)
{
    return loop->now_ns;
}

int loop_add_fd(struct loop *loop, struct loop_fd *watch, uint32_t epoll_events)
{
    struct epoll_event event = {.events = epoll_events, .data.ptr = watch};

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void loop_remove_fd(struct loop *loop, struct loop_fd *watch)
{
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->n_events; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}

static void place_timer(struct loop *loop, size_t index, struct loop_timer *timer)
{
    loop->heap[index] = timer;
    timer->heap_index = index;
}

static size_t parent_of(size_t index)
{
    return (index + HEAP_ARITY - 2) / HEAP_ARITY;
}

static size_t first_child_of(size_t index)
{
    return (index - 1) * HEAP_ARITY + 2;
}

static void sift_up(struct loop *loop, size_t index, struct loop_timer *timer)
{
    while (index > 1 && timer->at_ns < loop->heap[parent_of(index)]->at_ns) {
        place_timer(loop, index, loop->heap[parent_of(index)]);
        index = parent_of(index);
    }
    place_timer(loop, index, timer);
}

static size_t earliest_child(const struct loop *loop, size_t index)
{
    size_t child = first_child_of(index);
    size_t least = child;

    for (size_t i = child + 1; i < child + HEAP_ARITY && i <= loop->n_timers; i++)
        if (loop->heap[i]->at_ns < loop->heap[least]->at_ns)
            least = i;
    return least;
}

static void sift_down(struct loop *loop, size_t index, struct loop_timer *timer)
{
    while (first_child_of(index) <= loop->n_timers) {
        size_t child = earliest_child(loop, index);

        if (timer->at_ns <= loop->heap[child]->at_ns)
            break;
        place_timer(loop, index, loop->heap[child]);
        index = child;
    }
    place_timer(loop, index, timer);
}

/* Puts a timer where it belongs, starting from the free place `index`. */
static void settle_timer(struct loop *loop, size_t index, struct loop_timer *timer)
{
    if (index > 1 && timer->at_ns < loop->heap[parent_of(index)]->at_ns)
        sift_up(loop, index, timer);
    else
        sift_down(loop, index, timer);
}

void loop_set_timer(struct loop *loop, struct loop_timer *timer, uint64_t at_ns)
{
    timer->at_ns = at_ns;
    if (timer->heap_index) {
        settle_timer(loop, timer->heap_index, timer);
        return;
    }
    if (loop->n_timers + 1 >= loop->cap_timers) {
        loop->cap_timers = MAX(2 * loop->cap_timers, (size_t)16);
        loop->heap = (struct loop_timer **)mem_realloc(
            (void *)loop->heap, loop->cap_timers, sizeof *loop->heap);
    }
    sift_up(loop, ++loop->n_timers, timer);
}

void loop_clear_timer(struct loop *loop, struct loop_timer *timer)
{
    size_t index = timer->heap_index;
    struct loop_timer *last;

    if (!index)
        return;
    timer->heap_index = 0;
    last = loop->heap[loop->n_timers--];
    if (last != timer)
        settle_timer(loop, index, last);
}

/* Some of those that are due; thousands at once must not make the others wait. */
static void run_timers(struct loop *loop)
{
    for (size_t left = MIN(loop->n_timers, (size_t)TIMERS_MAX); left && loop->n_timers; left--) {
        struct loop_timer *timer = loop->heap[1];

        if (timer->at_ns > loop->now_ns)
            break;
        loop_clear_timer(loop, timer);
        timer->expired(timer);
    }
}

void loop_post(struct loop *loop, struct loop_call *call)
{
    bool first = false;

    pthread_mutex_lock(&loop->lock);
    if (!call->queued) {
        first = !loop->calls;
        call->queued = true;
        call->next = NULL;
        *loop->calls_end = call;
        loop->calls_end = &call->next;
        loop->n_calls++;
    }
    pthread_mutex_unlock(&loop->lock);
    if (first)
        wake_up(loop);
}

static struct loop_call *take_call(struct loop *loop)
{
    struct loop_call *call;

    pthread_mutex_lock(&loop->lock);
    call = loop->calls;
    if (call) {
        loop->calls = call->next;
        if (!loop->calls)
            loop->calls_end = &loop->calls;
        loop->n_calls--;
        call->queued = false;
    }
    pthread_mutex_unlock(&loop->lock);
    return call;
}

static size_t count_calls(struct loop *loop)
{
    size_t count;

    pthread_mutex_lock(&loop->lock);
    count = loop->n_calls;
    pthread_mutex_unlock(&loop->lock);
    return count;
}

/* Those that were there when the turn began; what they post waits for the next. */
static void run_calls(struct loop *loop)
{
    struct loop_call *call;

    for (size_t left = count_calls(loop); left && (call = take_call(loop)); left--)
        call->run(call);
}

static int wait_ms(struct loop *loop)
{
    uint64_t now_ns, ms;

    if (count_calls(loop))
        return 0;
    if (!loop->n_timers)
        return -1;
    now_ns = clock_now_ns();
    if (loop->heap[1]->at_ns <= now_ns)
        return 0;
    ms = (loop->heap[1]->at_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return (int)MIN(ms, (uint64_t)INT_MAX);
}

static void serve_fds(struct loop *loop)
{
    for (int i = 0; i < loop->n_events; i++) {
        struct loop_fd *watch = loop->events[i].data.ptr;

        if (watch)
            watch->ready(watch, loop->events[i].events);
    }
    loop->n_events = 0;
}

void loop_run(struct loop *loop)
{
    while (!atomic_load(&loop->stopping)) {
        int n = epoll_wait(loop->epoll_fd, loop->events, EVENTS_MAX, wait_ms(loop));

        assert(n >= 0 || errno == EINTR);
        loop->n_events = MAX(n, 0);
        loop->now_ns = clock_now_ns();
        serve_fds(loop);
        run_calls(loop);
        run_timers(loop);
    }
    atomic_store(&loop->stopping, false);
}

void loop_hand_over(struct loop *loop)
{
    loop->handed_over = true;
}

void loop_take_back(struct loop *loop)
{
    loop->handed_over = false;
}

bool loop_is_handed_over(const struct loop *loop)
{
    return loop->handed_over;
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    wake_up(loop);
}
