#include <check.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "delivery/dead_letter.h"
#include "unit.h"

static char folder[64];
static struct memory *memory;
static struct pool *pool;
static struct dead_letters *letters;
static const struct dead_letter_choice everything;

static void open_letters(uint64_t max_bytes)
{
    letters = dead_letters_create(folder, max_bytes, pool);
}

static void setup(void)
{
    strcpy(folder, "/tmp/test-letters-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    memory = memory_create(MEMORY_LIMIT_DEFAULT);
    pool = pool_create(2);
    open_letters(MIB);
}

static void teardown(void)
{
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    dead_letters_destroy(letters);
    ck_assert_uint_eq(pool_destroy(pool), 0);
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
    ck_assert_int_eq(system(command), 0);
}

static struct group *make_group(uint32_t n_logs, size_t value_bytes)
{
    struct batch *batch = batch_create(memory, n_logs);
    struct group_builder *builder = group_open(memory, n_logs);
    struct group_facts facts = {.topic = str_of("t")};
    SCOPED_FREE char *value = mem_zalloc(value_bytes);
    struct group *group;

    for (uint32_t i = 0; i < n_logs; i++) {
        struct weir_log *log = batch_add_log(batch, 1);

        log->time_s = 1000 + i;
        batch_add_content(
            batch, log, str_of("k"), batch_copy(batch, (struct weir_str){value, value_bytes}));
    }
    group_add(builder, batch, 0, n_logs, true);
    group = group_seal(builder, &facts);
    batch_destroy(batch);
    return group;
}

static bool put(const char *flusher, const char *reason, uint32_t n_logs, size_t value_bytes)
{
    const struct dead_letter letter = {"p", flusher, reason, "too \xFF long", 413, 7};
    struct group *group = make_group(n_logs, value_bytes);
    const struct weir_group *view = &group->view;
    bool kept = dead_letters_put(letters, &letter, &view, 1);

    group_unref(group);
    return kept;
}

/* A number or text within a JSON object, "a.b.0.c". */
static struct json_object *at(struct json_object *object, const char *path)
{
    SCOPED_FREE char *copy = mem_strdup(path);
    char *rest = copy, *key;

    while ((key = strsep(&rest, "."))) {
        if (json_object_is_type(object, json_type_array))
            object = json_object_array_get_idx(object, strtoul(key, NULL, 10));
        else
            object = json_object_object_get(object, key);
    }
    return object;
}

static uint64_t number(struct json_object *object, const char *path)
{
    return json_object_get_uint64(at(object, path));
}

static size_t n_letters(void)
{
    struct json_object *list = dead_letters_list(letters, &everything);
    size_t n = json_object_array_length(at(list, "letters"));

    json_object_put(list);
    return n;
}

START_TEST(a_letter_says_who_why_and_when)
{
    struct json_object *list, *shown;

    ck_assert(put("p/flusher_x/1", "rejected", 3, 5));
    list = dead_letters_list(letters, &everything);
    ck_assert_uint_eq(number(list, "logs"), 3);
    ck_assert_str_eq(json_object_get_string(at(list, "letters.0.pipeline")), "p");
    ck_assert_str_eq(json_object_get_string(at(list, "letters.0.flusher")), "p/flusher_x/1");
    ck_assert_str_eq(json_object_get_string(at(list, "letters.0.reason")), "rejected");
    ck_assert_str_eq(json_object_get_string(at(list, "letters.0.words")), "too \xEF\xBF\xBD long");
    ck_assert_int_eq(json_object_get_int(at(list, "letters.0.code")), 413);
    ck_assert_uint_eq(number(list, "letters.0.attempts"), 7);
    ck_assert_uint_eq(number(list, "letters.0.logs"), 3);
    ck_assert_uint_eq(number(list, "letters.0.bytes"), 18);
    ck_assert(json_object_get_double(at(list, "letters.0.time")) > 1.7e9);
    shown = dead_letters_show(letters, number(list, "letters.0.id"));
    ck_assert_uint_eq(json_object_array_length(at(shown, "group.logs")), 3);
    ck_assert_uint_eq(number(shown, "group.logs.2.time"), 1002);
    ck_assert_str_eq(json_object_get_string(at(shown, "group.logs.0.contents.0.0")), "k");
    ck_assert_ptr_null(dead_letters_show(letters, 77));
    json_object_put(shown);
    json_object_put(list);
}
END_TEST

START_TEST(letters_survive_reopening_and_ids_go_on)
{
    struct json_object *list;

    ck_assert(put("a", "rejected", 1, 1));
    ck_assert(put("b", "age", 1, 1));
    dead_letters_destroy(letters);
    open_letters(MIB);
    ck_assert(put("c", "attempts", 1, 1));
    list = dead_letters_list(letters, &everything);
    ck_assert_uint_eq(json_object_array_length(at(list, "letters")), 3);
    ck_assert_uint_eq(number(list, "letters.2.id"), 3);
    json_object_put(list);
}
END_TEST

START_TEST(a_full_store_keeps_what_it_has)
{
    size_t n = 0;

    while (put("a", "rejected", 10, 10000))
        n++;
    ck_assert_uint_ge(n, 5);
    ck_assert_uint_lt(n, 12);
    ck_assert_uint_eq(n_letters(), n);
}
END_TEST

START_TEST(drop_takes_the_chosen_ones)
{
    const uint64_t ids[] = {1, 3};
    struct dead_letter_choice two = {ids, 2, NULL}, of_b = {NULL, 0, "b"}, of_p = {NULL, 0, "p"};
    struct json_object *result;

    for (int i = 0; i < 3; i++)
        ck_assert(put("a", "rejected", 2, 1));
    ck_assert(put("b", "rejected", 2, 1));
    result = dead_letters_drop(letters, &two);
    ck_assert_uint_eq(number(result, "dropped"), 2);
    ck_assert_uint_eq(number(result, "logs"), 4);
    json_object_put(result);
    result = dead_letters_drop(letters, &of_b);
    ck_assert_uint_eq(number(result, "dropped"), 1);
    json_object_put(result);
    ck_assert_uint_eq(n_letters(), 1);
    json_object_put(dead_letters_drop(letters, &of_p));
    ck_assert_uint_eq(n_letters(), 0);
}
END_TEST

/* Takes groups of flusher "a", as a lane would. */
struct taker {
    struct group *groups[10];
    size_t n;
};

static bool take(void *context, const char *flusher, struct group *group)
{
    struct taker *taker = context;

    if (strcmp(flusher, "a") != 0)
        return false;
    taker->groups[taker->n++] = group;
    return true;
}

START_TEST(replayed_letter_goes_when_its_group_is_settled)
{
    struct taker taker = {0};
    struct json_object *result;

    ck_assert(put("a", "rejected", 2, 100));
    ck_assert(put("a", "rejected", 3, 100));
    ck_assert(put("gone", "rejected", 1, 100));
    result = dead_letters_replay(letters, &everything, take, &taker);
    ck_assert_uint_eq(number(result, "replayed"), 2);
    ck_assert_uint_eq(number(result, "logs"), 5);
    ck_assert_uint_eq(number(result, "kept"), 1);
    json_object_put(result);
    ck_assert_uint_eq(taker.n, 2);
    ck_assert_uint_eq(taker.groups[1]->view.n_logs, 3);
    ck_assert_uint_eq(n_letters(), 3);

    /* On its way, it is not sent a second time. */
    result = dead_letters_replay(letters, &everything, take, &taker);
    ck_assert_uint_eq(number(result, "replayed"), 0);
    json_object_put(result);

    group_release(taker.groups[0], 0); /* delivered */
    group_unref(taker.groups[0]);
    group_give_back(taker.groups[1], 0); /* the lane has ended before */
    group_unref(taker.groups[1]);
    dead_letters_destroy(letters);
    open_letters(MIB);
    ck_assert_uint_eq(n_letters(), 2);
    taker.n = 0;
    json_object_put(dead_letters_replay(letters, &everything, take, &taker));
    ck_assert_uint_eq(taker.n, 1);
    group_release(taker.groups[0], 0);
    group_unref(taker.groups[0]);
}
END_TEST

/* The store writes acks a second later. */
START_TEST(a_settled_letter_is_gone_at_once)
{
    struct taker taker = {0};
    struct json_object *result;

    for (int i = 0; i < 3; i++)
        ck_assert(put("a", "rejected", 1, 100));
    json_object_put(dead_letters_replay(letters, &everything, take, &taker));
    ck_assert_uint_eq(taker.n, 3);
    for (uint32_t i = 3; i-- > 1;) {
        group_release(taker.groups[i], 0);
        group_unref(taker.groups[i]);
    }
    group_give_back(taker.groups[0], 0);
    group_unref(taker.groups[0]);
    ck_assert_uint_eq(n_letters(), 1);
    ck_assert_ptr_null(dead_letters_show(letters, 2));

    taker.n = 0;
    json_object_put(dead_letters_replay(letters, &everything, take, &taker));
    ck_assert_uint_eq(taker.n, 1);
    group_release(taker.groups[0], 0);
    group_unref(taker.groups[0]);
    result = dead_letters_drop(letters, &everything);
    ck_assert_uint_eq(number(result, "dropped"), 0);
    json_object_put(result);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dead_letter");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_letter_says_who_why_and_when);
    tcase_add_test(tests, letters_survive_reopening_and_ids_go_on);
    tcase_add_test(tests, a_full_store_keeps_what_it_has);
    tcase_add_test(tests, drop_takes_the_chosen_ones);
    tcase_add_test(tests, replayed_letter_goes_when_its_group_is_settled);
    tcase_add_test(tests, a_settled_letter_is_gone_at_once);
    return unit_run(tests);
}
