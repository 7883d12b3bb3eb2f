/* Which tags a batch gets from `global`, the host and the environment. */
#include <stdlib.h>
#include "base/buf.h"
#include "given.h"
#include "pipeline/meta_tags.h"
#include "unit.h"

static const struct host_facts host = {"box", "10.0.0.9"};
static struct memory *memory;
static struct arena arena;

static void start(void)
{
    memory = memory_create(1 << 24);
    arena_init(&arena, memory, 4096);
}

static void end(void)
{
    arena_finish(&arena);
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

static struct weir_str_map map_of(const char *text)
{
    struct weir_str *items = arena_alloc(&arena, (strlen(text) + 1) * sizeof *items);
    struct weir_kv *pairs = arena_alloc(&arena, (strlen(text) + 1) * sizeof *pairs);
    size_t count = given_split(&arena, text, items);

    for (size_t i = 0; i < count; i++)
        pairs[i] = given_pair(items[i]);
    return (struct weir_str_map){pairs, count};
}

static void put_pairs(struct buf *text, const struct weir_kv *pairs, uint32_t n_pairs)
{
    for (uint32_t i = 0; i < n_pairs; i++) {
        if (i)
            buf_putc(text, '|');
        buf_append(text, pairs[i].key.data, pairs[i].key.size);
        buf_putc(text, '=');
        buf_append(text, pairs[i].value.data, pairs[i].value.size);
    }
}

static const struct {
    const char *what, *name_key, *ip_key;
    const char *env_keys; /* NULL: AgentEnvMetaTagKey is not given */
    const char *tags, *source_tags;
    const char *expected;
} rows[] = {
    {"by default", "__default__", "", NULL, "", "__path__=/x",
        "__path__=/x|__hostname__=box|A=1|B="},
    {"no host", "", "", "", "", "", ""},
    {"renamed", "host", "addr", "", "", "", "host=box|addr=10.0.0.9"},
    {"usual names", "__default__", "__default__", "", "", "",
        "__hostname__=box|__host_ip__=10.0.0.9"},
    {"variables chosen and renamed", "", "", "A=a|C=c", "", "", "a=1"},
    {"a variable left out", "", "", "A=|B=b", "", "", "b="},
    {"tags of global come last", "__default__", "", "", "x=1|y=2", "s=0",
        "s=0|__hostname__=box|x=1|y=2"},
    {"keys of the source go before", "__default__", "", "", "x=1|s=9", "s=0|__hostname__=mine",
        "s=0|__hostname__=mine|x=1"},
    {"a key comes once", "x", "", "", "x=1", "", "x=box"},
};

static struct global_config global_of(size_t i)
{
    return (struct global_config){
        .host_name_key = str_of(rows[i].name_key),
        .host_ip_key = str_of(rows[i].ip_key),
        .env_tag_keys = map_of(rows[i].env_keys ? rows[i].env_keys : ""),
        .has_env_tag_keys = rows[i].env_keys != NULL,
        .tags = map_of(rows[i].tags),
    };
}

/* A batch of two logs with the tags of its source. */
static struct batch *batch_of(const char *source_tags)
{
    struct batch *batch = batch_create(memory, 2);
    struct weir_str_map tags = map_of(source_tags);

    batch->tags = tags.items;
    batch->n_tags = (uint32_t)tags.count;
    for (int i = 0; i < 2; i++)
        batch_add_content(batch, batch_add_log(batch, 1), str_of("k"), str_of("v"));
    return batch;
}

START_TEST(row)
{
    SCOPED_BUF struct buf text = {0};
    struct global_config global = global_of((size_t)_i);
    struct batch *batch = batch_of(rows[_i].source_tags);
    struct meta_tags *tags;

    setenv(META_TAGS_ENV, "A|B", 1);
    setenv("A", "1", 1);
    unsetenv("B");
    tags = meta_tags_create(&global, &host);
    meta_tags_add(tags, batch);
    put_pairs(&text, batch->tags, batch->n_tags);
    ck_assert_msg(strcmp(buf_text(&text), rows[_i].expected) == 0, "%s: %s instead of %s",
        rows[_i].what, buf_text(&text), rows[_i].expected);
    meta_tags_destroy(tags);
    batch_destroy(batch);
}
END_TEST

START_TEST(given_names)
{
    SCOPED_BUF struct buf text = {0};
    struct global_config global = {.host_name_key = str_of("n"),
        .host_ip_key = str_of("a"),
        .host_name = str_of("mine"),
        .host_ip = str_of("1.2.3.4"),
        .has_env_tag_keys = true};
    struct batch *batch = batch_of("");
    struct meta_tags *tags = meta_tags_create(&global, &host);

    meta_tags_add(tags, batch);
    put_pairs(&text, batch->tags, batch->n_tags);
    ck_assert_str_eq(buf_text(&text), "n=mine|a=1.2.3.4");
    meta_tags_destroy(tags);
    batch_destroy(batch);
}
END_TEST

START_TEST(as_contents)
{
    struct global_config global = global_of(6);
    struct batch *batch = batch_of("s=0");
    struct meta_tags *tags;

    global.using_old_content_tag = true;
    tags = meta_tags_create(&global, &host);
    meta_tags_add(tags, batch);
    ck_assert_uint_eq(batch->n_tags, 0);
    for (uint32_t i = 0; i < 2; i++) {
        SCOPED_BUF struct buf text = {0};

        put_pairs(&text, batch->logs[i].contents, batch->logs[i].n_contents);
        ck_assert_str_eq(
            buf_text(&text), "k=v|__tag__:s=0|__tag__:__hostname__=box|__tag__:x=1|__tag__:y=2");
    }
    meta_tags_destroy(tags);
    batch_destroy(batch);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("meta-tags");

    tcase_add_checked_fixture(tests, start, end);
    tcase_add_loop_test(tests, row, 0, ARRAY_SIZE(rows));
    tcase_add_test(tests, given_names);
    tcase_add_test(tests, as_contents);
    return unit_run(tests);
}
