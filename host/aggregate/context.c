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
    if (context->n_tags != batch->n_tags || !str_equal(context->topic, batch->topic))
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

void context_set_facts(struct context *context, const struct batch *batch)
{
    size_t size = batch->topic.size + 1;
    char *at;

    for (uint32_t i = 0; i < batch->n_tags; i++)
        size += batch->tags[i].key.size + batch->tags[i].value.size;
    context->texts = at = mem_realloc(context->texts, size, 1);
    context->tags = mem_realloc(context->tags, batch->n_tags + 1U, sizeof *context->tags);
    context->n_tags = batch->n_tags;
    context->topic = put_text(&at, batch->topic);
    for (uint32_t i = 0; i < batch->n_tags; i++) {
        context->tags[i].key = put_text(&at, batch->tags[i].key);
        context->tags[i].value = put_text(&at, batch->tags[i].value);
    }
}
