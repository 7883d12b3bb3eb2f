/* The breaker of flusher_http: when it opens, and what closes it again. */
#include "http/breaker.h"
#include "unit.h"

#define S UINT64_C(1000000000)

static struct breaker breaker;

static void setup(void)
{
    breaker = (struct breaker){.ratio = 0.5, .window_ns = 10 * S};
}

/* So many requests end at that time; whether the last one opened it. */
static bool ended(unsigned n_good, unsigned n_bad, uint64_t now_ns)
{
    bool opened = false;

    for (unsigned i = 0; i < n_good; i++)
        opened = breaker_ended(&breaker, true, now_ns);
    for (unsigned i = 0; i < n_bad; i++)
        opened = breaker_ended(&breaker, false, now_ns);
    return opened;
}

START_TEST(opens_at_the_share)
{
    ck_assert(!ended(5, 4, S));
    ck_assert(breaker_allows(&breaker, S));
    ck_assert(ended(0, 1, S));
    ck_assert(!breaker_allows(&breaker, S));
    ck_assert(!breaker_allows(&breaker, 11 * S - 1));
    ck_assert(breaker_allows(&breaker, 11 * S));
}
END_TEST

START_TEST(few_requests_say_nothing)
{
    ck_assert(!ended(0, 9, S));
    ck_assert(ended(0, 1, S));
}
END_TEST

START_TEST(a_window_is_forgotten)
{
    ck_assert(!ended(0, 9, S));
    ck_assert(!ended(0, 1, 20 * S));
    ck_assert(breaker_allows(&breaker, 20 * S));
}
END_TEST

START_TEST(one_try_at_a_time)
{
    ended(0, 10, S);
    ck_assert(breaker_allows(&breaker, 11 * S));
    breaker_sent(&breaker, 11 * S);
    ck_assert(!breaker_allows(&breaker, 12 * S));
    ck_assert(!ended(1, 0, 12 * S));
    ck_assert(breaker_allows(&breaker, 12 * S));
}
END_TEST

START_TEST(a_failing_try_opens_again)
{
    ended(0, 10, S);
    breaker_sent(&breaker, 11 * S);
    ck_assert(ended(0, 1, 12 * S));
    ck_assert(!breaker_allows(&breaker, 22 * S - 1));
    ck_assert(breaker_allows(&breaker, 22 * S));
}
END_TEST

START_TEST(what_was_sent_before_decides_nothing)
{
    ended(0, 10, S);
    ck_assert(!ended(1, 1, 2 * S));
    ck_assert(!breaker_allows(&breaker, 2 * S));
}
END_TEST

START_TEST(a_try_without_an_end_is_followed_by_another)
{
    ended(0, 10, S);
    breaker_sent(&breaker, 11 * S);
    ck_assert(breaker_allows(&breaker, 21 * S));
}
END_TEST

START_TEST(none_never_opens)
{
    breaker = (struct breaker){0};
    ck_assert(!ended(0, 100, S));
    breaker_sent(&breaker, S);
    ck_assert(breaker_allows(&breaker, S));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("breaker");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, opens_at_the_share);
    tcase_add_test(tests, few_requests_say_nothing);
    tcase_add_test(tests, a_window_is_forgotten);
    tcase_add_test(tests, one_try_at_a_time);
    tcase_add_test(tests, a_failing_try_opens_again);
    tcase_add_test(tests, what_was_sent_before_decides_nothing);
    tcase_add_test(tests, a_try_without_an_end_is_followed_by_another);
    tcase_add_test(tests, none_never_opens);
    return unit_run(tests);
}
