/* flusher_stdout: the exact lines. Argument: the plugin. */
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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
    ck_assert_int_eq(stub.mock->code, EPIPE);
    ck_assert_str_eq(stub.mock->text, "cannot write to standard output: Broken pipe");
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

/* Drains what is in the pipe now; returns its size. */
static size_t drain(int fd, char *to, size_t size)
{
    size_t got = 0;
    ssize_t n;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while ((n = read(fd, to + got, size - got)) > 0)
        got += (size_t)n;
    return got;
}

#define N_MANY 2000
#define MANY_SIZE (N_MANY * 64)

static struct weir_group make_many(void)
{
    static const struct weir_kv content = KV("content", "1");
    static struct weir_log many[N_MANY];

    for (int i = 0; i < N_MANY; i++)
        many[i] = (struct weir_log){
            .time_s = 1000000 + (uint32_t)i, .n_contents = 1, .contents = &content};
    return stub_group(many, N_MANY);
}

/* The lines of make_many(), each once and whole. */
static void check_many(const char *text, size_t size)
{
    const char *at = text;

    for (int i = 0; i < N_MANY; i++) {
        char wanted[96];
        int n = snprintf(
            wanted, sizeof wanted, NOW "{\"content\":\"1\",\"__time__\":\"%d\"}\n", 1000000 + i);

        ck_assert_msg(strncmp(at, wanted, (size_t)n) == 0, "line %d: %.80s", i, at);
        at += n;
    }
    ck_assert_int_eq(at - text, (ptrdiff_t)size);
}

/* The reader pauses: no thread hangs, and nothing comes twice. */
START_TEST(paused)
{
    static char text[2 * MANY_SIZE];
    struct weir_group group = make_many();
    struct stub stub;
    int ends[2], old, n_retries = 0;
    size_t size = 0;

    ck_assert_int_eq(pipe(ends), 0);
    stub_start(&stub, plugin, NULL);
    old = redirect(ends[1]);
    for (uint32_t verdict = stub_flush(&stub, &group); verdict != WEIR_DELIVERED; n_retries++) {
        ck_assert_int_eq(stub.mock->code, EAGAIN);
        size += drain(ends[0], text + size, sizeof text - size);
        verdict = stub_flush_again(&stub, &group);
    }
    redirect(old);
    size += drain(ends[0], text + size, sizeof text - size);
    ck_assert_int_ge(n_retries, 1);
    check_many(text, size);
    stub_stop(&stub);
    close(ends[0]);
}
END_TEST

/* A torn line is ended before somebody else's, and comes again whole. */
START_TEST(paused_among_two)
{
    static char text[2 * MANY_SIZE];
    struct weir_group many = make_many(), group = make_group();
    struct stub one, two;
    int ends[2], old;
    size_t before, size, kept;

    ck_assert_int_eq(pipe(ends), 0);
    stub_start(&one, plugin, NULL);
    stub_start(&two, plugin, NULL);
    old = redirect(ends[1]);
    ck_assert_uint_eq(stub_flush(&one, &many), WEIR_RETRY);
    before = drain(ends[0], text, sizeof text);
    ck_assert_int_ne(text[before - 1], '\n');
    ck_assert_uint_eq(stub_flush(&two, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub_flush_again(&one, &many), WEIR_DELIVERED);
    redirect(old);
    size = before + drain(ends[0], text + before, sizeof text - before);
    ck_assert_int_eq(strncmp(text + before, "\n" PAIRS, sizeof PAIRS), 0);
    kept = (size_t)((char *)memrchr(text, '\n', before) + 1 - text);
    before += sizeof PAIRS;
    memmove(text + kept, text + before, size - before);
    check_many(text, size - before + kept);
    stub_stop(&one);
    stub_stop(&two);
    close(ends[0]);
}
END_TEST

#define N_PRINTERS 3

struct printer {
    pthread_t thread;
    struct stub stub;
    struct weir_group group;
};

static void *print_many(void *data)
{
    struct printer *printer = data;
    uint32_t verdict = stub_flush(&printer->stub, &printer->group);

    while (verdict != WEIR_DELIVERED)
        verdict = stub_flush_again(&printer->stub, &printer->group);
    return NULL;
}

static void check_whole_lines(const char *text, size_t size)
{
    static const char start[] = NOW "{\"content\":\"1\",";

    for (const char *at = text; at < text + size; at = strchr(at, '\n') + 1)
        ck_assert_msg(
            strncmp(at, start, sizeof start - 1) == 0 && strchr(at, '}')[1] == '\n', "%.80s", at);
}

/* Lines of several instances do not mix. */
START_TEST(together)
{
    static char text[(N_PRINTERS + 1) * MANY_SIZE];
    struct printer printers[N_PRINTERS];
    int ends[2], old;
    size_t size = 0;

    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < N_PRINTERS; i++) {
        stub_start(&printers[i].stub, plugin, NULL);
        printers[i].group = make_many();
    }
    old = redirect(ends[1]);
    for (int i = 0; i < N_PRINTERS; i++)
        ck_assert_int_eq(pthread_create(&printers[i].thread, NULL, print_many, &printers[i]), 0);
    for (size_t n_lines = 0; n_lines < N_PRINTERS * N_MANY;) {
        ssize_t n = read(ends[0], text + size, sizeof text - 1 - size);

        ck_assert_int_gt(n, 0);
        for (; n > 0; n--)
            n_lines += text[size++] == '\n';
    }
    for (int i = 0; i < N_PRINTERS; i++)
        pthread_join(printers[i].thread, NULL);
    redirect(old);
    check_whole_lines(text, size);
    for (int i = 0; i < N_PRINTERS; i++)
        stub_stop(&printers[i].stub);
    close(ends[0]);
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
    tcase_add_test(tests, paused);
    tcase_add_test(tests, paused_among_two);
    tcase_add_test(tests, together);
    tcase_add_test(tests, torn);
    return unit_run(tests);
}
