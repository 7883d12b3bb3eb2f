/* Ranges against a simple model, and released by several threads at once. */
#include <pthread.h>
#include <sched.h>
#include "base/util.h"
#include "event/range.h"
#include "unit.h"

#define LANES_MAX 5
#define RANGES_MAX 3000
#define OPEN_MAX 40

static struct {
    struct ack_source source;
    atomic_uint n_progress, n_released;
} test;

static void note_progress(struct ack_source *source)
{
    (void)source;
    atomic_fetch_add(&test.n_progress, 1);
}

static void note_release(struct ack_source *source)
{
    (void)source;
    atomic_fetch_add(&test.n_released, 1);
}

static void start_source(uint32_t n_lanes, const uint64_t *positions)
{
    test.source.progress = note_progress;
    test.source.released = note_release;
    atomic_store(&test.n_progress, 0);
    atomic_store(&test.n_released, 0);
    ack_source_init(&test.source, n_lanes, positions);
}

START_TEST(positions_start_where_the_checkpoint_was)
{
    const uint64_t positions[] = {70, 30, 50};

    start_source(3, positions);
    ck_assert_uint_eq(ack_position(&test.source, 0), 70);
    ck_assert_uint_eq(ack_position_min(&test.source), 30);
    ck_assert(ack_all_secured(&test.source));
    ack_source_close(&test.source);
    ck_assert_uint_eq(test.n_released, 1);
    ack_source_finish(&test.source);
}
END_TEST

START_TEST(two_lanes_out_of_order)
{
    const uint64_t positions[] = {0, 0};
    struct range *ranges[3];

    start_source(2, positions);
    for (uint64_t i = 0; i < 3; i++)
        ranges[i] = range_open(&test.source, 10 * i, 10 * i + 10, 3);
    range_release(ranges[2], 1);
    range_release(ranges[1], 3);
    ck_assert_uint_eq(ack_position(&test.source, 0), 0);
    ck_assert_uint_eq(test.n_progress, 0);
    range_release(ranges[0], 1);
    ck_assert_uint_eq(ack_position(&test.source, 0), 30);
    ck_assert_uint_eq(ack_position_min(&test.source), 0);
    range_release(ranges[0], 2);
    ck_assert_uint_eq(ack_position(&test.source, 1), 20);
    ck_assert_uint_eq(test.n_progress, 2);
    ck_assert(!ack_all_secured(&test.source));
    ack_source_close(&test.source);
    ck_assert_uint_eq(test.n_released, 0);
    range_release(ranges[2], 2);
    ck_assert_uint_eq(test.n_released, 1);
    ck_assert_uint_eq(ack_position_min(&test.source), 30);
    ack_source_finish(&test.source);
}
END_TEST

START_TEST(a_lane_that_has_it_already_does_not_wait)
{
    const uint64_t positions[] = {0, 10};
    struct range *range;

    start_source(2, positions);
    range = range_open(&test.source, 0, 10, 1);
    ck_assert_uint_eq(ack_position(&test.source, 1), 10);
    range_release(range, UINT64_MAX); /* lanes it is not held for do not count */
    ck_assert_uint_eq(ack_position_min(&test.source), 10);
    ck_assert(ack_all_secured(&test.source));
    ack_source_finish(&test.source);
}
END_TEST

START_TEST(what_is_abandoned_is_never_secured)
{
    const uint64_t positions[] = {0, 0};
    struct range *first, *second;

    start_source(2, positions);
    first = range_open(&test.source, 0, 10, 3);
    second = range_open(&test.source, 10, 20, 3);
    range_hold(first, 3);
    range_abandon(first, 1);
    range_release(first, 1);
    range_release(second, 3);
    range_release(first, 2);
    range_release(first, 2);
    ck_assert_uint_eq(ack_position(&test.source, 0), 0);
    ck_assert_uint_eq(ack_position(&test.source, 1), 20);
    ack_source_close(&test.source);
    ck_assert_uint_eq(test.n_released, 1);
    ack_source_finish(&test.source);
}
END_TEST

START_TEST(the_64th_lane)
{
    const uint64_t positions[RANGE_LANES_MAX] = {0};
    struct range *range;

    start_source(RANGE_LANES_MAX, positions);
    range = range_open(&test.source, 0, 10, UINT64_MAX);
    range_release(range, 1ULL << 63);
    ck_assert_uint_eq(ack_position(&test.source, 63), 10);
    ck_assert_uint_eq(ack_position(&test.source, 62), 0);
    range_release(range, UINT64_MAX >> 1);
    ck_assert_uint_eq(ack_position_min(&test.source), 10);
    ack_source_finish(&test.source);
}
END_TEST

/* What a range should be, in the plainest form. */
struct model_range {
    struct range *range; /* NULL once all is released */
    uint64_t end;
    unsigned holds[LANES_MAX];
    bool lost[LANES_MAX];
};

static struct {
    uint32_t n_lanes, n_ranges, n_open;
    uint64_t start[LANES_MAX], at;
    struct model_range ranges[RANGES_MAX];
} model;

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

static uint64_t model_position(uint32_t lane)
{
    uint64_t position = model.start[lane];

    for (uint32_t i = 0; i < model.n_ranges; i++) {
        const struct model_range *range = &model.ranges[i];

        if (range->holds[lane] || range->lost[lane])
            break;
        position = MAX(position, range->end);
    }
    return position;
}

