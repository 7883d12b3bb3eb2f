/* processor_rate_limit: lets so many logs of each kind through in a time. */
#include "process/builtin.h"

#include <stdio.h>
#include <xxhash.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "process/filter.h"

/* Kinds that are told apart; of more the one not seen for longest is forgotten, and starts
 * full again when it comes back. */
#define BUCKETS_MAX 65536U

struct rate_limit_options {
    struct weir_str_list fields;
    struct weir_str limit;
};

/* A kind is known by 128 bits of hash of its values. */
struct bucket {
    struct map_item by_hash;
    struct list recent; /* newest use first */
    uint64_t more_hash;
    double tokens;
    uint64_t filled_ns;
};

struct rate_limit {
    struct processor processor; /* first */
    const struct rate_limit_options *options;
    double size, per_ns; /* tokens of a full bucket, and how they come back */
    struct map buckets;
    struct list recent;
    uint64_t now_ns;   /* of this batch */
    struct buf values; /* of one log, each behind its size */
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct rate_limit_options, fields, "Fields", WEIR_OPTION_STRING_LIST, 0, NULL, NULL,
        NULL, NULL,
        "Keys. Logs are counted apart by the values of these fields; a field that is not there "
        "counts as empty. Without keys all logs are counted together. 65,536 kinds are told "
        "apart."),
    WEIR_OPTION_STRING_ROW(struct rate_limit_options, limit, "Limit", WEIR_REQUIRED, NULL,
        "How many logs of a kind may pass in a second, minute or hour: \"100/s\", \"6000/m\", "
        "\"1/h\". After a silence as many may pass at once. The others are dropped."),
};

static void destroy(struct processor *processor)
{
    struct rate_limit *self = (struct rate_limit *)processor;
    struct bucket *bucket;

    LIST_EACH (bucket, &self->recent, recent)
        free(bucket);
    map_finish(&self->buckets);
    buf_finish(&self->values);
    free(self);
}

/* "N/s", with spaces around both. 0: it is not that. */
static double unit_seconds(const char *text)
{
    char unit, rest;

    if (sscanf(text, " / %c %c", &unit, &rest) != 1)
        return 0;
    return unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct rate_limit_options *given = context->config->options->values;
    struct rate_limit *self;
    char *end;
    double size = strtod(given->limit.data, &end), seconds = unit_seconds(end);

    if (end == given->limit.data || !(seconds > 0) || !(size >= 0) || !(size <= 1e12)) {
        snprintf(why, why_max,
            "Limit: \"%s\" is not a number and a unit, as in \"100/s\" (s, m, h)",
            given->limit.data);
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_rate_limit;
    self->options = given;
    self->size = size;
    self->per_ns = size / seconds / (double)NS_PER_S;
    list_init(&self->recent);
    return &self->processor;
}

/* Sizes are hashed, too: "a", "bc" is another kind than "ab", "c". */
static XXH128_hash_t hash_of(struct rate_limit *self, const struct weir_log *log)
{
    struct buf *values = &self->values;

    values->size = 0;
    for (size_t i = 0; i < self->options->fields.count; i++) {
        uint32_t at = log_find(log, self->options->fields.items[i]);
        struct weir_str value = {"", 0};

        if (at < log->n_contents)
            value = log->contents[at].value;
        buf_append(values, &value.size, sizeof value.size);
        buf_append(values, value.data, value.size);
    }
    return XXH3_128bits(buf_text(values), values->size);
}

static struct bucket *bucket_find(const struct rate_limit *self, XXH128_hash_t hash)
{
    struct bucket *bucket;

    MAP_EACH_OF(bucket, &self->buckets, hash.low64, by_hash)
    if (bucket->more_hash == hash.high64)
        return bucket;
    return NULL;
}

static struct bucket *bucket_new(struct rate_limit *self, XXH128_hash_t hash)
{
    struct bucket *bucket;

    if (self->buckets.count < BUCKETS_MAX) {
        bucket = mem_zalloc(sizeof *bucket);
    } else {
        bucket = container_of(self->recent.prev, struct bucket, recent);
        list_remove(&bucket->recent);
        map_remove(&self->buckets, &bucket->by_hash);
    }
    bucket->more_hash = hash.high64;
    bucket->tokens = self->size;
    bucket->filled_ns = self->now_ns;
    map_put(&self->buckets, &bucket->by_hash, hash.low64);
    list_prepend(&self->recent, &bucket->recent);
    return bucket;
}

static struct bucket *bucket_get(struct rate_limit *self, XXH128_hash_t hash)
{
    struct bucket *bucket = bucket_find(self, hash);

    if (!bucket)
        return bucket_new(self, hash);
    list_remove(&bucket->recent);
    list_prepend(&self->recent, &bucket->recent);
    bucket->tokens += (double)(self->now_ns - bucket->filled_ns) * self->per_ns;
    bucket->tokens = MIN(bucket->tokens, self->size);
    bucket->filled_ns = self->now_ns;
    return bucket;
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct rate_limit *self = (struct rate_limit *)processor;
    struct bucket *bucket = bucket_get(self, hash_of(self, log));

    (void)batch;
    if (bucket->tokens < 1)
        return false;
    bucket->tokens -= 1;
    return true;
}

static void process(struct processor *processor, struct batch *batch)
{
    ((struct rate_limit *)processor)->now_ns = clock_now_ns();
    filter_logs(processor, batch, keeps);
}

const struct processor_class processor_rate_limit = {
    .config = BUILTIN_CONFIG("processor_rate_limit",
        "Lets so many logs of each kind through in a time and drops the others.",
        struct rate_limit_options, options, &processor_rate_limit),
    .create = create,
    .process = process,
    .destroy = destroy,
};
