/*
 * aggregator_metadata_group: sources that have the same values under some tags are
 * collected together; the groups have these tags and no others.
 */
#include "aggregate/builtin.h"
#include "base/buf.h"
#include "base/mem.h"

struct metadata_options {
    struct weir_str_list group_metadata_keys;
    uint64_t group_max_event_length, group_max_byte_length;
    bool drop_oversize_event;
};

static const struct weir_option table[] = {
    WEIR_OPTION(struct metadata_options, group_metadata_keys, "GroupMetadataKeys",
        WEIR_OPTION_STRING_LIST, 0, NULL, NULL, NULL, NULL,
        "Tags by which sources are told apart, and which the groups have. Without any all goes "
        "together."),
    MAX_LOG_COUNT_ROW(struct metadata_options, group_max_event_length, "GroupMaxEventLength"),
    WEIR_OPTION(struct metadata_options, group_max_byte_length, "GroupMaxByteLength",
        WEIR_OPTION_SIZE, 0, "3MiB", "1", "64MiB", NULL,
        "A group is passed on before it would hold more than this."),
    WEIR_OPTION_BOOL_ROW(struct metadata_options, drop_oversize_event, "DropOversizeEvent", "true",
        "Drop, count and report a log that is larger than GroupMaxByteLength; otherwise it is "
        "passed on alone."),
};

struct by_tags {
    struct router router;  /* first */
    struct weir_kv *pairs; /* by key, of the source last looked at */
    uint32_t n_pairs;
    struct buf key; /* each value behind its size */
};

static struct weir_str tag_value(const struct batch *batch, struct weir_str key)
{
    for (uint32_t i = 0; i < batch->n_tags; i++)
        if (str_equal(batch->tags[i].key, key))
            return batch->tags[i].value;
    return (struct weir_str){"", 0};
}

static bool find(struct router *router, const struct batch *batch, const struct weir_log *log,
    struct route *ret_route)
{
    struct by_tags *self = (struct by_tags *)router;

    (void)log;
    self->key.size = 0;
    for (uint32_t i = 0; i < self->n_pairs; i++) {
        struct weir_str value = tag_value(batch, self->pairs[i].key);

        buf_append(&self->key, &value.size, sizeof value.size);
        buf_append(&self->key, value.data, value.size);
        self->pairs[i].value = value;
    }
    ret_route->key = (struct weir_str){self->key.data, self->key.size};
    ret_route->tags = self->pairs;
    ret_route->n_tags = self->n_pairs;
    return true;
}

static void destroy(struct router *router)
{
    struct by_tags *self = (struct by_tags *)router;

    free(self->pairs);
    buf_finish(&self->key);
    free(self);
}

static struct aggregator *create(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct metadata_options *options = context->config->options->values;
    const struct weir_str_list *keys = &options->group_metadata_keys;
    struct by_tags *self = mem_zalloc(sizeof *self);
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->group_max_event_length,
        .max_bytes = options->group_max_byte_length,
        .drop_oversize = options->drop_oversize_event,
        .across_sources = true,
        .router = &self->router,
    };

    (void)why;
    (void)why_max;
    self->router = (struct router){find, NULL, destroy};
    self->pairs = mem_calloc(keys->count, sizeof *self->pairs);
    self->n_pairs = (uint32_t)keys->count;
    for (size_t i = 0; i < keys->count; i++)
        self->pairs[i].key = keys->items[i];
    return collector_create(&aggregator_metadata_group, context, &settings);
}

const struct aggregator_class aggregator_metadata_group =
    AGGREGATOR("aggregator_metadata_group", "Collects logs by tags of their sources.",
        struct metadata_options, table, create, &aggregator_metadata_group);
