#include "aggregate/context.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include "base/mem.h"

#define BUCKETS_MIN 8U

static struct context **bucket_of(const struct context_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->n_buckets - 1)];
}

struct context *context_find(const struct context_table *table, struct weir_str name)
{
    uint64_t hash;

    if (!table->count)
        return NULL;
    hash = XXH3_64bits(name.size ? name.data : "", name.size);
    for (struct context *context = *bucket_of(table, hash); context; context = context->next)
        if (context->hash == hash && str_equal(context->name, name))
            return context;
    return NULL;
}

static void grow(struct context_table *table)
{
    struct context_table larger = {.n_buckets = MAX(2 * table->n_buckets, BUCKETS_MIN)};

    larger.buckets = mem_calloc(larger.n_buckets, sizeof *larger.buckets);
    for (size_t i = 0; i < table->n_buckets; i++)
        for (struct context *context = table->buckets[i], *next; context; context = next) {
            struct context **bucket = bucket_of(&larger, context->hash);

            next = context->next;
            context->next = *bucket;
            *bucket = context;
        }
    free((void *)table->buckets);
    table->buckets = larger.buckets;
    table->n_buckets = larger.n_buckets;
}

struct context *context_add(struct context_table *table, struct weir_str name)
{
    struct context *context = mem_zalloc(sizeof *context);
    struct context **bucket;

    if (table->count >= table->n_buckets)
        grow(table);
    context->name =
        (struct weir_str){mem_strndup(name.size ? name.data : "", name.size), name.size};
    context->hash = XXH3_64bits(context->name.data, name.size);
    bucket = bucket_of(table, context->hash);
    context->next = *bucket;
    *bucket = context;
    table->count++;
    return context;
}

static void free_context(struct context *context)
{
    free((char *)(uintptr_t)context->name.data);
    free(context->tags);
    free(context->texts);
    free(context->route_tags);
    free(context->route_texts);
    free(context);
}

void context_drop_if(
    struct context_table *table, bool (*drop)(const struct context *, void *), void *argument)
{
    for (size_t i = 0; i < table->n_buckets; i++)
        for (struct context **at = &table->buckets[i]; *at;) {
            struct context *context = *at;

            if (!drop(context, argument)) {
                at = &context->next;
                continue;
            }
            *at = context->next;
            free_context(context);
            table->count--;
        }
}

static bool always(const struct context *context, void *argument)
{
    (void)context;
    (void)argument;
    return true;
}

void context_table_finish(struct context_table *table)
{
    context_drop_if(table, always, NULL);
    free((void *)table->buckets);
    *table = (struct context_table){0};
}

bool context_same_facts(const struct context *context, const struct batch *batch)
{
    if (context->n_source_tags != batch->n_tags || !str_equal(context->topic, batch->topic))
        return false;
    for (uint32_t i = 0; i < batch->n_tags; i++)
        if (!str_equal(context->tags[i].key, batch->tags[i].key) ||
            !str_equal(context->tags[i].value, batch->tags[i].value))
            return false;
    return true;
}

/* Appends a text at *at and moves on. */
static struct weir_str put_text(char **at, struct weir_str text)
{
    struct weir_str copy = {*at, text.size};

    if (text.size)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return copy;
}

static size_t tag_bytes(const struct weir_kv *tags, uint32_t n_tags)
{
    size_t size = 0;

    for (uint32_t i = 0; i < n_tags; i++)
        size += tags[i].key.size + tags[i].value.size;
    return size;
}

static void put_tags(struct weir_kv *to, char **at, const struct weir_kv *tags, uint32_t n_tags)
{
    for (uint32_t i = 0; i < n_tags; i++) {
        to[i].key = put_text(at, tags[i].key);
        to[i].value = put_text(at, tags[i].value);
    }
}

static bool has_source_tag(const struct context *context, struct weir_str key)
{
    for (uint32_t i = 0; i < context->n_source_tags; i++)
        if (str_equal(context->tags[i].key, key))
            return true;
    return false;
}

/* A tag of the source goes before one of the route with the same key. */
static void append_route_tags(struct context *context)
{
    for (uint32_t i = 0; i < context->n_route_tags; i++)
        if (!has_source_tag(context, context->route_tags[i].key))
            context->tags[context->n_tags++] = context->route_tags[i];
}

void context_set_facts(struct context *context, const struct batch *batch)
{
    uint32_t n_tags = batch ? batch->n_tags : 0;
    struct weir_str topic = batch ? batch->topic : (struct weir_str){0};
    size_t size = topic.size + (batch ? tag_bytes(batch->tags, n_tags) : 0) + 1;
    char *at;

    context->texts = at = mem_realloc(context->texts, size, 1);
    context->tags =
        mem_realloc(context->tags, n_tags + context->n_route_tags + 1U, sizeof *context->tags);
    context->topic = put_text(&at, topic);
    if (batch)
        put_tags(context->tags, &at, batch->tags, n_tags);
    context->n_tags = context->n_source_tags = n_tags;
    append_route_tags(context);
}

void context_set_route(struct context *context, const struct route *route)
{
    char *at;

    if (!route->n_tags && !route->category.size)
        return;
    at = mem_zalloc(route->category.size + tag_bytes(route->tags, route->n_tags) + 1);
    context->route_texts = at;
    context->category = put_text(&at, route->category);
    context->route_tags = mem_calloc(route->n_tags, sizeof *context->route_tags);
    context->n_route_tags = route->n_tags;
    put_tags(context->route_tags, &at, route->tags, route->n_tags);
}
