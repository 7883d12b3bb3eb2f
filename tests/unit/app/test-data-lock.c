#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "app/data_lock.h"
#include "unit.h"

static char folder[] = "/tmp/weir-data-lock.XXXXXX";
static pid_t holder;
static pid_t child; /* of the holder; it has all of the holder's descriptors */
static int alive;   /* its end is seen when both have ended */

static void hold(int tell, bool with_child)
{
    pid_t pids[2] = {getpid(), 0};

    if (data_lock(folder) < 0)
        _exit(1);
    if (with_child && !(pids[1] = fork()))
        for (;;)
            pause();
    if (write(tell, pids, sizeof pids) != sizeof pids)
        _exit(1);
    for (;;)
        pause();
}

static void start_holder(bool with_child)
{
    pid_t pids[2];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    holder = fork();
    if (!holder) {
        close(ends[0]);
        hold(ends[1], with_child);
    }
    close(ends[1]);
    alive = ends[0];
    ck_assert_int_eq(read(alive, pids, sizeof pids), sizeof pids);
    child = pids[1];
}

static void end_holder(void)
{
    kill(holder, SIGKILL);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
}

static void end_child(void)
{
    char byte;

    kill(child, SIGKILL);
    ck_assert_int_eq(read(alive, &byte, 1), 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/weir-data-lock.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    close(alive);
    nftw(folder, remove_one, 4, FTW_DEPTH | FTW_PHYS);
}

START_TEST(it_is_held_by_one_process)
{
    int fd;

    start_holder(false);
    ck_assert_int_lt(data_lock(folder), 0);
    end_holder();
    fd = data_lock(folder);
    ck_assert_int_ge(fd, 0);
    close(fd);
}
END_TEST

START_TEST(it_ends_with_the_process_though_a_child_lives_on)
{
    int fd;

    start_holder(true);
    end_holder();
    ck_assert_int_eq(kill(child, 0), 0);
    fd = data_lock(folder);
    end_child();
    ck_assert_int_ge(fd, 0);
    close(fd);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("data_lock");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, it_is_held_by_one_process);
    tcase_add_test(tests, it_ends_with_the_process_though_a_child_lives_on);
    return unit_run(tests);
}
