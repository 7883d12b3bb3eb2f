/* What weir-verify.json says, and whom its waivers excuse. */
#include "kit/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kit/plan.h"
#include "unit.h"

static struct settings *read_text(const char *text)
{
    char path[] = "/tmp/weir-settings-XXXXXX";
    int fd = mkstemp(path);
    struct settings *settings;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    settings = settings_read(path);
    unlink(path);
    return settings;
}

START_TEST(holds_for_one_class_or_for_all)
{
    struct settings *settings =
        read_text("{\"config\":{\"A\":1},\"sink\":\"http\",\"flushers\":{\"flusher_b\":"
                  "{\"sink\":\"file:out\"}}}");

    ck_assert_ptr_nonnull(settings);
    ck_assert_int_eq(settings_of(settings, "flusher_a")->sink, SINK_HTTP);
    ck_assert_ptr_nonnull(settings_of(settings, "flusher_a")->config);
    ck_assert_int_eq(settings_of(settings, "flusher_b")->sink, SINK_FILE);
    ck_assert_str_eq(settings_of(settings, "flusher_b")->sink_argument, "${verify:dir}/out");
    ck_assert_ptr_null(settings_of(settings, "flusher_b")->config);
    settings_destroy(settings);
    settings = settings_read(NULL);
    ck_assert_int_eq(settings_of(settings, "flusher_a")->sink, SINK_NONE);
    settings_destroy(settings);
}
END_TEST

static const struct {
    const char *id;
    bool excused;
} ids[] = {{"FLU-01", true}, {"FLU-02", false}, {"FLU-010", false}, {"XFLU-01", false},
    {"BAC-05", true}, {"BAC-5", false}};

START_TEST(waives_whole_ids_only)
{
    struct settings *settings = read_text("{\"waivers\":[{\"checks\":\"FLU-01|BAC-0[5-7]\","
                                          "\"reason\":\"r\",\"until\":\"2030-06-30\"}]}");

    ck_assert_int_eq(settings_waiver(settings, ids[_i].id) != NULL, ids[_i].excused);
    settings_destroy(settings);
}
END_TEST

START_TEST(waives_to_the_end_of_a_day)
{
    const struct waiver waiver = {.until = (char *)(uintptr_t) "2030-06-30"};

    ck_assert(!waiver_expired(&waiver, "2030-06-29"));
    ck_assert(!waiver_expired(&waiver, "2030-06-30"));
    ck_assert(waiver_expired(&waiver, "2030-07-01"));
    ck_assert(waiver_expired(&waiver, "2031-01-01"));
}
END_TEST

/* Which outcomes make the exit code 1, with a waiver and without. */
static const struct {
    enum verdict verdict;
    enum skip skip;
    bool bad, bad_when_waived;
} outcomes[] = {
    {VERDICT_PASS, SKIP_NONE, false, false},
    {VERDICT_WARN, SKIP_NONE, false, false},
    {VERDICT_FAIL, SKIP_NONE, true, false},
    {VERDICT_CRASH, SKIP_NONE, true, false},
    {VERDICT_TIMEOUT, SKIP_NONE, true, false},
    {VERDICT_SKIP, SKIP_LACKS, true, false},
    {VERDICT_SKIP, SKIP_FOREIGN, false, false},
    {VERDICT_SKIP, SKIP_BLOCKED, false, false},
    {VERDICT_NONE, SKIP_NONE, true, false},
};

START_TEST(outcomes_count_or_do_not)
{
    const struct waiver waiver = {0};
    struct task task = {.report = {.verdict = outcomes[_i].verdict, .skip = outcomes[_i].skip}};

    ck_assert_int_eq(task_is_bad(&task), outcomes[_i].bad);
    task.waiver = &waiver;
    ck_assert_int_eq(task_is_bad(&task), outcomes[_i].bad_when_waived);
    task.waiver_expired = true;
    ck_assert_int_eq(task_is_bad(&task), outcomes[_i].bad);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("settings");

    tcase_add_test(tests, holds_for_one_class_or_for_all);
    tcase_add_loop_test(tests, waives_whole_ids_only, 0, sizeof ids / sizeof ids[0]);
    tcase_add_test(tests, waives_to_the_end_of_a_day);
    tcase_add_loop_test(tests, outcomes_count_or_do_not, 0, sizeof outcomes / sizeof outcomes[0]);
    return unit_run(tests);
}
