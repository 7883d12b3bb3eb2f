#include <weir/loggroup.h>

#include <endian.h>

/* Field number and wire type in one byte. */
enum {
    TAG_GROUP_LOGS = 0x0A,
    TAG_GROUP_CATEGORY = 0x12,
    TAG_GROUP_TOPIC = 0x1A,
    TAG_GROUP_SOURCE = 0x22,
    TAG_GROUP_MACHINE_UUID = 0x2A,
    TAG_GROUP_LOG_TAGS = 0x32,
    TAG_LOG_TIME = 0x08,
    TAG_LOG_CONTENTS = 0x12,
    TAG_LOG_TIME_NS = 0x25,
    TAG_PAIR_KEY = 0x0A,
    TAG_PAIR_VALUE = 0x12,
};

/* Seven bits to a byte; 9/64 is 1/7 near enough, and needs no division. */
static inline size_t varint_size(uint64_t number)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);

    return (bits * 9 + 64) / 64;
}

/* Tag, length and content. */
static inline size_t bytes_size(size_t size)
{
    return 1 + varint_size(size) + size;
}

static inline size_t pair_size(const struct weir_kv *pair)
{
    return bytes_size(pair->key.size) + bytes_size(pair->value.size);
}

static inline size_t log_size(const struct weir_log *log)
{
    size_t size = 1 + varint_size(log->time_s) + (log->time_ns ? 5 : 0);

    for (uint32_t i = 0; i < log->n_contents; i++)
        size += bytes_size(pair_size(&log->contents[i]));
    return size;
}

size_t weir_loggroup_size(const struct weir_group *group)
{
    size_t size = bytes_size(group->category.size) + bytes_size(group->topic.size) +
                  bytes_size(group->source.size);

    if (group->machine_uuid.size)
        size += bytes_size(group->machine_uuid.size);
    for (uint32_t i = 0; i < group->n_logs; i++)
        size += bytes_size(log_size(weir_log_at(group, i)));
    for (uint32_t i = 0; i < group->n_tags; i++)
        size += bytes_size(pair_size(&group->tags[i]));
    return size;
}

static inline char *put_varint(char *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (char)(number | 0x80);
    *at++ = (char)number;
    return at;
}

static inline char *put_head(char *at, char tag, size_t size)
{
    *at++ = tag;
    return put_varint(at, size);
}

static inline char *put_bytes(char *at, char tag, struct weir_str text)
{
    at = put_head(at, tag, text.size);
    if (text.size)
        memcpy(at, text.data, text.size);
    return at + text.size;
}

static inline char *put_pair(char *at, char tag, const struct weir_kv *pair)
{
    at = put_head(at, tag, pair_size(pair));
    at = put_bytes(at, TAG_PAIR_KEY, pair->key);
    return put_bytes(at, TAG_PAIR_VALUE, pair->value);
}

static inline char *put_log(char *at, const struct weir_log *log)
{
    at = put_head(at, TAG_GROUP_LOGS, log_size(log));
    at = put_head(at, TAG_LOG_TIME, log->time_s);
    for (uint32_t i = 0; i < log->n_contents; i++)
        at = put_pair(at, TAG_LOG_CONTENTS, &log->contents[i]);
    if (log->time_ns) {
        uint32_t time_ns = htole32(log->time_ns);

        *at++ = TAG_LOG_TIME_NS;
        memcpy(at, &time_ns, sizeof time_ns);
        at += sizeof time_ns;
    }
    return at;
}

void weir_loggroup_append(struct weir_buffer *buffer, const struct weir_group *group)
{
    char *at = weir_buffer_reserve(buffer, weir_loggroup_size(group));

    if (!at)
        return;
    for (uint32_t i = 0; i < group->n_logs; i++)
        at = put_log(at, weir_log_at(group, i));
    at = put_bytes(at, TAG_GROUP_CATEGORY, group->category);
    at = put_bytes(at, TAG_GROUP_TOPIC, group->topic);
    at = put_bytes(at, TAG_GROUP_SOURCE, group->source);
    if (group->machine_uuid.size)
        at = put_bytes(at, TAG_GROUP_MACHINE_UUID, group->machine_uuid);
    for (uint32_t i = 0; i < group->n_tags; i++)
        at = put_pair(at, TAG_GROUP_LOG_TAGS, &group->tags[i]);
    buffer->size = (size_t)(at - buffer->data);
}
