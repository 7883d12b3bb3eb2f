#include "delivery/group_read.h"

#include <endian.h>
#include "base/util.h"

/* Field numbers of the messages. */
enum { LOG_TIME = 1, LOG_CONTENTS = 2, LOG_TIME_NS = 4 };
enum { PAIR_KEY = 1, PAIR_VALUE = 2 };
enum {
    GROUP_LOGS = 1,
    GROUP_CATEGORY = 2,
    GROUP_TOPIC = 3,
    GROUP_SOURCE = 4,
    GROUP_MACHINE_UUID = 5,
    GROUP_LOG_TAGS = 6,
};
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct field {
    uint32_t number, wire;
    uint64_t value;        /* varint, fixed */
    struct weir_str bytes; /* WIRE_BYTES */
};

static bool take_varint(const char **at, const char *end, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        uint64_t byte = (unsigned char)*(*at)++;

        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool take_fixed(const char **at, const char *end, size_t size, uint64_t *ret_value)
{
    uint64_t value = 0;

    if ((size_t)(end - *at) < size)
        return false;
    memcpy(&value, *at, size);
    *at += size;
    *ret_value = le64toh(value);
    return true;
}

static bool take_bytes(const char **at, const char *end, struct weir_str *ret_bytes)
{
    uint64_t size;

    if (!take_varint(at, end, &size) || size > (uint64_t)(end - *at))
        return false;
    *ret_bytes = (struct weir_str){*at, size};
    *at += size;
    return true;
}

/* The next field; false at the end and when it is malformed: then `at` is not `end`. */
static bool take_field(const char **at, const char *end, struct field *ret)
{
    const char *start = *at;
    uint64_t tag;
    bool good;

    if (*at == end)
        return false;
    good = take_varint(at, end, &tag) && tag >> 3 && tag >> 3 <= UINT32_MAX;
    if (good) {
        ret->number = (uint32_t)(tag >> 3);
        ret->wire = tag & 7;
        if (ret->wire == WIRE_VARINT)
            good = take_varint(at, end, &ret->value);
        else if (ret->wire == WIRE_BYTES)
            good = take_bytes(at, end, &ret->bytes);
        else if (ret->wire == WIRE_FIXED32 || ret->wire == WIRE_FIXED64)
            good = take_fixed(at, end, ret->wire == WIRE_FIXED32 ? 4 : 8, &ret->value);
        else
            good = false;
    }
    if (!good)
        *at = start;
    return good;
}

static bool is_bytes(const struct field *field, uint32_t number)
{
    return field->number == number && field->wire == WIRE_BYTES;
}

static bool read_pair(struct weir_str message, struct weir_kv *ret_pair)
{
    const char *at = message.data, *end = at + message.size;
    struct field field;

    *ret_pair = (struct weir_kv){{"", 0}, {"", 0}};
    while (take_field(&at, end, &field)) {
        if (is_bytes(&field, PAIR_KEY))
            ret_pair->key = field.bytes;
        else if (is_bytes(&field, PAIR_VALUE))
            ret_pair->value = field.bytes;
    }
    return at == end;
}

static bool count_fields(struct weir_str message, uint32_t number, uint32_t *ret_count)
{
    const char *at = message.data, *end = at + message.size;
    struct field field;
    uint32_t count = 0;

    while (take_field(&at, end, &field))
        count += is_bytes(&field, number);
    *ret_count = count;
    return at == end;
}

static bool read_log(struct batch *batch, struct weir_str message)
{
    const char *at = message.data, *end = at + message.size;
    struct weir_log *log;
    struct weir_kv pair;
    struct field field;
    uint32_t n_contents;

    if (!count_fields(message, LOG_CONTENTS, &n_contents))
        return false;
    log = batch_add_log(batch, n_contents);
    while (take_field(&at, end, &field)) {
        if (field.number == LOG_TIME && field.wire == WIRE_VARINT) {
            log->time_s = (uint32_t)field.value;
        } else if (field.number == LOG_TIME_NS && field.wire == WIRE_FIXED32) {
            log->time_ns = (uint32_t)field.value;
        } else if (is_bytes(&field, LOG_CONTENTS)) {
            if (!read_pair(field.bytes, &pair))
                return false;
            batch_add_content(batch, log, pair.key, pair.value);
        }
    }
    return at == end;
}

static bool read_group(struct batch *batch, struct weir_str message, struct group_facts *facts)
{
    const char *at = message.data, *end = at + message.size;
    struct weir_kv *tags = NULL;
    struct field field;
    uint32_t n_tags;

    if (!count_fields(message, GROUP_LOG_TAGS, &n_tags))
        return false;
    tags = batch_alloc(batch, n_tags * sizeof *tags);
    facts->tags = tags;
    while (take_field(&at, end, &field)) {
        if (field.wire != WIRE_BYTES)
            continue;
        if (field.number == GROUP_LOGS && !read_log(batch, field.bytes))
            return false;
        if (field.number == GROUP_LOG_TAGS && !read_pair(field.bytes, &tags[facts->n_tags++]))
            return false;
        if (field.number == GROUP_CATEGORY)
            facts->category = field.bytes;
        else if (field.number == GROUP_TOPIC)
            facts->topic = field.bytes;
        else if (field.number == GROUP_SOURCE)
            facts->source = field.bytes;
        else if (field.number == GROUP_MACHINE_UUID)
            facts->machine_uuid = field.bytes;
    }
    return at == end;
}

struct group *group_read(struct memory *memory, struct block *block, struct weir_str message,
    struct range *range, uint64_t lanes)
{
    struct group_facts facts = {.topic = {"", 0}, .category = {"", 0}, .source = {"", 0}};
    struct group_builder *builder;
    struct group *group = NULL;
    struct batch *batch;
    uint32_t n_logs = 0;
    bool good = count_fields(message, GROUP_LOGS, &n_logs) && n_logs <= GROUP_READ_LOGS_MAX;

    batch = batch_create(memory, good ? n_logs : 0);
    batch->range = range;
    batch->lanes = lanes;
    batch_add_block(batch, block);
    if (good && read_group(batch, message, &facts)) {
        builder = group_open(memory, n_logs);
        group_add(builder, batch, 0, batch->n_logs, false);
        group = group_seal(builder, &facts);
    }
    batch_destroy(batch);
    return group;
}
