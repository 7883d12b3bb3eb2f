/* flusher_stdout: the exact lines. Argument: the plugin. */
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define KV(k, v) \
    { \
        {k, sizeof k - 1}, \
        { \
            v, sizeof v - 1 \
        } \
    }
/* The stub's time in UTC-1. */
#define NOW "2023-10-12 02:06:35 "

static const char *plugin;

static const struct weir_kv contents[] = {
    KV("content", "<1> & \"\n"), KV("k", ""), KV("k", "\xFF")};
static const struct weir_log logs[] = {
    {.time_s = 1697079992, .n_contents = 3, .contents = contents},
    {.time_s = 5, .time_ns = 6},
};
static const struct weir_kv tags[] = {KV("a", "1"), KV("b\"\\", "\n\0\xC3\x7F")};

#define PAIRS \
    NOW "{\"content\":\"<1> & " \
        "\\\"\\n\",\"k\":\"\",\"k\":\"\uFFFD\",\"__time__\":\"1697079992\"}\n" NOW \
        "{\"__time__\":\"5\"}\n"
#define MESSAGES \
    NOW "{\"Time\":1697079992,\"Contents\":[{\"Key\":\"content\",\"Value\":" \
        "\"\\u003c1\\u003e \\u0026 \\\"\\n\"},{\"Key\":\"k\",\"Value\":\"\"}," \
        "{\"Key\":\"k\",\"Value\":\"\\ufffd\"}]}\n" NOW "{\"Time\":5,\"Time_ns\":6}\n"
#define TAGS \
    NOW "[LogGroup] topic t, logstore c, logcount 2, tags " \
        "[Key:\"a\" Value:\"1\"  Key:\"b\\\"\\\\\" Value:\"\\n\\000\\303\\177\" ]\n"

static struct weir_group make_group(void)
{
    struct weir_group group = stub_group(logs, 2);

    group.tags = tags;
    group.n_tags = 2;
    group.topic = (struct weir_str){"t", 1};
    group.category = (struct weir_str){"c", 1};
    return group;
}

/* Puts `fd` in the place of standard output; returns the old one. */
static int redirect(int fd)
{
    int old = dup(STDOUT_FILENO);

    fflush(stdout);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(dup2(fd, STDOUT_FILENO), 0);
    close(fd);
    return old;
}

static const struct line_row {
    struct stub_option options[3];
    const char *wanted;
} rows[] = {
    {{{NULL, NULL}}, PAIRS},
    {{{"OnlyStdout", "true"}, {"FileName", "/nowhere/at/all"}}, PAIRS},
    {{{"Tags", "true"}}, TAGS PAIRS},
    {{{"KeyValuePairs", "false"}}, MESSAGES},
    {{{"KeyValuePairs", "false"}, {"Tags", "true"}}, TAGS MESSAGES},
};

START_TEST(printed)
{
    const struct line_row *row = &rows[_i];
    struct weir_group group = make_group();
    struct stub stub;
    char path[128], *text;
    int old;

    snprintf(path, sizeof path, "%s/out", stub_folder());
    stub_start(&stub, plugin, row->options);
    old = redirect(open(path, O_WRONLY | O_CREAT, 0600));
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    redirect(old);
    stub_stop(&stub);
    text = stub_read(path);
    ck_assert_str_eq(text, row->wanted);
    free(text);
}
END_TEST

static void check_file(const char *path, const char *wanted)
{
    char *text = stub_read(path);

    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(rolled)
{
    struct weir_group group = make_group();
    char path[128], first[160], second[160];
    struct stub_option options[] = {
        {"FileName", path}, {"MaxSize", "150"}, {"MaxRolls", "-1"}, {NULL, NULL}};
    struct stub stub;

    snprintf(path, sizeof path, "%s/out", stub_folder());
    snprintf(first, sizeof first, "%s.1", path);
    snprintf(second, sizeof second, "%s.2", path);
    stub_start(&stub, plugin, options);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    stub_stop(&stub);
    check_file(path, PAIRS);
    check_file(first, PAIRS);
    check_file(second, "");
}
END_TEST

START_TEST(nobody_reads)
{
    struct weir_group group = make_group();
    struct stub stub;
    int ends[2], old;

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    stub_start(&stub, plugin, NULL);
    old = redirect(ends[1]);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_RETRY);
    redirect(old);
    ck_assert_int_eq(stub.result.code, EPIPE);
    ck_assert_str_eq(stub.text, "cannot write to standard output: Broken pipe");
    stub_stop(&stub);
}
END_TEST

/* A pipe whose reader goes away after ten bytes. */
static int short_reader(void)
{
    int ends[2];
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (!pid) {
        char bytes[10];

        close(ends[1]);
        _exit(read(ends[0], bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
    }
    close(ends[0]);
    return ends[1];
}

/* What follows a torn line starts a line of its own. */
START_TEST(torn)
{
    static char value[300000];
    struct weir_kv field = {{"k", 1}, {value, sizeof value}};
    struct weir_log big = {.n_contents = 1, .contents = &field};
    struct weir_group large = stub_group(&big, 1), group = make_group();
    struct stub stub;
    char path[128];
    int old;

    signal(SIGPIPE, SIG_IGN);
    memset(value, 'v', sizeof value);
    snprintf(path, sizeof path, "%s/out", stub_folder());
    stub_start(&stub, plugin, NULL);
    old = redirect(short_reader());
    ck_assert_uint_eq(stub_flush(&stub, &large), WEIR_RETRY);
    redirect(open(path, O_WRONLY | O_CREAT, 0600));
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    redirect(old);
    stub_stop(&stub);
    check_file(path, "\n" PAIRS PAIRS);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = tcase_create("stdout");

    if (argc != 2)
        return EXIT_FAILURE;
    plugin = argv[1];
    setenv("TZ", "XXX+1", 1);
    tzset();
    tcase_add_loop_test(tests, printed, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, rolled);
    tcase_add_test(tests, nobody_reads);
    tcase_add_test(tests, torn);
    return unit_run(tests);
}
