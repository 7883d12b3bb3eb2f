#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/util.h"

#define N_TIMERS 300

static struct loop *loop;

static void setup(void)
{
    loop = loop_create();
    ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
    loop_destroy(loop);
}

static void stop_at(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(loop);
}

static struct order_timer {
    struct loop_timer timer;
    uint64_t at_ns;
    bool expired;
} timers[N_TIMERS];
static uint64_t last_at_ns;
static int n_expired;

static void note_order(struct loop_timer *timer)
{
    struct order_timer *self = container_of(timer, struct order_timer, timer);

    ck_assert_uint_ge(self->at_ns, last_at_ns);
    ck_assert_uint_le(self->at_ns, loop_now_ns(loop));
    ck_assert(!self->expired);
    self->expired = true;
    last_at_ns = self->at_ns;
    n_expired++;
}

static uint64_t random_time(void)
{
    uint64_t half_ms = (uint64_t)random() % 20;

    return clock_now_ns() + half_ms * NS_PER_MS / 2;
}

START_TEST(timers_expire_in_order_however_they_are_moved)
{
    struct loop_timer stop = {.expired = stop_at};
    int n_set = N_TIMERS;

    srandom(7);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < N_TIMERS; i++) {
            timers[i].timer.expired = note_order;
            timers[i].at_ns = random_time();
            loop_set_timer(loop, &timers[i].timer, timers[i].at_ns);
        }
    for (int i = 0; i < N_TIMERS; i += 7, n_set--) {
        loop_clear_timer(loop, &timers[i].timer);
        loop_clear_timer(loop, &timers[i].timer);
    }
    loop_set_timer(loop, &stop, clock_now_ns() + 20 * NS_PER_MS);
    loop_run(loop);
    ck_assert_int_eq(n_expired, n_set);
    for (int i = 0; i < N_TIMERS; i++)
        ck_assert(timers[i].expired == (i % 7 != 0));
}
END_TEST

static int n_again;

static void set_in_the_past(struct loop_timer *timer)
{
    if (++n_again == 5)
        loop_stop(loop);
    loop_set_timer(loop, timer, 1);
}

START_TEST(timer_that_sets_itself_in_the_past_does_not_hold_the_turn)
{
    struct loop_timer timer = {.expired = set_in_the_past};

    loop_set_timer(loop, &timer, 1);
    loop_run(loop);
    ck_assert_int_eq(n_again, 5);
}
END_TEST

static struct pipe_watch {
    struct loop_fd watch;
    int write_end;
    int n_ready;
} pipes[2];

/* Each frees the other: whichever comes first, the other must not be called. */
static void remove_other(struct loop_fd *watch, uint32_t events)
{
    struct pipe_watch *self = container_of(watch, struct pipe_watch, watch);
    struct pipe_watch *other = &pipes[self == pipes];

    ck_assert(events & EPOLLIN);
    self->n_ready++;
    loop_remove_fd(loop, &other->watch);
    loop_remove_fd(loop, &self->watch);
    loop_stop(loop);
}

START_TEST(removed_descriptor_is_not_served_any_more)
{
    for (int i = 0; i < 2; i++) {
        int ends[2];

        ck_assert_int_eq(pipe(ends), 0);
        pipes[i].watch = (struct loop_fd){.fd = ends[0], .ready = remove_other};
        pipes[i].write_end = ends[1];
        ck_assert_int_eq(loop_add_fd(loop, &pipes[i].watch, EPOLLIN), 0);
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
    }
    loop_run(loop);
    ck_assert_int_eq(pipes[0].n_ready + pipes[1].n_ready, 1);
    for (int i = 0; i < 2; i++) {
        close(pipes[i].watch.fd);
        close(pipes[i].write_end);
    }
}
END_TEST

START_TEST(regular_file_is_refused)
{
    char path[] = "/tmp/weir-test-loop-XXXXXX";
    struct loop_fd watch = {.fd = mkstemp(path)};

    ck_assert_int_eq(loop_add_fd(loop, &watch, EPOLLIN), -EPERM);
    close(watch.fd);
    unlink(path);
}
END_TEST

#define N_POSTERS 4
#define N_POSTS 2000

static struct poster {
    struct loop_call calls[N_POSTS];
    int n_run; /* they come in the order in which they were posted */
} * posters;
static int n_calls_run;

static void note_call(struct loop_call *call)
{
    for (int i = 0; i < N_POSTERS; i++)
        if (call >= posters[i].calls && call < posters[i].calls + N_POSTS) {
            ck_assert_int_eq(call - posters[i].calls, posters[i].n_run);
            posters[i].n_run++;
        }
    if (++n_calls_run == N_POSTERS * N_POSTS)
        loop_stop(loop);
}

static void *post_all(void *argument)
{
    struct poster *poster = argument;

    for (int i = 0; i < N_POSTS; i++) {
        poster->calls[i].run = note_call;
        loop_post(loop, &poster->calls[i]);
    }
    return NULL;
}

START_TEST(calls_of_many_threads_all_run_in_order)
{
    pthread_t threads[N_POSTERS];

    posters = mem_calloc(N_POSTERS, sizeof *posters);
    for (int i = 0; i < N_POSTERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
    loop_run(loop);
    for (int i = 0; i < N_POSTERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(n_calls_run, N_POSTERS * N_POSTS);
    free(posters);
}
END_TEST

static int n_repeats;

static void post_again(struct loop_call *call)
{
    if (++n_repeats < 3)
        loop_post(loop, call);
    else
        loop_stop(loop);
}

START_TEST(call_posted_twice_runs_once_and_may_post_itself)
{
    struct loop_call call = {.run = post_again};

    loop_post(loop, &call);
    loop_post(loop, &call);
    loop_run(loop);
    ck_assert_int_eq(n_repeats, 3);
    ck_assert(!call.queued);
}
END_TEST

START_TEST(stop_before_run_ends_it_at_once_and_it_runs_again)
{
    struct loop_timer stop = {.expired = stop_at};

    loop_stop(loop);
    loop_run(loop);
    loop_set_timer(loop, &stop, 0);
    loop_run(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *tests = tcase_create("loop");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, timers_expire_in_order_however_they_are_moved);
    tcase_add_test(tests, timer_that_sets_itself_in_the_past_does_not_hold_the_turn);
    tcase_add_test(tests, removed_descriptor_is_not_served_any_more);
    tcase_add_test(tests, regular_file_is_refused);
    tcase_add_test(tests, calls_of_many_threads_all_run_in_order);
    tcase_add_test(tests, call_posted_twice_runs_once_and_may_post_itself);
    tcase_add_test(tests, stop_before_run_ends_it_at_once_and_it_runs_again);
    suite_add_tcase(suite, tests);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
