#include <check.h>
#include "base/util.h"
#include "delivery/circuit.h"
#include "unit.h"

#define THRESHOLD 3
#define PAUSE_NS 100

enum step_kind { ASK, FAIL, SUCCEED, FAIL_PROBE, SUCCEED_PROBE, CANCEL };

/* One step of a story: what happens at that time, and what must follow. `may` is the
 * answer to ASK. */
struct step {
    enum step_kind kind;
    uint64_t now_ns;
    bool may;
    enum circuit_state state;
};

static const struct {
    const char *what;
    uint64_t threshold;
    struct step steps[10];
    size_t n_steps;
} stories[] = {
    {"closed, all may", THRESHOLD, {{ASK, 0, true, CIRCUIT_CLOSED}, {ASK, 0, true, CIRCUIT_CLOSED}},
        2},
    {"failures in a row open it", THRESHOLD,
        {{FAIL, 1, false, CIRCUIT_CLOSED}, {FAIL, 2, false, CIRCUIT_CLOSED},
            {FAIL, 3, false, CIRCUIT_OPEN}, {ASK, 102, false, CIRCUIT_OPEN}},
        4},
    {"a success between starts the count anew", THRESHOLD,
        {{FAIL, 1, false, CIRCUIT_CLOSED}, {FAIL, 2, false, CIRCUIT_CLOSED},
            {SUCCEED, 3, false, CIRCUIT_CLOSED}, {FAIL, 4, false, CIRCUIT_CLOSED},
            {FAIL, 5, false, CIRCUIT_CLOSED}, {ASK, 5, true, CIRCUIT_CLOSED}},
        6},
    {"one probe after the pause, no second", THRESHOLD,
        {{FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {FAIL, 0, false, CIRCUIT_OPEN}, {ASK, 100, true, CIRCUIT_HALF_OPEN},
            {ASK, 500, false, CIRCUIT_HALF_OPEN}, {SUCCEED_PROBE, 501, false, CIRCUIT_CLOSED},
            {ASK, 501, true, CIRCUIT_CLOSED}},
        7},
    {"a failed probe opens it again, from then", THRESHOLD,
        {{FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {FAIL, 0, false, CIRCUIT_OPEN}, {ASK, 100, true, CIRCUIT_HALF_OPEN},
            {FAIL_PROBE, 150, false, CIRCUIT_OPEN}, {ASK, 249, false, CIRCUIT_OPEN},
            {ASK, 250, true, CIRCUIT_HALF_OPEN}},
        7},
    {"a late failure neither prolongs the pause nor ends the probe", THRESHOLD,
        {{FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {FAIL, 0, false, CIRCUIT_OPEN}, {FAIL, 90, false, CIRCUIT_OPEN},
            {ASK, 100, true, CIRCUIT_HALF_OPEN}, {FAIL, 110, false, CIRCUIT_HALF_OPEN},
            {ASK, 120, false, CIRCUIT_HALF_OPEN}},
        7},
    {"a late success closes it", THRESHOLD,
        {{FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {FAIL, 0, false, CIRCUIT_OPEN}, {SUCCEED, 50, false, CIRCUIT_CLOSED},
            {ASK, 50, true, CIRCUIT_CLOSED}},
        5},
    {"a probe that is not sent may be followed by another", THRESHOLD,
        {{FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {FAIL, 0, false, CIRCUIT_OPEN}, {ASK, 100, true, CIRCUIT_HALF_OPEN},
            {CANCEL, 110, false, CIRCUIT_OPEN}, {ASK, 110, true, CIRCUIT_HALF_OPEN}},
        6},
    {"cancel means nothing when closed", THRESHOLD,
        {{CANCEL, 0, false, CIRCUIT_CLOSED}, {ASK, 0, true, CIRCUIT_CLOSED}}, 2},
    {"threshold 0 never opens", 0,
        {{FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {FAIL, 0, false, CIRCUIT_CLOSED}, {FAIL, 0, false, CIRCUIT_CLOSED},
            {ASK, 0, true, CIRCUIT_CLOSED}},
        5},
};

static void take_step(struct circuit *circuit, const struct step *step, uint64_t threshold)
{
    bool success = step->kind == SUCCEED || step->kind == SUCCEED_PROBE;
    bool probe = step->kind == FAIL_PROBE || step->kind == SUCCEED_PROBE;

    if (step->kind == ASK)
        ck_assert_int_eq(circuit_ask(circuit, step->now_ns), step->may);
    else if (step->kind == CANCEL)
        circuit_cancel(circuit, step->now_ns);
    else
        circuit_tell(circuit, success, probe, threshold, step->now_ns, PAUSE_NS);
}

START_TEST(goes_by_the_stories)
{
    struct circuit circuit = {0};

    for (size_t i = 0; i < stories[_i].n_steps; i++) {
        take_step(&circuit, &stories[_i].steps[i], stories[_i].threshold);
        ck_assert_msg(circuit.state == stories[_i].steps[i].state, "%s: step %zu: %s",
            stories[_i].what, i, circuit_word(&circuit));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("circuit");

    tcase_add_loop_test(tests, goes_by_the_stories, 0, (int)ARRAY_SIZE(stories));
    return unit_run(tests);
}
