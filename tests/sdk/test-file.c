/* flusher_file: bytes in the file, after success and after failure. Argument: the plugin. */
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define KV(k, v) \
    { \
        {k, sizeof k - 1}, \
        { \
            v, sizeof v - 1 \
        } \
    }

static const char *plugin;

static const struct weir_kv first[] = {KV("a", "1\"\xFF"), KV("content", "line one")};
static const struct weir_kv second[] = {KV("x", "y")};
static const struct weir_kv third[] = {KV("content", "li\0e\n"), KV("content", "no")};
static const struct weir_log logs[] = {
    {.time_s = 7, .n_contents = 2, .contents = first},
    {.time_s = 4294967295, .n_contents = 1, .contents = second},
    {.time_s = 9, .n_contents = 0},
    {.time_s = 10, .n_contents = 2, .contents = third},
};
static const struct weir_kv line[] = {KV("content", "0123456789")};
static const struct weir_log lines[] = {
    {.n_contents = 1, .contents = line}, {.n_contents = 1, .contents = line}};

static void check_file(const char *path, const char *wanted)
{
    char *text = stub_read(path);

    ck_assert_str_eq(text, wanted);
    free(text);
}

/* Starts the flusher on <folder>/deep/er/out; returns that path. */
static const char *start(struct stub *stub, struct stub_option a, struct stub_option b)
{
    static char path[128];
    struct stub_option options[] = {{"FilePath", path}, a, a.name ? b : a, {NULL, NULL}};

    snprintf(path, sizeof path, "%s/deep/er/out", stub_folder());
    stub_start(stub, plugin, options);
    ck_assert_int_lt(access(path, F_OK), 0);
    return path;
}

#define NONE \
    (struct stub_option) \
    { \
        NULL, NULL \
    }
#define OPTION(name, value) \
    (struct stub_option) \
    { \
        name, value \
    }

START_TEST(jsonline)
{
    static const struct weir_kv tags[] = {
        KV("__pack_id__", "A-1"), KV("t1", "<v>"), KV("__user_defined_id__", "u"), KV("t2", "")};
    struct weir_group group = stub_group(logs, 3);
    struct stub stub;
    const char *path = start(&stub, NONE, NONE);

    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    group = stub_group(logs + 1, 1);
    group.tags = tags;
    group.n_tags = 4;
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    stub_stop(&stub);
    check_file(path, "{\"__time__\":7,\"a\":\"1\\\"\uFFFD\",\"content\":\"line one\"}\n"
                     "{\"__time__\":4294967295,\"x\":\"y\"}\n"
                     "{\"__time__\":9}\n"
                     "{\"t1\":\"<v>\",\"t2\":\"\",\"__time__\":4294967295,\"x\":\"y\"}\n");
}
END_TEST

START_TEST(raw)
{
    static const char wanted[] = "line one\nli\0e\n\n";
    char text[64];
    struct weir_group group = stub_group(logs, 4);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), OPTION("Sync", "always"));
    FILE *file;

    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    stub_stop(&stub);
    file = fopen(path, "re");
    ck_assert(file != NULL);
    ck_assert_uint_eq(fread(text, 1, sizeof text, file), sizeof wanted - 1);
    ck_assert_mem_eq(text, wanted, sizeof wanted - 1);
    fclose(file);
}
END_TEST

START_TEST(raw_without_content)
{
    struct weir_group group = stub_group(logs, 3);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), NONE);

    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub.mock->n_marks, 2);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(stub.mock->marks[i].log, i + 1);
        ck_assert_uint_eq(stub.mock->marks[i].verdict, WEIR_REJECTED);
        ck_assert(strstr(stub.mock->marks[i].text, "no field `content`"));
    }
    stub_stop(&stub);
    check_file(path, "line one\n");
}
END_TEST

static const struct cut_row {
    const char *before; /* NULL: 200,000 bytes without a newline behind "kept\n" */
    const char *kept, *logged;
} cut_rows[] = {
    {"", "", ""},
    {"whole\n", "whole\n", ""},
    {"whole\ntorn", "whole\n", "bytes=4"},
    {"torn", "", "bytes=4"},
    {NULL, "kept\n", "bytes=200000"},
};

