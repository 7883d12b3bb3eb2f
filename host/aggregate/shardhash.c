/*
 * aggregator_shardhash: logs with the same values under some keys go to the same shard.
 * The tag __shardhash__ is the shard's number, its bits first in one of 128 bits.
 *
 * Upstream leaves out leading zeroes of the hexadecimal number and fills it up at the
 * end, so that with 32 shards and more some share a tag. Here each has its own; up to
 * 16 shards both are the same.
 */
#include <stdio.h>

#include <xxhash.h>

#include "aggregate/builtin.h"
#include "aggregate/key_values.h"
#include "base/buf.h"
#include "base/mem.h"

#define HASH_DIGITS 32U /* 128 bits in hexadecimal */

struct shard_options {
    struct weir_str_list source_keys;
    uint64_t shard_count;
    struct weir_str topic, connector;
    bool err_if_key_not_found, enable_pack_id;
};

static const struct weir_option table[] = {
    WEIR_OPTION(struct shard_options, source_keys, "SourceKeys", WEIR_OPTION_STRING_LIST,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "Logs with equal values under these keys go to the same shard, which the tag "
        "__shardhash__ names."),
    WEIR_OPTION(struct shard_options, shard_count, "ShardCount", WEIR_OPTION_UINT, 0, "8", "1",
        "512", "shards", "How many shards there are; a power of two."),
    TOPIC_ROW(struct shard_options, topic),
    WEIR_OPTION_STRING_ROW(struct shard_options, connector, "Connector", 0, "_",
        "What stands between the values that are hashed together."),
    MISSING_KEY_ROW(struct shard_options, err_if_key_not_found),
    PACK_ID_ROW(struct shard_options, enable_pack_id, "EnablePackID"),
};

struct by_shard {
    struct router router; /* first */
    struct aggregator_context context;
    const struct shard_options *options;
    struct key_values values;
    struct buf joined;
    unsigned shift; /* of a shard's number in the first 16 bits of its hash */
    uint32_t shard; /* of the log last looked at */
    char hash[HASH_DIGITS + 1];
    struct weir_kv tag;
};

static uint32_t shard_of(struct by_shard *self, const struct weir_log *log)
{
    struct weir_str connector = self->options->connector;

    key_values_find(&self->values, log);
    self->joined.size = 0;
    for (size_t i = 0; i < self->values.count; i++) {
        struct weir_str value = self->values.pairs[i].value;

        if (i)
            buf_append(&self->joined, connector.data, connector.size);
        buf_append(&self->joined, value.data, value.size);
    }
    return (uint32_t)(XXH64(self->joined.size ? self->joined.data : "", self->joined.size, 0) &
                      (self->options->shard_count - 1));
}

static bool find(struct router *router, const struct batch *batch, const struct weir_log *log,
    struct route *ret_route)
{
    static const char digits[] = "0123456789abcdef";
    struct by_shard *self = (struct by_shard *)router;
    unsigned first_bits;

    (void)batch;
    self->shard = shard_of(self, log);
    first_bits = self->shard << self->shift;
    for (unsigned i = 0; i < 4; i++)
        self->hash[i] = digits[first_bits >> (12 - 4 * i) & 15];
    self->tag.value = (struct weir_str){self->hash, HASH_DIGITS};
    ret_route->key = (struct weir_str){(const char *)&self->shard, sizeof self->shard};
    ret_route->tags = &self->tag;
    ret_route->n_tags = 1;
    return true;
}

static void report(struct router *router)
{
    struct by_shard *self = (struct by_shard *)router;

    complaint_report(&self->values.missing, &self->context);
}

static void destroy(struct router *router)
{
    struct by_shard *self = (struct by_shard *)router;

    key_values_finish(&self->values);
    buf_finish(&self->joined);
    free(self);
}

static struct router *create_router(
    const struct aggregator_context *context, const struct shard_options *options)
{
    struct by_shard *self = mem_zalloc(sizeof *self);

    self->router = (struct router){find, report, destroy};
    self->context = *context;
    self->options = options;
    self->shift = 16 - (unsigned)__builtin_ctzll(options->shard_count);
    memset(self->hash, '0', HASH_DIGITS);
    self->tag.key = str_of("__shardhash__");
    key_values_init(&self->values, &options->source_keys, options->err_if_key_not_found);
    return &self->router;
}

static struct aggregator *create(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct shard_options *options = context->config->options->values;
    struct collect_settings settings = {
        .max_logs = MAX_LOGS_FIXED,
        .max_bytes = COLLECT_GROUP_BYTES_MAX,
        .pack_ids = options->enable_pack_id,
        .topic = options->topic,
        .topic_overrides = true,
    };

    if (options->shard_count & (options->shard_count - 1)) {
        snprintf(why, why_max, "ShardCount is %ju and must be a power of two",
            (uintmax_t)options->shard_count);
        return NULL;
    }
    settings.router = create_router(context, options);
    return collector_create(&aggregator_shardhash, context, &settings);
}

const struct aggregator_class aggregator_shardhash = AGGREGATOR("aggregator_shardhash",
    "Collects logs by shard, which a hash of the values under some keys names.",
    struct shard_options, table, create, &aggregator_shardhash);
