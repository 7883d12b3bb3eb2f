/* aggregator_content_value_group: logs with the same values under some keys go together. */
#include "aggregate/builtin.h"
#include "aggregate/key_values.h"
#include "base/buf.h"
#include "base/mem.h"

struct value_options {
    struct weir_str_list group_keys;
    struct weir_str topic;
    bool err_if_key_not_found, enable_pack_id;
};

static const struct weir_option table[] = {
    WEIR_OPTION(struct value_options, group_keys, "GroupKeys", WEIR_OPTION_STRING_LIST,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "Logs with equal values under these keys go together; the group has keys and values as "
        "tags, unless its source has a tag of that key."),
    TOPIC_ROW(struct value_options, topic),
    MISSING_KEY_ROW(struct value_options, err_if_key_not_found),
    PACK_ID_ROW(struct value_options, enable_pack_id, "EnablePackID"),
};

struct by_value {
    struct router router; /* first */
    struct aggregator_context context;
    struct key_values values;
    struct buf key; /* each value behind its size: no two lists of values look alike */
};

static bool find(struct router *router, const struct batch *batch, const struct weir_log *log,
    struct route *ret_route)
{
    struct by_value *self = (struct by_value *)router;

    (void)batch;
    key_values_find(&self->values, log);
    self->key.size = 0;
    for (size_t i = 0; i < self->values.count; i++) {
        struct weir_str value = self->values.pairs[i].value;

        buf_append(&self->key, &value.size, sizeof value.size);
        buf_append(&self->key, value.data, value.size);
    }
    ret_route->key = (struct weir_str){self->key.data, self->key.size};
    ret_route->tags = self->values.pairs;
    ret_route->n_tags = (uint32_t)self->values.count;
    return true;
}

static void report(struct router *router)
{
    struct by_value *self = (struct by_value *)router;

    complaint_report(&self->values.missing, &self->context);
}

static void destroy(struct router *router)
{
    struct by_value *self = (struct by_value *)router;

    key_values_finish(&self->values);
    buf_finish(&self->key);
    free(self);
}

static struct aggregator *create(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct value_options *options = context->config->options->values;
    struct by_value *self = mem_zalloc(sizeof *self);
    struct collect_settings settings = {
        .max_logs = MAX_LOGS_FIXED,
        .max_bytes = COLLECT_GROUP_BYTES_MAX,
        .pack_ids = options->enable_pack_id,
        .pack_by_source = true,
        .topic = options->topic,
        .topic_overrides = true,
        .router = &self->router,
    };

    (void)why;
    (void)why_max;
    self->router = (struct router){find, report, destroy};
    self->context = *context;
    key_values_init(&self->values, &options->group_keys, options->err_if_key_not_found);
    return collector_create(&aggregator_content_value_group, context, &settings);
}

const struct aggregator_class aggregator_content_value_group = AGGREGATOR(
    "aggregator_content_value_group", "Collects logs by the values they have under some keys.",
    struct value_options, table, create, &aggregator_content_value_group);