static void put_before(const char *path, const char *before)
{
    FILE *file;

    if (before) {
        stub_write(path, before);
        return;
    }
    stub_write(path, "kept\n");
    file = fopen(path, "ae");
    ck_assert(file != NULL);
    fprintf(file, "%0200000d", 0);
    fclose(file);
}

START_TEST(cut_back)
{
    const struct cut_row *row = &cut_rows[_i];
    char path[128], wanted[64];
    struct stub_option options[] = {{"FilePath", path}, {"Format", "raw"}, {NULL, NULL}};
    struct weir_group group = stub_group(lines, 1);
    struct stub stub;

    snprintf(path, sizeof path, "%s/out", stub_folder());
    put_before(path, row->before);
    stub_start(&stub, plugin, options);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    snprintf(wanted, sizeof wanted, "%s0123456789\n", row->kept);
    check_file(path, wanted);
    ck_assert_uint_eq(stub.mock->n_lines, *row->logged != 0);
    ck_assert_uint_eq(weir_mock_logged(stub.mock, row->logged), *row->logged != 0);
    stub_stop(&stub);
}
END_TEST

static void check_rolled(const char *path, int number, const char *wanted)
{
    char name[160];

    snprintf(name, sizeof name, "%s.%d", path, number);
    check_file(name, wanted);
}

static void flush_times(struct stub *stub, int n)
{
    struct weir_group group = stub_group(lines, 1);
    static struct weir_kv field = KV("content", "1");
    static char digit = '1';
    struct weir_log log = {.n_contents = 1, .contents = &field};

    field.value.data = &digit;
    group.logs = &log;
    for (int i = 0; i < n; i++, digit++)
        ck_assert_uint_eq(stub_flush(stub, &group), WEIR_DELIVERED);
}

START_TEST(rolling)
{
    struct stub_option format = OPTION("Format", "raw");
    struct stub_option options[] = {
        {"FilePath", NULL}, format, {"MaxFileSize", "4"}, {"MaxFiles", "2"}, {NULL, NULL}};
    char path[128];
    struct stub stub;

    if (_i)
        options[3].value = "0";
    snprintf(path, sizeof path, "%s/out", stub_folder());
    options[0].value = path;
    stub_start(&stub, plugin, options);
    flush_times(&stub, 7);
    stub_stop(&stub);
    check_file(path, "7\n");
    check_rolled(path, 1, "5\n6\n");
    check_rolled(path, 2, "3\n4\n");
    check_rolled(path, 3, _i ? "1\n2\n" : "");
}
END_TEST

/* A batch that fits into no file is not split. */
START_TEST(larger_than_a_file)
{
    struct weir_group one = stub_group(lines, 1), two = stub_group(lines, 2);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), OPTION("MaxFileSize", "11"));

    ck_assert_uint_eq(stub_flush(&stub, &two), WEIR_DELIVERED);
    check_file(path, "0123456789\n0123456789\n");
    ck_assert_uint_eq(stub_flush(&stub, &one), WEIR_DELIVERED);
    stub_stop(&stub);
    check_file(path, "0123456789\n");
    check_rolled(path, 1, "0123456789\n0123456789\n");
    check_rolled(path, 2, "");
}
END_TEST

static void limit_file_size(rlim_t size)
{
    struct rlimit limit = {size, RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(full)
{
    struct weir_group one = stub_group(lines, 1), two = stub_group(lines, 2);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), NONE);

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_uint_eq(stub_flush(&stub, &one), WEIR_DELIVERED);
    limit_file_size(25);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(stub_flush(&stub, &two), WEIR_RETRY);
        ck_assert_int_eq(stub.mock->code, EFBIG);
        ck_assert(strstr(stub.mock->text, path) && strstr(stub.mock->text, "File too large"));
        check_file(path, "0123456789\n");
    }
    limit_file_size(RLIM_INFINITY);
    ck_assert_uint_eq(stub_flush(&stub, &two), WEIR_DELIVERED);
    stub_stop(&stub);
    check_file(path, "0123456789\n0123456789\n0123456789\n");
}
END_TEST

