#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "base/clock.h"
#include "base/util.h"
#include "delivery/pool.h"
#include "unit.h"

struct counted {
    struct turn turn;
    atomic_int n_runs;
    sem_t ran, go_on;
    bool blocks;
};

static struct pool *pool;

static void run_counted(struct turn *turn)
{
    struct counted *counted = container_of(turn, struct counted, turn);

    atomic_fetch_add(&counted->n_runs, 1);
    sem_post(&counted->ran);
    if (counted->blocks)
        sem_wait(&counted->go_on);
}

static void init_counted(struct counted *counted, bool blocks)
{
    *counted = (struct counted){.turn.run = run_counted, .blocks = blocks};
    list_init(&counted->turn.line);
    sem_init(&counted->ran, 0, 0);
    sem_init(&counted->go_on, 0, 0);
}

START_TEST(runs_what_is_put_in_line)
{
    struct counted one;

    init_counted(&one, false);
    pool = pool_create(2);
    for (int i = 0; i < 100; i++) {
        pool_schedule(pool, &one.turn);
        sem_wait(&one.ran);
    }
    ck_assert_int_eq(one.n_runs, 100);
    ck_assert(pool_forget(pool, &one.turn, UINT64_MAX / 2));
    ck_assert_uint_eq(pool_destroy(pool), 0);
}
END_TEST

START_TEST(timers_run_in_order_and_not_before_their_time)
{
    struct counted items[50];
    uint64_t start_ns = clock_now_ns();

    pool = pool_create(2);
    for (int i = 0; i < 50; i++) {
        init_counted(&items[i], false);
        pool_schedule_at(pool, &items[i].turn, start_ns + (uint64_t)(unsigned)(50 - i) * NS_PER_MS);
    }
    for (int i = 49; i >= 0; i--) {
        sem_wait(&items[i].ran);
        ck_assert_uint_ge(clock_now_ns(), start_ns + (uint64_t)(unsigned)(50 - i) * NS_PER_MS);
    }
    for (int i = 0; i < 50; i++)
        ck_assert(pool_forget(pool, &items[i].turn, UINT64_MAX / 2));
    ck_assert_uint_eq(pool_destroy(pool), 0);
}
END_TEST

START_TEST(earlier_timer_holds)
{
    struct counted one;

    init_counted(&one, false);
    pool = pool_create(2);
    pool_schedule_at(pool, &one.turn, clock_now_ns() + 3600 * NS_PER_S);
    pool_schedule_at(pool, &one.turn, clock_now_ns() + NS_PER_MS);
    sem_wait(&one.ran);
    ck_assert(pool_forget(pool, &one.turn, UINT64_MAX / 2));
    ck_assert_int_eq(one.n_runs, 1);
    ck_assert_uint_eq(pool_destroy(pool), 0);
}
END_TEST

/* All ordinary workers hang: the healthy one still gets its turn. */
START_TEST(hanging_turns_do_not_starve_a_healthy_one)
{
    struct counted hanging[8], healthy;

    pool = pool_create(2);
    init_counted(&healthy, false);
    for (int i = 0; i < 8; i++) {
        init_counted(&hanging[i], true);
        pool_schedule(pool, &hanging[i].turn);
    }
    pool_schedule(pool, &healthy.turn);
    sem_wait(&healthy.ran);
    for (int i = 0; i < 8; i++) {
        sem_wait(&hanging[i].ran);
        sem_post(&hanging[i].go_on);
    }
    for (int i = 0; i < 8; i++)
        ck_assert(pool_forget(pool, &hanging[i].turn, UINT64_MAX / 2));
    ck_assert(pool_forget(pool, &healthy.turn, UINT64_MAX / 2));
    ck_assert_uint_eq(pool_destroy(pool), 0);
}
END_TEST

/* Two turns one behind the other, one idle worker: it takes the first, which does not end
 * before the second has run. Again and again, as it is a matter of who is faster. */
START_TEST(a_turn_behind_one_that_wakes_a_worker_is_not_forgotten)
{
    for (int i = 0; i < 50; i++) {
        struct counted before, first, second;

        init_counted(&before, false);
        init_counted(&first, true);
        init_counted(&second, false);
        pool = pool_create(2);
        pool_schedule(pool, &before.turn); /* then one worker is there, and soon idle */
        sem_wait(&before.ran);
        ck_assert(pool_forget(pool, &before.turn, UINT64_MAX / 2));
        pool_schedule(pool, &first.turn);
        pool_schedule(pool, &second.turn);
        sem_wait(&second.ran);
        sem_post(&first.go_on);
        ck_assert(pool_forget(pool, &first.turn, UINT64_MAX / 2));
        ck_assert(pool_forget(pool, &second.turn, UINT64_MAX / 2));
        ck_assert_uint_eq(pool_destroy(pool), 0);
    }
}
END_TEST

/* Stacks of this size are not to be had. */
#define STACK_BYTES_TOO_MANY ((size_t)1 << 50)

START_TEST(a_turn_for_which_no_thread_was_to_be_had_runs_when_there_is_one)
{
    pthread_attr_t before, huge;
    struct counted one;

    init_counted(&one, false);
    pool = pool_create(2);
    ck_assert_int_eq(pthread_getattr_default_np(&before), 0);
    ck_assert_int_eq(pthread_getattr_default_np(&huge), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&huge, STACK_BYTES_TOO_MANY), 0);
    ck_assert_int_eq(pthread_setattr_default_np(&huge), 0);
    pool_schedule(pool, &one.turn);
    ck_assert_int_eq(pthread_setattr_default_np(&before), 0);
    sem_wait(&one.ran);
    ck_assert(pool_forget(pool, &one.turn, UINT64_MAX / 2));
    ck_assert_uint_eq(pool_destroy(pool), 0);
    pthread_attr_destroy(&huge);
    pthread_attr_destroy(&before);
}
END_TEST

START_TEST(forget_tells_of_a_turn_that_hangs)
{
    struct counted one;

    init_counted(&one, true);
    pool = pool_create(2);
    pool_schedule(pool, &one.turn);
    sem_wait(&one.ran);
    ck_assert(!pool_forget(pool, &one.turn, clock_now_ns() + NS_PER_MS));
    pool_schedule(pool, &one.turn); /* forgotten: not again */
    sem_post(&one.go_on);
    ck_assert(pool_forget(pool, &one.turn, UINT64_MAX / 2));
    ck_assert_int_eq(one.n_runs, 1);
    ck_assert_uint_eq(pool_destroy(pool), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pool");

    tcase_add_test(tests, runs_what_is_put_in_line);
    tcase_add_test(tests, timers_run_in_order_and_not_before_their_time);
    tcase_add_test(tests, earlier_timer_holds);
    tcase_add_test(tests, hanging_turns_do_not_starve_a_healthy_one);
    tcase_add_test(tests, a_turn_behind_one_that_wakes_a_worker_is_not_forgotten);
    tcase_add_test(tests, a_turn_for_which_no_thread_was_to_be_had_runs_when_there_is_one);
    tcase_add_test(tests, forget_tells_of_a_turn_that_hangs);
    return unit_run(tests);
}
