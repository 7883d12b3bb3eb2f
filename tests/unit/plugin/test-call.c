#include <check.h>
#include <errno.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/util.h"
#include "plugin/call.h"
#include "unit.h"

static struct callers *callers;

static void set(void *job)
{
    *(int *)job = 7;
}

static void tell_thread(void *job)
{
    *(pid_t *)job = gettid();
}

static void setup(void)
{
    callers = callers_create();
}

static void teardown(void)
{
    callers_destroy(callers);
}

static void hang(void *job)
{
    (void)job;
    for (;;)
        pause();
}

static atomic_uint_fast64_t alive_ns;

static void live_long(void *job)
{
    for (int i = 0; i < 6; i++) {
        usleep(250000);
        atomic_store(&alive_ns, clock_now_ns());
    }
    *(int *)job = 1;
}

START_TEST(call_that_returns_has_run)
{
    const struct call_limit limit = {.timeout_ns = 10 * NS_PER_S};

    for (int i = 0; i < 200; i++) {
        int value = 0;

        ck_assert_int_eq(call_run(callers, set, &value, &limit), 0);
        ck_assert_int_eq(value, 7);
    }
}
END_TEST

/* Between two calls the thread may not have come back yet. */
START_TEST(thread_is_used_again)
{
    const struct call_limit limit = {.timeout_ns = 10 * NS_PER_S};
    pid_t first, next = 0;

    ck_assert_int_eq(call_run(callers, tell_thread, &first, &limit), 0);
    ck_assert_int_ne(first, gettid());
    for (uint64_t end_ns = clock_now_ns() + 10 * NS_PER_S; clock_now_ns() < end_ns;) {
        ck_assert_int_eq(call_run(callers, tell_thread, &next, &limit), 0);
        if (next == first)
            return;
    }
    ck_abort_msg("each call had a thread of its own");
}
END_TEST

/* Its thread does not come back, and is not waited for. */
START_TEST(call_behind_one_that_hangs_is_made)
{
    const struct call_limit limit = {.timeout_ns = 10 * NS_PER_MS};
    const struct call_limit patient = {.timeout_ns = 10 * NS_PER_S};
    int value = 0;

    for (unsigned i = 0; i < 2 * CALLERS_IDLE_MAX; i++)
        ck_assert_int_eq(call_run(callers, hang, NULL, &limit), -ETIMEDOUT);
    ck_assert_int_eq(call_run(callers, set, &value, &patient), 0);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(call_that_hangs_is_left_behind)
{
    const struct call_limit limit = {.timeout_ns = 30 * NS_PER_MS};
    uint64_t start_ns = clock_now_ns();

    ck_assert_int_eq(call_run(callers, hang, NULL, &limit), -ETIMEDOUT);
    ck_assert_uint_ge(clock_now_ns() - start_ns, 30 * NS_PER_MS);
}
END_TEST

START_TEST(sign_of_life_starts_the_limit_anew)
{
    const struct call_limit limit = {.timeout_ns = NS_PER_S, .alive_ns = &alive_ns};
    int value = 0;

    atomic_store(&alive_ns, clock_now_ns());
    ck_assert_int_eq(call_run(callers, live_long, &value, &limit), 0);
    ck_assert_int_eq(value, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("call");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, call_that_returns_has_run);
    tcase_add_test(tests, thread_is_used_again);
    tcase_add_test(tests, call_behind_one_that_hangs_is_made);
    tcase_add_test(tests, call_that_hangs_is_left_behind);
    tcase_add_test(tests, sign_of_life_starts_the_limit_anew);
    return unit_run(tests);
}
