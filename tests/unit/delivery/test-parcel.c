#include <check.h>
#include <string.h>
#include "base/util.h"
#include "delivery/parcels.h"
#include "unit.h"

static struct memory *memory;
static struct ack_source source;

static void setup(void)
{
    const uint64_t start[1] = {0};

    memory = memory_create(MEMORY_LIMIT_DEFAULT);
    source = (struct ack_source){0};
    ack_source_init(&source, 1, start);
}

static void teardown(void)
{
    ack_source_close(&source);
    ack_source_finish(&source);
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

/* A group of `n_logs` logs of 5 bytes, from the range [start, end). */
static struct group *make_group(uint32_t n_logs, uint64_t start, uint64_t end)
{
    struct batch *batch = batch_create(memory, n_logs);
    struct group_builder *builder = group_open(memory, n_logs);
    struct group_facts facts = {0};
    struct group *group;

    batch->range = range_open(&source, start, end, UINT64_MAX);
    for (uint32_t i = 0; i < n_logs; i++)
        batch_add_content(batch, batch_add_log(batch, 1), str_of("k"), str_of("4444"));
    group_add(builder, batch, 0, n_logs, true);
    group = group_seal(builder, &facts);
    batch_destroy(batch);
    return group;
}

static void fill(struct parcel *parcel, const uint32_t *sizes, size_t n)
{
    struct queue queue;

    queue_init(&queue, SIZE_MAX, SIZE_MAX);
    for (size_t i = 0; i < n; i++)
        queue_put(&queue, (struct hold){.group = make_group(sizes[i], 100 * i, 100 * (i + 1))});
    parcel_fill(parcel, &queue);
    ck_assert_uint_eq(queue.count, 0);
    queue_finish(&queue);
}

START_TEST(delivered_parcel_secures_its_ranges)
{
    struct parcel parcel = {0};

    fill(&parcel, (const uint32_t[]){3, 4}, 2);
    ck_assert_uint_eq(parcel_count(&parcel, WEIR_DELIVERED).delivered_logs, 7);
    ck_assert_uint_eq(parcel_count(&parcel, WEIR_DELIVERED).delivered_bytes, 35);
    ck_assert_uint_eq(ack_position(&source, 0), 0);
    ck_assert_uint_eq(parcel_keep_retries(&parcel, WEIR_DELIVERED, NULL), 0);
    ck_assert_uint_eq(ack_position(&source, 0), 200);
    parcel_clear(&parcel);
}
END_TEST

START_TEST(retried_parcel_keeps_everything)
{
    struct parcel parcel = {0};

    fill(&parcel, (const uint32_t[]){3, 4}, 2);
    ck_assert_uint_eq(parcel_keep_retries(&parcel, WEIR_RETRY, NULL), 2);
    ck_assert_uint_eq(parcel_count(&parcel, WEIR_RETRY).retry_logs, 7);
    ck_assert_uint_eq(ack_position(&source, 0), 0);
    parcel_give_back(&parcel);
    ck_assert_uint_eq(ack_position(&source, 0), 0);
    parcel_clear(&parcel);
}
END_TEST

/* What an Elasticsearch bulk answer has: all three kinds in one batch. */
START_TEST(marks_split_a_parcel_log_by_log)
{
    struct parcel parcel = {0};
    struct parcel_count count;

    fill(&parcel, (const uint32_t[]){2, 3, 1}, 3);
    ck_assert_int_eq(parcel_mark(&parcel, 1, 1, WEIR_RETRY), 0);
    ck_assert_int_eq(parcel_mark(&parcel, 1, 2, WEIR_REJECTED), 0);
    ck_assert_int_eq(parcel_mark(&parcel, 2, 0, WEIR_RETRY), 0);
    count = parcel_count(&parcel, WEIR_DELIVERED);
    ck_assert_uint_eq(count.delivered_logs, 3);
    ck_assert_uint_eq(count.rejected_logs, 1);
    ck_assert_uint_eq(count.retry_logs, 2);
    ck_assert_uint_eq(parcel_keep_retries(&parcel, WEIR_DELIVERED, NULL), 2);
    ck_assert_uint_eq(parcel.views[0]->n_logs, 1);
    ck_assert_uint_eq(parcel.views[1]->n_logs, 1);
    ck_assert_uint_eq(ack_position(&source, 0), 100);

    /* The same again with what is left; indices count anew. */
    ck_assert_int_eq(parcel_mark(&parcel, 1, 0, WEIR_RETRY), 0);
    ck_assert_uint_eq(parcel_keep_retries(&parcel, WEIR_DELIVERED, NULL), 1);
    ck_assert_uint_eq(ack_position(&source, 0), 200);
    ck_assert_uint_eq(parcel_keep_retries(&parcel, WEIR_REJECTED, NULL), 0);
    ck_assert_uint_eq(ack_position(&source, 0), 300);
    parcel_clear(&parcel);
}
END_TEST

START_TEST(mark_of_what_is_not_there_is_refused)
{
    struct parcel parcel = {0};

    fill(&parcel, (const uint32_t[]){2}, 1);
    ck_assert_int_lt(parcel_mark(&parcel, 1, 0, WEIR_RETRY), 0);
    ck_assert_int_lt(parcel_mark(&parcel, 0, 2, WEIR_RETRY), 0);
    ck_assert_int_lt(parcel_mark(&parcel, 0, 0, WEIR_PENDING), 0);
    ck_assert_ptr_null(parcel.marks);
    parcel_release(&parcel, NULL);
    parcel_clear(&parcel);
}
END_TEST

START_TEST(fill_stops_at_its_bounds)
{
    struct parcel parcel = {0};
    struct queue queue;

    queue_init(&queue, SIZE_MAX, SIZE_MAX);
    for (uint64_t i = 0; i < PARCEL_GROUPS_MAX + 2; i++)
        queue_put(&queue, (struct hold){.group = make_group(1, i, i + 1)});
    parcel_fill(&parcel, &queue);
    ck_assert_uint_eq(parcel.n_groups, PARCEL_GROUPS_MAX);
    ck_assert_uint_eq(queue.count, 2);
    parcel_release(&parcel, NULL);
    parcel_clear(&parcel);
    parcel_fill(&parcel, &queue);
    ck_assert_uint_eq(parcel.n_groups, 2);
    ck_assert_uint_eq(queue.bytes, 0);
    parcel_release(&parcel, NULL);
    parcel_clear(&parcel);
    queue_finish(&queue);
}
END_TEST

START_TEST(a_parcel_is_used_again)
{
    struct parcels *parcels = parcels_create();
    struct parcel *first = parcels_get(parcels), *second = parcels_get(parcels);

    ck_assert_ptr_ne(first, second);
    fill(first, (const uint32_t[]){2}, 1);
    ck_assert_int_eq(parcel_mark(first, 0, 1, WEIR_REJECTED), 0);
    parcel_release(first, NULL);
    parcels_put(parcels, first);
    ck_assert_ptr_eq(parcels_get(parcels), first);
    ck_assert_uint_eq(first->n_groups, 0);
    ck_assert_uint_eq(first->n_logs, 0);
    ck_assert_ptr_null(first->marks);
    parcels_put(parcels, second);
    parcels_put(parcels, first);
    parcels_destroy(parcels);
}
END_TEST

START_TEST(more_parcels_than_are_kept)
{
    struct parcel *out[2 * PARCELS_KEPT_MAX];
    struct parcels *parcels = parcels_create();

    for (size_t i = 0; i < ARRAY_SIZE(out); i++)
        out[i] = parcels_get(parcels);
    for (size_t i = 0; i < ARRAY_SIZE(out); i++)
        parcels_put(parcels, out[i]);
    parcels_destroy(parcels);
    parcels_put(NULL, parcels_get(NULL));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("parcel");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, delivered_parcel_secures_its_ranges);
    tcase_add_test(tests, retried_parcel_keeps_everything);
    tcase_add_test(tests, marks_split_a_parcel_log_by_log);
    tcase_add_test(tests, mark_of_what_is_not_there_is_refused);
    tcase_add_test(tests, fill_stops_at_its_bounds);
    tcase_add_test(tests, a_parcel_is_used_again);
    tcase_add_test(tests, more_parcels_than_are_kept);
    return unit_run(tests);
}
