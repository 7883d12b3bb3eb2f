#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/configs.h"
#include "app/pipeline_set.h"
#include "app/reminder.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "unit.h"

#define INTERVAL_NS NS_PER_MS

static struct loop *loop;
static struct pipeline_set *set;
static FILE *log_file; /* in place of standard error */
static int stderr_fd;

static void applied(void *owner, struct reload_result *result)
{
    (void)owner;
    reload_result_finish(result);
}

static void setup(void)
{
    log_setup(LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    log_file = tmpfile();
    ck_assert_ptr_nonnull(log_file);
    stderr_fd = dup(STDERR_FILENO);
    loop = loop_create();
    set = pipeline_set_create(&(struct pipeline_set_spec){.applied = applied});
}

static void teardown(void)
{
    pipeline_set_destroy(set);
    loop_destroy(loop);
    fclose(log_file);
    close(stderr_fd);
}

/* Files p00, p01, ... all of which are wrong; those that were there before have gone. */
static void refuse(size_t n)
{
    struct configs_request request = {0};
    struct config_set configs = {.items = mem_calloc(n, sizeof *configs.items), .count = n};

    for (size_t i = 0; i < n; i++)
        configs.items[i] = (struct config_entry){.name = mem_printf("p%02zu", i),
            .path = mem_printf("/etc/p%02zu.json", i),
            .why = mem_strdup("bad")};
    pipeline_set_apply(set, &configs, &request);
    config_set_finish(&configs);
}

/* Ends the loop when so much has been logged, or at its time. */
struct watch {
    struct loop_timer timer;
    uint64_t end_ns; /* UINT64_MAX: never */
    size_t n_lines;
};

static char *logged(void)
{
    off_t size = lseek(fileno(log_file), 0, SEEK_END);
    char *text = mem_zalloc((size_t)size + 1);

    ck_assert_int_eq(pread(fileno(log_file), text, (size_t)size, 0), size);
    return text;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void look(struct loop_timer *timer)
{
    struct watch *watch = container_of(timer, struct watch, timer);
    SCOPED_FREE char *text = logged();

    if (clock_now_ns() >= watch->end_ns || count(text, "\n") >= watch->n_lines)
        loop_stop(loop);
    else
        loop_set_timer(loop, timer, clock_now_ns() + INTERVAL_NS);
}

/* What is logged meanwhile; the caller's. */
static char *run(uint64_t end_ns, size_t n_lines)
{
    struct watch watch = {{.expired = look}, end_ns, n_lines};

    ck_assert_int_eq(ftruncate(fileno(log_file), 0), 0);
    ck_assert_int_eq(lseek(fileno(log_file), 0, SEEK_SET), 0);
    dup2(fileno(log_file), STDERR_FILENO);
    loop_set_timer(loop, &watch.timer, clock_now_ns());
    loop_run(loop);
    dup2(stderr_fd, STDERR_FILENO);
    return logged();
}

static char *run_for(uint64_t ns)
{
    return run(clock_now_ns() + ns, SIZE_MAX);
}

static char *run_until_lines(size_t n)
{
    return run(UINT64_MAX, n);
}

START_TEST(refused_pipelines_are_named_again_and_again_until_they_are_not)
{
    struct reminder *reminder = reminder_create(loop, set, INTERVAL_NS);
    SCOPED_FREE char *none = run_for(5 * INTERVAL_NS), *two = NULL, *after = NULL;

    ck_assert_str_eq(none, "");
    refuse(2);
    ck_assert_uint_eq(pipeline_set_refused(set), 2);
    two = run_until_lines(3);
    ck_assert_uint_ge(count(two, "still refused"), 3);
    ck_assert_uint_eq(count(two, "still refused"), count(two, "\n"));
    ck_assert_uint_eq(count(two, "refused=2 running=0 pipelines=\"p00, p01\""), count(two, "\n"));
    refuse(0);
    after = run_for(5 * INTERVAL_NS);
    ck_assert_str_eq(after, "");
    reminder_destroy(reminder);
}
END_TEST

START_TEST(destroyed_it_says_nothing)
{
    SCOPED_FREE char *text = NULL;

    refuse(1);
    reminder_destroy(reminder_create(loop, set, INTERVAL_NS));
    text = run_for(5 * INTERVAL_NS);
    ck_assert_str_eq(text, "");
}
END_TEST

static const struct {
    size_t n;
    const char *names;
} lists[] = {
    {0, ""},
    {1, "p00"},
    {3, "p00, p01, p02"},
    {10, "p00, p01, p02, p03, p04, p05, p06, p07, p08, p09"},
    {11, "p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 1 more"},
    {40, "p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 30 more"},
};

START_TEST(names_are_bounded)
{
    SCOPED_FREE char *names = NULL;

    refuse(lists[_i].n);
    names = pipeline_set_refused_names(set);
    ck_assert_str_eq(names, lists[_i].names);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("reminder");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, refused_pipelines_are_named_again_and_again_until_they_are_not);
    tcase_add_test(tests, destroyed_it_says_nothing);
    tcase_add_loop_test(tests, names_are_bounded, 0, (int)ARRAY_SIZE(lists));
    return unit_run(tests);
}
