#include "pipeline/meta_tags.h"

#include <stdlib.h>
#include "base/mem.h"

#define CONTENT_PREFIX "__tag__:"
/* The name that stands for the usual one. */
#define DEFAULT_NAME "__default__"

struct meta_tags {
    struct weir_kv *items;
    char **texts; /* what the items point to: key and value of each */
    uint32_t count, capacity;
    bool as_contents;
};

static struct weir_str copy_of(char **ret_text, struct weir_str text)
{
    *ret_text = mem_strndup(text.size ? text.data : "", text.size);
    return (struct weir_str){*ret_text, text.size};
}

static bool has_key(const struct weir_kv *tags, uint32_t n_tags, struct weir_str key)
{
    for (uint32_t i = 0; i < n_tags; i++)
        if (str_equal(tags[i].key, key))
            return true;
    return false;
}

/* A key comes once, the first time that it is given; without a key there is no tag. */
static void add(struct meta_tags *tags, struct weir_str key, struct weir_str value)
{
    uint32_t i = tags->count;

    if (!key.size || has_key(tags->items, tags->count, key))
        return;
    if (i == tags->capacity) {
        tags->capacity = tags->capacity ? 2 * tags->capacity : 8;
        tags->items = mem_realloc(tags->items, tags->capacity, sizeof *tags->items);
        tags->texts =
            (char **)mem_realloc((void *)tags->texts, 2 * (size_t)tags->capacity, sizeof(char *));
    }
    tags->items[i].key = copy_of(&tags->texts[2 * i], key);
    tags->items[i].value = copy_of(&tags->texts[2 * i + 1], value);
    tags->count++;
}

/* The key of a tag that may be renamed; "" when there is to be none. */
static struct weir_str chosen_key(struct weir_str given, const char *usual)
{
    return str_equal(given, str_of(DEFAULT_NAME)) ? str_of(usual) : given;
}

static void add_host(
    struct meta_tags *tags, const struct global_config *global, const struct host_facts *host)
{
    add(tags, chosen_key(global->host_name_key, "__hostname__"),
        global->host_name.size ? global->host_name : str_of(host->name));
    add(tags, chosen_key(global->host_ip_key, "__host_ip__"),
        global->host_ip.size ? global->host_ip : str_of(host->address));
}

/* What a variable's tag is called: its name, unless `global` says otherwise. */
static struct weir_str env_key(const struct global_config *global, struct weir_str name)
{
    for (size_t i = 0; i < global->env_tag_keys.count; i++)
        if (str_equal(global->env_tag_keys.items[i].key, name))
            return global->env_tag_keys.items[i].value;
    return global->has_env_tag_keys ? (struct weir_str){"", 0} : name;
}

static void add_environment(struct meta_tags *tags, const struct global_config *global)
{
    const char *at = getenv(META_TAGS_ENV);

    while (at && *at) {
        size_t size = strcspn(at, "|");
        SCOPED_FREE char *name = mem_strndup(at, size);
        const char *value = getenv(name);

        add(tags, env_key(global, (struct weir_str){name, size}), str_of(value ? value : ""));
        at += size + (at[size] == '|');
    }
}

struct meta_tags *meta_tags_create(
    const struct global_config *global, const struct host_facts *host)
{
    struct meta_tags *tags = mem_zalloc(sizeof *tags);

    tags->as_contents = global->using_old_content_tag;
    add_host(tags, global, host);
    add_environment(tags, global);
    for (size_t i = 0; i < global->tags.count; i++)
        add(tags, global->tags.items[i].key, global->tags.items[i].value);
    return tags;
}

void meta_tags_destroy(struct meta_tags *tags)
{
    if (!tags)
        return;
    for (size_t i = 0; i < 2 * (size_t)tags->count; i++)
        free(tags->texts[i]);
    free((void *)tags->texts);
    free(tags->items);
    free(tags);
}

static struct weir_str content_key(struct batch *batch, struct weir_str key)
{
    static const size_t prefix_size = sizeof CONTENT_PREFIX - 1;
    char *text = batch_alloc(batch, prefix_size + key.size);

    memcpy(text, CONTENT_PREFIX, prefix_size);
    memcpy(text + prefix_size, key.data, key.size);
    return (struct weir_str){text, prefix_size + key.size};
}

static void make_contents(struct batch *batch, struct weir_kv *tags, uint32_t n_tags)
{
    for (uint32_t i = 0; i < n_tags; i++)
        tags[i].key = content_key(batch, tags[i].key);
    for (uint32_t i = 0; i < batch->n_logs; i++) {
        struct weir_log *log = &batch->logs[i];
        struct weir_kv *contents = batch_reserve(batch, log, n_tags);

        memcpy(contents + log->n_contents, tags, n_tags * sizeof *tags);
        log->n_contents += n_tags;
    }
}

void meta_tags_add(const struct meta_tags *tags, struct batch *batch)
{
    uint32_t n_all = batch->n_tags;
    struct weir_kv *all;

    if (!tags->count && !tags->as_contents)
        return;
    all = batch_alloc(batch, (n_all + tags->count) * sizeof *all);
    if (n_all)
        memcpy(all, batch->tags, n_all * sizeof *all);
    for (uint32_t i = 0; i < tags->count; i++)
        if (!has_key(batch->tags, batch->n_tags, tags->items[i].key))
            all[n_all++] = (struct weir_kv){
                batch_copy(batch, tags->items[i].key), batch_copy(batch, tags->items[i].value)};
    if (tags->as_contents)
        make_contents(batch, all, n_all);
    batch->tags = all;
    batch->n_tags = tags->as_contents ? 0 : n_all;
}
