/* The generations of one file: where a lane is secured, and where it reads on, while what
 * an older input has read is still on its way. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "event/range.h"
#include "input/checkpoints.h"
#include "input/file_source.h"
#include "unit.h"

static char folder[sizeof "/tmp/weir-test-XXXXXX"];
static struct checkpoints *checkpoints;
static struct checkpoint_key key;

static void setup(void)
{
    SCOPED_FREE char *path = NULL;
    char why[256];

    strcpy(folder, "/tmp/weir-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = mem_printf("%s/checkpoints", folder);
    checkpoints = checkpoints_open(path, why, sizeof why);
    ck_assert_ptr_nonnull(checkpoints);
    key = checkpoint_key_of("web", "input_file/1", 1, 2);
}

static void teardown(void)
{
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    checkpoints_close(checkpoints);
    ck_assert_int_eq(system(command), 0);
}

/* An input of these lanes that reads the file from these positions on. */
static struct file_source *generation(
    const char *const *lanes, uint32_t n_lanes, const uint64_t *positions, bool continues)
{
    struct checkpoint_spec spec = {
        .key = key,
        .path = "/var/log/app.log",
        .lanes = lanes,
        .n_lanes = n_lanes,
        .continues = continues,
    };

    return file_source_create(checkpoints, &spec, positions);
}

/* Where that lane would go on. */
static uint64_t resume(const char *lane)
{
    SCOPED_BUF struct buf value = {0};
    struct checkpoint_record record;
    uint64_t position;

    ck_assert_int_eq(checkpoints_find(checkpoints, &key, &value, &record), 0);
    checkpoint_positions(&record, &lane, 1, &position);
    return position;
}

struct stored {
    const char *lane;
    uint64_t position;
    bool found;
};

static void look(
    void *context, const struct checkpoint_key *seen, const struct checkpoint_record *record)
{
    struct stored *stored = context;

    (void)seen;
    stored->found = true;
    checkpoint_positions(record, &stored->lane, 1, &stored->position);
}

static const char *const one[] = {"a"}, *const two[] = {"b", "a"};
static const uint64_t zeros[2];

/* What is noted now is in the store: so is all that was before it. */
static void wait_for_writer(void)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    struct checkpoint_spec spec = {.key = checkpoint_key_of("marker", "input_file/1", 1, 2),
        .path = "/var/log/marker.log",
        .lanes = one,
        .n_lanes = 1};
    struct file_source *marker = file_source_create(checkpoints, &spec, zeros);

    while (!checkpoint_is_noted(marker->checkpoint))
        nanosleep(&pause, NULL);
    file_source_close(marker);
}

/* Where it would go on after a crash: what has been written. */
static uint64_t written(const char *lane)
{
    struct stored stored = {.lane = lane};

    wait_for_writer();
    checkpoints_each(checkpoints, "web", "input_file/1", look, &stored);
    ck_assert(stored.found);
    return stored.position;
}

START_TEST(reads_on_while_the_old_one_is_on_its_way)
{
    struct file_source *old = generation(one, 1, zeros, false), *new;
    struct range *first = range_open(&old->ack, 0, 10, 1), *second;
    uint64_t at[2];

    file_source_close(old);
    ck_assert_uint_eq(resume("a"), 10);
    ck_assert_uint_eq(written("a"), 0);
    at[0] = at[1] = 10;
    new = generation(two, 2, at, true); /* "a" has another number now */
    second = range_open(&new->ack, 10, 30, 3);
    range_release(second, 3);
    ck_assert_uint_eq(written("b"), 30);
    ck_assert_uint_eq(written("a"), 0); /* not before the old range is secured */
    range_release(first, 1);
    ck_assert_uint_eq(written("a"), 30);
    file_source_close(new);
    ck_assert_uint_eq(written("a"), 30);
}
END_TEST

START_TEST(what_was_given_back_is_read_again)
{
    struct file_source *old = generation(one, 1, zeros, false), *new;
    struct range *first = range_open(&old->ack, 0, 10, 1);
    struct range *second = range_open(&old->ack, 10, 20, 1), *again;
    uint64_t at;

    file_source_close(old);
    range_abandon(first, 1);
    at = resume("a");
    ck_assert_uint_eq(at, 0);
    new = generation(one, 1, &at, true);
    again = range_open(&new->ack, 0, 20, 1);
    ck_assert_uint_eq(resume("a"), 20);
    range_release(again, 1);
    ck_assert_uint_eq(written("a"), 20); /* the loss of the old one is made good */
    range_release(second, 1);
    ck_assert_uint_eq(written("a"), 20);
    file_source_close(new);
}
END_TEST