/* More than one write: what the first has written goes, too. */
START_TEST(full_late)
{
    static char value[700000];
    struct weir_kv field = {{"content", 7}, {value, sizeof value}};
    struct weir_log big[] = {{.n_contents = 1, .contents = &field}, {0}, {0}, {0}, {0}};
    struct weir_group one = stub_group(lines, 1), five = stub_group(big, 5);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), NONE);

    memset(value, 'v', sizeof value);
    for (int i = 1; i < 5; i++)
        big[i] = big[0];
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_uint_eq(stub_flush(&stub, &one), WEIR_DELIVERED);
    limit_file_size(3000000);
    ck_assert_uint_eq(stub_flush(&stub, &five), WEIR_RETRY);
    check_file(path, "0123456789\n");
    stub_stop(&stub);
}
END_TEST

/* Another writer was killed within its line while this one had the file open. */
START_TEST(torn_by_another)
{
    struct weir_group group = stub_group(lines, 1);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), NONE);
    FILE *file;

    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    file = fopen(path, "ae");
    ck_assert(file != NULL);
    fputs("whole\nhal", file);
    fclose(file);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(weir_mock_logged(stub.mock, "bytes=3"), 1);
    stub_stop(&stub);
    check_file(path, "0123456789\nwhole\n0123456789\n");
}
END_TEST

START_TEST(locked_by_another)
{
    struct weir_group group = stub_group(lines, 1);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), NONE);
    int fd;

    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    fd = open(path, O_RDONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_RETRY);
    ck_assert_int_eq(stub.mock->code, EAGAIN);
    close(fd);
    ck_assert_uint_eq(stub_flush_again(&stub, &group), WEIR_DELIVERED);
    stub_stop(&stub);
    check_file(path, "0123456789\n0123456789\n");
}
END_TEST

#define N_WRITERS 4
#define N_FLUSHES 200
#define N_LINES 20

struct writer {
    pthread_t thread;
    const char *path;
    int number;
};

/* Writes lines "number flush line". */
static void *write_many(void *data)
{
    const struct writer *writer = data;
    struct stub_option options[] = {
        {"FilePath", writer->path}, {"Format", "raw"}, {"MaxFileSize", "5000"}, {NULL, NULL}};
    struct weir_kv fields[N_LINES];
    struct weir_log own[N_LINES];
    char texts[N_LINES][32];
    struct stub stub;

    stub_start(&stub, plugin, options);
    for (int i = 0; i < N_FLUSHES; i++) {
        struct weir_group group = stub_group(own, N_LINES);
        uint32_t verdict = WEIR_RETRY;

        for (int j = 0; j < N_LINES; j++) {
            int size = snprintf(texts[j], sizeof texts[j], "%d %d %d", writer->number, i, j);

            fields[j] = (struct weir_kv){{"content", 7}, {texts[j], (size_t)size}};
            own[j] = (struct weir_log){.n_contents = 1, .contents = &fields[j]};
        }
        /* Waiting for the lock takes no time on the mock host. */
        for (int tries = 0; verdict != WEIR_DELIVERED && tries < 2000; tries++) {
            verdict = tries ? stub_flush_again(&stub, &group) : stub_flush(&stub, &group);
            if (verdict != WEIR_DELIVERED)
                usleep(1000);
        }
        ck_assert_uint_eq(verdict, WEIR_DELIVERED);
    }
    stub_stop(&stub);
    return NULL;
}

/* Every line whole, and in the order of its writer; returns how many. */
static int count_lines(const char *path, int last[N_WRITERS])
{
    char *text = stub_read(path), *at = text;
    int n = 0;

    for (; *at; at = strchr(at, '\n') + 1, n++) {
        int number, batch, index, size = 0;

        ck_assert_msg(sscanf(at, "%d %d %d%n", &number, &batch, &index, &size) == 3, "%.40s", at);
        ck_assert_msg(at[size] == '\n', "%.40s", at);
        ck_assert_int_lt(number, N_WRITERS);
        ck_assert_int_eq(batch * N_LINES + index, last[number]++);
    }
    free(text);
    return n;
}

