#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "delivery/spools.h"
#include "unit.h"

static char folder[64];
static struct spools *spools;
static struct delivery_config limits = {.spool_max_bytes = MIB};

static void setup(void)
{
    strcpy(folder, "/tmp/test-spools-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    spools = spools_create(folder);
}

static void teardown(void)
{
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    spools_destroy(spools);
    ck_assert_int_eq(system(command), 0);
}

static bool told;

static void returned(struct spool_claim *claim)
{
    (void)claim;
    told = true;
}

/* With `n` records of three logs, the oldest of which came at second 1. */
static struct spool *take(struct spool_claim *claim, const char *lane, uint64_t n)
{
    struct spool *spool = NULL;
    char why[256] = "";

    told = false;
    *claim = (struct spool_claim){.lane = lane, .limits = &limits, .returned = returned};
    ck_assert_msg(spools_take(spools, claim, &spool, why, sizeof why) == 0, "%s", why);
    for (uint64_t seq = 1; seq <= n; seq++) {
        char content[100] = "x";
        struct spool_item item = {
            {.seq = seq, .n_logs = 3, .size = 100, .wall_ns = seq * NS_PER_S}, content};

        ck_assert_int_eq(spool_append(spool, &item, 1), 0);
    }
    return spool;
}

static void leave(const char *lane, uint64_t n)
{
    struct spool_claim claim;
    struct spool *spool = take(&claim, lane, n);

    spools_put(spools, &claim, spool, !n);
}

static bool exists(const char *name)
{
    SCOPED_FREE char *path = mem_printf("%s/%s", folder, name);
    struct stat status;

    return lstat(path, &status) == 0;
}

START_TEST(only_what_is_left_and_not_in_use_is_found)
{
    struct spool_claim claim;
    struct spool *spool = take(&claim, "p/flusher_a/used", 1);
    struct spools_left left;

    leave("p/flusher_a/2", 2);
    leave("p/flusher_a/1", 1);
    leave("q/flusher_b/empty", 0);
    for (int i = 0; i < 2; i++) { /* looking changes nothing */
        spools_look(spools, &left);
        ck_assert_uint_eq(left.count, 2);
        ck_assert_str_eq(left.items[0].lane, "p/flusher_a/1");
        ck_assert_uint_eq(left.items[0].logs, 3);
        ck_assert_str_eq(left.items[1].lane, "p/flusher_a/2");
        ck_assert_uint_eq(left.items[1].logs, 6);
        ck_assert_uint_eq(left.items[1].oldest_wall_ns, NS_PER_S);
        ck_assert_uint_gt(left.items[1].bytes, left.items[0].bytes);
        ck_assert_ptr_null(left.items[1].why);
        spools_left_finish(&left);
    }
    spools_put(spools, &claim, spool, false);
    spools_look(spools, &left);
    ck_assert_uint_eq(left.count, 3);
    spools_left_finish(&left);
}
END_TEST

static int drop(const char *lane, uint64_t *ret_logs)
{
    struct spool_left dropped;
    int r = spools_drop(spools, lane, &dropped);

    *ret_logs = dropped.logs;
    free(dropped.lane);
    free(dropped.why);
    return r;
}

START_TEST(dropped_one_is_gone_and_its_neighbour_stays)
{
    uint64_t n_logs;

    leave("p/flusher_a/1", 2);
    leave("p/flusher_b/1", 1);
    ck_assert_int_eq(drop("p/flusher_a/1", &n_logs), 0);
    ck_assert_uint_eq(n_logs, 6);
    ck_assert(!exists("p/flusher_a"));
    ck_assert(exists("p/flusher_b/1/data.mdb"));
    ck_assert_int_eq(drop("p/flusher_a/1", &n_logs), -ENOENT);
    ck_assert_int_eq(drop("p/flusher_b/1", &n_logs), 0);
    ck_assert(!exists("p"));
}
END_TEST

START_TEST(one_in_use_is_not_dropped)
{
    struct spool_claim claim;
    struct spool *spool = take(&claim, "p/flusher_a/1", 1);
    uint64_t n_logs;

    ck_assert_int_eq(drop("p/flusher_a/1", &n_logs), -EBUSY);
    spools_put(spools, &claim, spool, false);
    ck_assert(exists("p/flusher_a/1/data.mdb"));
    ck_assert(!told); /* who only looks does not wait in line, and takes nobody's turn */
}
END_TEST

/* Who is told that it is free, and ends before it has taken it, keeps nobody waiting. */
START_TEST(turn_that_is_not_taken_passes_on)
{
    const char *lane = "p/flusher_a/1";
    struct spool_claim first, second = {lane, &limits, returned, {NULL, NULL}};
    struct spool_claim third = second;
    struct spool *spool = take(&first, lane, 1), *none;
    char why[256];

    ck_assert_int_eq(spools_take(spools, &second, &none, why, sizeof why), -EBUSY);
    ck_assert_int_eq(spools_take(spools, &third, &none, why, sizeof why), -EBUSY);
    spools_put(spools, &first, spool, false);
    ck_assert(told); /* the second */
    told = false;
    spools_withdraw(spools, &second);
    ck_assert(told);
    told = false;
    spools_withdraw(spools, &second);
    ck_assert(!told);
    spools_withdraw(spools, &third);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("spools");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, only_what_is_left_and_not_in_use_is_found);
    tcase_add_test(tests, dropped_one_is_gone_and_its_neighbour_stays);
    tcase_add_test(tests, one_in_use_is_not_dropped);
    tcase_add_test(tests, turn_that_is_not_taken_passes_on);
    return unit_run(tests);
}
