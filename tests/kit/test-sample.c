/* Batches whose memory can be taken away, and the traps around them. */
#include "kit/sample.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include "kit/guard.h"
#include "unit.h"

static struct weir_str str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static struct sample *one_log(bool guarded)
{
    struct sample *sample = sample_create(7, 1, SAMPLE_BYTES);
    const struct weir_kv content = {str("key"), str("value")};

    if (guarded)
        sample_guard(sample);
    sample_group(sample, 1, 1);
    sample_tag(sample, str("tag"), str("tagged"));
    sample_log(sample, 42, &content, 1);
    return sample;
}

static char read_byte(const char *at)
{
    return *(const volatile char *)at;
}

START_TEST(holds_what_was_put_in)
{
    struct sample *sample = one_log(false);
    const struct weir_batch *batch = sample_view(sample);
    const struct weir_log *log = weir_log_at(batch->groups[0], 0);

    ck_assert_uint_eq(batch->id, 7);
    ck_assert_uint_eq(batch->groups[0]->n_logs, 1);
    ck_assert_uint_eq(batch->groups[0]->bytes, 8);
    ck_assert_uint_eq(log->time_s, 42);
    ck_assert_mem_eq(log->contents[0].value.data, "value", 5);
    ck_assert(sample_holds(sample, log->contents[0].value.data));
    ck_assert(!sample_holds(sample, "elsewhere"));
    sample_destroy(sample);
}
END_TEST

START_TEST(cannot_be_written_to)
{
    struct sample *sample = one_log(false);
    char *value =
        (char *)(uintptr_t)weir_log_at(sample_view(sample)->groups[0], 0)->contents[0].value.data;

    sample_protect(sample, PROT_READ);
    ck_assert_int_eq(read_byte(value), 'v');
    ck_assert_ptr_eq(sample_view(sample), sample->copy); /* which writes nothing now */
    *(volatile char *)value = 'x';
}
END_TEST

START_TEST(cannot_be_read_once_taken_away)
{
    struct sample *sample = one_log(false);
    const char *value = weir_log_at(sample_view(sample)->groups[0], 0)->contents[0].value.data;

    sample_protect(sample, PROT_NONE);
    read_byte(value);
}
END_TEST

START_TEST(faults_behind_the_end_of_a_string)
{
    struct sample *sample = one_log(true);
    const struct weir_str value = weir_log_at(sample_view(sample)->groups[0], 0)->contents[0].value;

    ck_assert_int_eq(read_byte(value.data + value.size - 1), 'e');
    read_byte(value.data + value.size);
}
END_TEST

START_TEST(keeps_garbage_between_logs)
{
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);
    const struct weir_group *group;

    sample_stride(sample, sizeof(struct weir_log) + 40);
    sample_group(sample, 2, 0);
    sample_log(sample, 1, NULL, 0);
    sample_log(sample, 2, NULL, 0);
    group = sample_view(sample)->groups[0];
    ck_assert_uint_eq(weir_log_at(group, 1)->time_s, 2);
    ck_assert_uint_ne(group->logs[1].time_s, 2); /* as [] would step */
    sample_destroy(sample);
}
END_TEST

START_TEST(guards_know_their_addresses)
{
    char *copy = guard_copy("12345678", 8);

    ck_assert_mem_eq(copy, "12345678", 8);
    ck_assert(!guard_holds(copy));
    ck_assert(guard_holds(copy + 8));
    guard_revoke(copy);
    ck_assert(guard_holds(copy));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sample");

    tcase_add_test(tests, holds_what_was_put_in);
    tcase_add_test_raise_signal(tests, cannot_be_written_to, SIGSEGV);
    tcase_add_test_raise_signal(tests, cannot_be_read_once_taken_away, SIGSEGV);
    tcase_add_test_raise_signal(tests, faults_behind_the_end_of_a_string, SIGSEGV);
    tcase_add_test(tests, keeps_garbage_between_logs);
    tcase_add_test(tests, guards_know_their_addresses);
    return unit_run(tests);
}