/* Several instances append to one file and roll it. */
START_TEST(shared)
{
    struct writer writers[N_WRITERS];
    int last[N_WRITERS] = {0}, n_files = 0, n = 0;
    char path[128], name[160];

    snprintf(path, sizeof path, "%s/out", stub_folder());
    for (int i = 0; i < N_WRITERS; i++) {
        writers[i] = (struct writer){.path = path, .number = i};
        ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
    }
    for (int i = 0; i < N_WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    do
        snprintf(name, sizeof name, "%s.%d", path, ++n_files);
    while (access(name, F_OK) == 0);
    for (int i = n_files - 1; i > 0; i--) {
        snprintf(name, sizeof name, "%s.%d", path, i);
        n += count_lines(name, last);
    }
    n += count_lines(path, last);
    ck_assert_int_eq(n, N_WRITERS * N_FLUSHES * N_LINES);
}
END_TEST

START_TEST(moved)
{
    struct weir_group group = stub_group(lines, 1);
    struct stub stub;
    const char *path = start(&stub, OPTION("Format", "raw"), OPTION("Sync", "interval"));
    char rotated[160];

    snprintf(rotated, sizeof rotated, "%s.rotated", path);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_int_eq(rename(path, rotated), 0);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    stub_stop(&stub);
    check_file(rotated, "0123456789\n");
    check_file(path, "0123456789\n");
}
END_TEST

START_TEST(fifo)
{
    char path[128], text[32] = {0};
    struct stub_option options[] = {
        {"FilePath", path}, {"Format", "raw"}, {"MaxFileSize", "1"}, {NULL, NULL}};
    struct weir_group group = stub_group(lines, 1);
    struct stub stub;
    int fd;

    signal(SIGPIPE, SIG_IGN);
    snprintf(path, sizeof path, "%s/fifo", stub_folder());
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    stub_start(&stub, plugin, options);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_RETRY);
    ck_assert_int_eq(stub.mock->code, ENXIO);
    fd = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_int_eq(read(fd, text, sizeof text), 11);
    close(fd);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_RETRY);
    ck_assert_int_eq(stub.mock->code, EPIPE);
    stub_stop(&stub);
}
END_TEST

static const struct device_row {
    const char *path;
    uint32_t verdict;
    int code;
} device_rows[] = {
    {"/dev/null", WEIR_DELIVERED, 0},
    {"/dev/full", WEIR_RETRY, ENOSPC},
    {"/", WEIR_RETRY, EISDIR},
    {"/dev/null/x", WEIR_RETRY, ENOTDIR},
};

START_TEST(devices)
{
    const struct device_row *row = &device_rows[_i];
    struct stub_option options[] = {{"FilePath", row->path}, {"Sync", "always"}, {NULL, NULL}};
    struct weir_group group = stub_group(lines, 2);
    struct stub stub;

    stub_start(&stub, plugin, options);
    ck_assert_uint_eq(stub_flush(&stub, &group), row->verdict);
    ck_assert_int_eq(stub.mock->code, row->code);
    ck_assert(row->verdict == WEIR_DELIVERED || strstr(stub.mock->text, row->path));
    stub_stop(&stub);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = tcase_create("file");

    if (argc != 2)
        return EXIT_FAILURE;
    plugin = argv[1];
    tcase_add_test(tests, jsonline);
    tcase_add_test(tests, raw);
    tcase_add_test(tests, raw_without_content);
    tcase_add_loop_test(tests, cut_back, 0, sizeof cut_rows / sizeof cut_rows[0]);
    tcase_add_loop_test(tests, rolling, 0, 2);
    tcase_add_test(tests, larger_than_a_file);
    tcase_add_test(tests, full);
    tcase_add_test(tests, full_late);
    tcase_add_test(tests, torn_by_another);
    tcase_add_test(tests, locked_by_another);
    tcase_add_test(tests, shared);
    tcase_add_test(tests, moved);
    tcase_add_test(tests, fifo);
    tcase_add_loop_test(tests, devices, 0, sizeof device_rows / sizeof device_rows[0]);
    return unit_run(tests);
}
