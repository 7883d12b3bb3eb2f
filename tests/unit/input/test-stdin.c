/* input_stdin on what can stand behind descriptor 0. */
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "harness.h"
#include "unit.h"

static struct harness h;

static void setup(void)
{
    harness_init(&h);
    h.context.once = true;
}

/* Descriptor 0 must not stay free: Check would get it for itself. */
static void teardown(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    harness_finish(&h);
    dup2(fd, STDIN_FILENO);
    if (fd != STDIN_FILENO)
        close(fd);
}

static int set_pipe(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    return ends[1];
}

static void put(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(pipe_is_read_as_it_comes_and_to_its_end)
{
    int fd = set_pipe();

    harness_start(&h, "input_stdin", "{}");
    put(fd, "one\ntw");
    run_until_lines(&h, 1);
    put(fd, "o\n\nlast");
    run_until_lines(&h, 3);
    ck_assert_int_eq(h.n_ended, 0);
    close(fd);
    run_until_ended(&h);
    ck_assert_uint_eq(h.n_lines, 4);
    ck_assert_str_eq(h.lines[1], "two");
    ck_assert_str_eq(h.lines[3], "last");
    ck_assert_int_eq(h.n_seals, 1);
}
END_TEST

START_TEST(regular_file_is_read_though_epoll_refuses_it)
{
    char path[] = "/tmp/weir-test-stdin-XXXXXX";
    int fd = mkstemp(path);

    for (int i = 0; i < 100000; i++)
        put(fd, "a line like any other\n");
    lseek(fd, 0, SEEK_SET);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    unlink(path);
    harness_start(&h, "input_stdin", "{}");
    run_until_ended(&h);
    ck_assert_uint_eq(h.n_lines, 100000);
}
END_TEST

START_TEST(terminal_gives_its_lines)
{
    int master, slave;

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(dup2(slave, STDIN_FILENO), STDIN_FILENO);
    close(slave);
    harness_start(&h, "input_stdin", "{}");
    put(master, "typed\n");
    run_until_lines(&h, 1);
    put(master, "\x04"); /* end of file, as one types it */
    run_until_ended(&h);
    ck_assert_str_eq(h.lines[0], "typed");
    close(master);
}
END_TEST

START_TEST(nothing_and_no_descriptor_end_at_once)
{
    if (_i)
        close(STDIN_FILENO);
    else
        ck_assert_int_eq(dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO), 0);
    harness_start(&h, "input_stdin", "{}");
    run_until_ended(&h);
    ck_assert_uint_eq(h.n_lines, 0);
}
END_TEST

START_TEST(closed_gate_holds_the_writer_back)
{
    int fd = set_pipe();

    gate_close(&h.gate);
    harness_start(&h, "input_stdin", "{}");
    put(fd, "one\n");
    run_for_ms(&h, 50);
    ck_assert_uint_eq(h.n_lines, 0);
    gate_open(&h.gate);
    run_until_lines(&h, 1);
    close(fd);
    run_until_ended(&h);
}
END_TEST

static void *write_much(void *argument)
{
    int fd = *(int *)argument;
    char line[100];

    for (int i = 0; i < 300000; i++) {
        snprintf(line, sizeof line, "line %d with some words behind it\n", i);
        put(fd, line);
    }
    close(fd);
    return NULL;
}

START_TEST(much_comes_whole_and_in_order)
{
    int fd = set_pipe();
    pthread_t writer;
    char line[100];

    ck_assert_int_eq(pthread_create(&writer, NULL, write_much, &fd), 0);
    harness_start(&h, "input_stdin", "{}");
    run_until_ended(&h);
    pthread_join(writer, NULL);
    ck_assert_uint_eq(h.n_lines, 300000);
    for (int i = 0; i < 300000; i += 997) {
        snprintf(line, sizeof line, "line %d with some words behind it", i);
        ck_assert_str_eq(h.lines[i], line);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stdin");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, pipe_is_read_as_it_comes_and_to_its_end);
    tcase_add_test(tests, regular_file_is_read_though_epoll_refuses_it);
    tcase_add_test(tests, terminal_gives_its_lines);
    tcase_add_loop_test(tests, nothing_and_no_descriptor_end_at_once, 0, 2);
    tcase_add_test(tests, closed_gate_holds_the_writer_back);
    tcase_add_test(tests, much_comes_whole_and_in_order);
    tcase_set_timeout(tests, 60);
    return unit_run(tests);
}