static void model_open(void)
{
    struct model_range *range = &model.ranges[model.n_ranges++];
    uint64_t lanes = 1 + below((1U << model.n_lanes) - 1);

    *range = (struct model_range){.end = model.at + below(100)};
    range->range = range_open(&test.source, model.at, range->end, lanes);
    model.at = range->end;
    for (uint32_t lane = 0; lane < model.n_lanes; lane++)
        range->holds[lane] = lanes >> lane & 1;
    model.n_open++;
}

static struct model_range *any_open(void)
{
    uint32_t i = below(model.n_ranges);

    while (!model.ranges[i].range)
        i = (i + 1) % model.n_ranges;
    return &model.ranges[i];
}

static bool is_over(const struct model_range *range)
{
    for (uint32_t lane = 0; lane < model.n_lanes; lane++)
        if (range->holds[lane])
            return false;
    return true;
}

static void model_hold(struct model_range *range)
{
    uint64_t lanes = 0;

    for (uint32_t lane = 0; lane < model.n_lanes; lane++)
        if (range->holds[lane] && below(2)) {
            lanes |= 1ULL << lane;
            range->holds[lane]++;
        }
    range_hold(range->range, lanes);
}

static void model_release(struct model_range *range, bool lost)
{
    struct range *real = range->range;
    uint64_t lanes = 0;

    for (uint32_t lane = 0; lane < model.n_lanes; lane++)
        if (range->holds[lane] && below(2)) {
            lanes |= 1ULL << lane;
            range->holds[lane]--;
            range->lost[lane] |= lost;
        }
    if (is_over(range)) {
        range->range = NULL;
        model.n_open--;
    }
    if (lost)
        range_abandon(real, lanes);
    else
        range_release(real, lanes);
}

static void check_positions(void)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t lane = 0; lane < model.n_lanes; lane++) {
        uint64_t expected = model_position(lane);

        ck_assert_uint_eq(ack_position(&test.source, lane), expected);
        least = MIN(least, expected);
    }
    ck_assert_uint_eq(ack_position_min(&test.source), least);
}

static void model_step(bool may_lose)
{
    unsigned dice = below(10);

    if (!model.n_open || (dice < 3 && model.n_open < OPEN_MAX && model.n_ranges < RANGES_MAX))
        model_open();
    else if (dice < 5)
        model_hold(any_open());
    else
        model_release(any_open(), may_lose && below(500) == 0);
}

START_TEST(as_the_model_says)
{
    memset(&model, 0, sizeof model);
    srandom((unsigned)_i);
    model.n_lanes = 1 + below(LANES_MAX);
    for (uint32_t lane = 0; lane < model.n_lanes; lane++)
        model.start[lane] = below(200);
    start_source(model.n_lanes, model.start);
    for (int i = 0; i < 1500; i++) {
        model_step(_i % 2);
        check_positions();
    }
    ack_source_close(&test.source);
    while (model.n_open) {
        ck_assert_uint_eq(test.n_released, 0);
        model_release(any_open(), false);
        check_positions();
    }
    ck_assert_uint_eq(test.n_released, 1);
    ack_source_finish(&test.source);
}
END_TEST

/* One thread reads, one for each lane releases what it reads. */
#define N_SHARED 20000U

static struct range *_Atomic shared[N_SHARED];

static void *release_lane(void *argument)
{
    uint32_t lane = (uint32_t)(uintptr_t)argument - 1;
    uint64_t last = 0;

    for (uint32_t i = 0; i < N_SHARED; i++) {
        struct range *range;
        uint64_t position;

        while (!(range = atomic_load(&shared[i])))
            sched_yield();
        range_hold(range, 1ULL << lane);
        range_release(range, 1ULL << lane);
        range_release(range, 1ULL << lane);
        position = ack_position(&test.source, lane);
        if (position < last)
            return argument; /* Check's assertions are for one thread only */
        last = position;
    }
    return NULL;
}

START_TEST(lanes_release_on_their_own_threads)
{
    const uint64_t positions[2] = {0};
    pthread_t threads[2];

    start_source(2, positions);
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, release_lane, (void *)(i + 1));
    for (uint32_t i = 0; i < N_SHARED; i++) {
        struct range *range = range_open(&test.source, i, i + 1, 3);

        range_hold(range, 3);
        atomic_store(&shared[i], range);
        range_release(range, 3);
    }
    ack_source_close(&test.source);
    for (uintptr_t i = 0; i < 2; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        ck_assert_ptr_null(wrong);
    }
    ck_assert_uint_eq(ack_position_min(&test.source), N_SHARED);
    ck_assert_uint_eq(test.n_released, 1);
    ack_source_finish(&test.source);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("range");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, positions_start_where_the_checkpoint_was);
    tcase_add_test(tests, two_lanes_out_of_order);
    tcase_add_test(tests, a_lane_that_has_it_already_does_not_wait);
    tcase_add_test(tests, what_is_abandoned_is_never_secured);
    tcase_add_test(tests, the_64th_lane);
    tcase_add_loop_test(tests, as_the_model_says, 0, 30);
    tcase_add_test(tests, lanes_release_on_their_own_threads);
    return unit_run(tests);
}
