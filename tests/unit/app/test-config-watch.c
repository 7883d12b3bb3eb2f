/* Watching configuration files where the system gives no watches, and those that are
 * referred to. inotify_add_watch is this program's, so that it fails when told to. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "app/config_watch.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "unit.h"

#define PATIENCE_NS (30 * NS_PER_S)

static bool no_watches;
static struct loop *loop;
static struct loop_timer limit;
static char folder[] = "/tmp/weir-config-watch.XXXXXX";
static char *config, *secret;
static int n_told;
static bool timed_out;

int inotify_add_watch(int fd, const char *name, uint32_t mask)
{
    if (no_watches) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_inotify_add_watch, fd, name, mask);
}

static void changed(void *owner)
{
    (void)owner;
    n_told++;
    loop_stop(loop);
}

static void out_of_patience(struct loop_timer *timer)
{
    (void)timer;
    timed_out = true;
    loop_stop(loop);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void wait_for_sign(void)
{
    loop_set_timer(loop, &limit, clock_now_ns() + PATIENCE_NS);
    loop_run(loop);
    loop_clear_timer(loop, &limit);
    ck_assert_msg(!timed_out, "no change was told");
}

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    config = mem_printf("%s/web.json", folder);
    secret = mem_printf("%s/secret", folder);
    write_file(config, "{}");
    write_file(secret, "one");
    loop = loop_create();
    limit.expired = out_of_patience;
}

static void teardown(void)
{
    loop_destroy(loop);
    unlink(config);
    unlink(secret);
    rmdir(folder);
    free(config);
    free(secret);
}

static struct config_watch *watch_config(void)
{
    static char *paths[1];

    paths[0] = config;
    return config_watch_create(&(struct config_watch_spec){loop, paths, 1, changed, NULL});
}

START_TEST(without_watches_it_is_looked)
{
    struct config_watch *watch = watch_config();

    no_watches = true;
    config_watch_arm(watch);
    write_file(config, "{ }");
    wait_for_sign();
    ck_assert_int_eq(n_told, 1);
    config_watch_destroy(watch);
}
END_TEST

START_TEST(files_referred_to_are_watched)
{
    struct config_watch *watch = watch_config();

    config_watch_arm(watch);
    config_watch_refer(watch, &secret, 1);
    wait_for_sign(); /* it may have changed before */
    config_watch_arm(watch);
    config_watch_refer(watch, &secret, 1);
    write_file(secret, "two");
    wait_for_sign();
    ck_assert_int_eq(n_told, 2);
    config_watch_destroy(watch);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("config_watch");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, without_watches_it_is_looked);
    tcase_add_test(tests, files_referred_to_are_watched);
    return unit_run(tests);
}
