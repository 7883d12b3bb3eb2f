#include <check.h>
#include <string.h>
#include <weir/flusher.h>
#include "base/util.h"
#include "delivery/judge.h"
#include "unit.h"

#define S NS_PER_S

/* A row reads: this verdict, after so many attempts, that old, under this policy. */
static const struct {
    const char *what;
    struct judge_case given;
    struct retry_policy policy;
    enum judge_action action;
    uint64_t delay_min_ns, delay_max_ns;
    const char *reason;
} rows[] = {
    {"delivered is done", {WEIR_DELIVERED, 1, 0, 0, 7}, {S, 30 * S, 0, 0}, JUDGE_DONE, 0, 0, NULL},
    {"delivered is done whatever the limits", {WEIR_DELIVERED, 9, 99 * S, 5, 7}, {S, 30 * S, 1, S},
        JUDGE_DONE, 0, 0, NULL},
    {"rejected is dropped", {WEIR_REJECTED, 1, 0, 0, 7}, {S, 30 * S, 0, 0}, JUDGE_DROP, 0, 0,
        "rejected"},
    {"pending waits", {WEIR_PENDING, 1, 0, 0, 7}, {S, 30 * S, 0, 0}, JUDGE_WAIT, 0, 0, NULL},
    {"first retry within the initial delay", {WEIR_RETRY, 1, 0, 0, UINT64_MAX}, {S, 30 * S, 0, 0},
        JUDGE_AGAIN, 10 * NS_PER_MS, S, NULL},
    {"broken is a retry", {WEIR_BROKEN, 1, 0, 0, 0}, {S, 30 * S, 0, 0}, JUDGE_AGAIN, 10 * NS_PER_MS,
        S, NULL},
    {"an unknown verdict is a retry", {77, 1, 0, 0, 0}, {S, 30 * S, 0, 0}, JUDGE_AGAIN,
        10 * NS_PER_MS, S, NULL},
    {"no limit by default", {WEIR_RETRY, 1000000, 1000000 * S, 0, 3}, {S, 30 * S, 0, 0},
        JUDGE_AGAIN, 10 * NS_PER_MS, 30 * S, NULL},
    {"the last attempt was the last", {WEIR_RETRY, 3, 0, 0, 3}, {S, 30 * S, 3, 0}, JUDGE_DROP, 0, 0,
        "attempts"},
    {"one attempt is left", {WEIR_RETRY, 2, 0, 0, 3}, {S, 30 * S, 3, 0}, JUDGE_AGAIN,
        10 * NS_PER_MS, 2 * S, NULL},
    {"too old", {WEIR_RETRY, 2, 60 * S, 0, 3}, {S, 30 * S, 0, 60 * S}, JUDGE_DROP, 0, 0, "age"},
    {"not quite too old", {WEIR_RETRY, 2, 60 * S - 1, 0, 3}, {S, 30 * S, 0, 60 * S}, JUDGE_AGAIN,
        10 * NS_PER_MS, 2 * S, NULL},
    {"Retry-After is honoured", {WEIR_RETRY, 1, 0, 17 * S, 3}, {S, 30 * S, 0, 0}, JUDGE_AGAIN,
        17 * S, 17 * S, NULL},
    {"a mad Retry-After is capped", {WEIR_RETRY, 1, 0, UINT64_MAX, 3}, {S, 30 * S, 0, 0},
        JUDGE_AGAIN, 3600 * S, 3600 * S, NULL},
    {"a zero delay does not spin", {WEIR_RETRY, 1, 0, 0, 3}, {0, 0, 0, 0}, JUDGE_AGAIN,
        10 * NS_PER_MS, 10 * NS_PER_MS, NULL},
};

START_TEST(judges_by_the_table)
{
    struct judgement next = judge(&rows[_i].given, &rows[_i].policy);

    ck_assert_msg(next.action == rows[_i].action, "%s: action %d", rows[_i].what, next.action);
    ck_assert_msg(next.delay_ns >= rows[_i].delay_min_ns && next.delay_ns <= rows[_i].delay_max_ns,
        "%s: delay %llu", rows[_i].what, (unsigned long long)next.delay_ns);
    if (rows[_i].reason)
        ck_assert_str_eq(judge_word(next.reason), rows[_i].reason);
}
END_TEST

START_TEST(backoff_doubles_up_to_the_maximum_and_jitters_over_all_of_it)
{
    const struct retry_policy policy = {S, 30 * S, 0, 0};
    const uint64_t ceilings[] = {S, 2 * S, 4 * S, 8 * S, 16 * S, 30 * S, 30 * S};

    for (size_t i = 0; i < ARRAY_SIZE(ceilings); i++) {
        uint64_t span = ceilings[i] - 10 * NS_PER_MS;

        ck_assert_uint_eq(judge_backoff(&policy, i + 1, 0), 10 * NS_PER_MS);
        ck_assert_uint_eq(judge_backoff(&policy, i + 1, span), ceilings[i]);
        ck_assert_uint_eq(judge_backoff(&policy, i + 1, span + 1), 10 * NS_PER_MS);
    }
    ck_assert_uint_le(judge_backoff(&policy, UINT64_MAX, 12345), 30 * S);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("judge");

    tcase_add_loop_test(tests, judges_by_the_table, 0, (int)ARRAY_SIZE(rows));
    tcase_add_test(tests, backoff_doubles_up_to_the_maximum_and_jitters_over_all_of_it);
    return unit_run(tests);
}