START_TEST(given_back_after_the_new_one_began)
{
    struct file_source *old = generation(one, 1, zeros, false), *new;
    struct range *first = range_open(&old->ack, 0, 10, 1), *second;
    uint64_t at = 10;

    file_source_close(old);
    new = generation(one, 1, &at, true);
    second = range_open(&new->ack, 10, 20, 1);
    range_release(second, 1);
    range_abandon(first, 1); /* as at a stop */
    ck_assert_uint_eq(written("a"), 0);
    ck_assert_uint_eq(resume("a"), 0);
    file_source_close(new);
    ck_assert_uint_eq(written("a"), 0);
}
END_TEST

START_TEST(three_generations_end_in_any_order)
{
    static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}};
    struct range *ranges[3];
    uint64_t at = 0, least;
    bool released[3] = {false};

    for (int i = 0; i < 3; i++) {
        struct file_source *source = generation(one, 1, &at, i > 0);

        ranges[i] = range_open(&source->ack, at, at + 10, 1);
        file_source_close(source);
        at = resume("a");
        ck_assert_uint_eq(at, 10 * ((uint64_t)i + 1));
    }
    for (int i = 0; i < 3; i++) {
        range_release(ranges[orders[_i][i]], 1);
        released[orders[_i][i]] = true;
        for (least = 0; least < 3 && released[least]; least++)
            ;
        ck_assert_uint_eq(written("a"), 10 * least);
    }
}
END_TEST

START_TEST(another_content_forgets_the_old)
{
    struct file_source *old = generation(one, 1, zeros, false), *new;
    struct range *first = range_open(&old->ack, 0, 10, 1), *second;

    file_source_close(old);
    new = generation(one, 1, zeros, false); /* the file was truncated */
    second = range_open(&new->ack, 0, 5, 1);
    range_release(second, 1);
    ck_assert_uint_eq(written("a"), 5);
    range_release(first, 1);
    ck_assert_uint_eq(written("a"), 5);
    file_source_close(new);
}
END_TEST

static void count(
    void *context, const struct checkpoint_key *seen, const struct checkpoint_record *record)
{
    unsigned *n = context;

    (void)record;
    *n += checkpoint_key_equal(seen, &key);
}

static unsigned times_seen(void)
{
    unsigned n = 0;

    checkpoints_each(checkpoints, "web", "input_file/1", count, &n);
    return n;
}

/* Whatever the writer is about just now. */
START_TEST(each_file_is_seen_once_written_or_not)
{
    for (uint64_t i = 0; i < 500; i++) {
        struct file_source *source;

        key.inode = 100 + i;
        source = generation(one, 1, zeros, false);
        ck_assert_uint_eq(times_seen(), 1);
        if (i % 3) {
            file_source_close(source);
            ck_assert_uint_eq(times_seen(), 1);
            continue;
        }
        checkpoint_forget(source->checkpoint);
        ck_assert_uint_eq(times_seen(), 0);
        file_source_close(source);
        ck_assert_uint_eq(times_seen(), 0);
    }
}
END_TEST

/* It need not be waited for again, which would be long on a disk that hangs. */
START_TEST(what_is_in_the_store_is_noted)
{
    for (int i = 0; i < 20; i++) {
        struct file_source *source = generation(one, 1, zeros, i > 0);

        ck_assert(!i || checkpoint_is_noted(source->checkpoint));
        if (i % 2)
            file_source_close(source);
        wait_for_writer();
        if (!(i % 2))
            file_source_close(source);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("checkpoint-chain");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_on_while_the_old_one_is_on_its_way);
    tcase_add_test(tests, what_was_given_back_is_read_again);
    tcase_add_test(tests, given_back_after_the_new_one_began);
    tcase_add_loop_test(tests, three_generations_end_in_any_order, 0, 5);
    tcase_add_test(tests, another_content_forgets_the_old);
    tcase_add_test(tests, each_file_is_seen_once_written_or_not);
    tcase_add_test(tests, what_is_in_the_store_is_noted);
    return unit_run(tests);
}
