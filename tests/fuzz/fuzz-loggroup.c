/*
 * What sdk/loggroup writes, as protobuf-c reads it: the same group; and protobuf-c
 * writes the same bytes of it.
 */
#include <string.h>
#include <weir/loggroup.h>

#include "pieces.h"
#include "sls_logs.pb-c.h"

#define ITEMS_MAX 8

struct given {
    struct weir_kv contents[ITEMS_MAX][ITEMS_MAX], tags[ITEMS_MAX];
    struct weir_log logs[ITEMS_MAX];
    struct weir_group group;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t number(struct pieces *pieces)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 8 | pieces_byte(pieces);
    return value >> (pieces_byte(pieces) & 31);
}

static uint32_t make_pairs(struct pieces *pieces, struct weir_kv *pairs)
{
    uint32_t count = pieces_byte(pieces) % ITEMS_MAX;

    for (uint32_t i = 0; i < count; i++) {
        pairs[i].key = pieces_text(pieces);
        pairs[i].value = pieces_text(pieces);
    }
    return count;
}

static void make_group(struct given *given, struct pieces *pieces)
{
    struct weir_group *group = &given->group;

    *group = (struct weir_group){.struct_size = sizeof *group,
        .n_logs = pieces_byte(pieces) % ITEMS_MAX,
        .log_stride = sizeof *given->logs,
        .logs = given->logs,
        .tags = given->tags};
    for (uint32_t i = 0; i < group->n_logs; i++) {
        given->logs[i] = (struct weir_log){number(pieces), number(pieces) % 1000000000U,
            make_pairs(pieces, given->contents[i]), 0, given->contents[i]};
    }
    group->n_tags = make_pairs(pieces, given->tags);
    group->topic = pieces_text(pieces);
    group->category = pieces_text(pieces);
    group->source = pieces_text(pieces);
    group->machine_uuid = pieces_text(pieces);
}

static void check_text(ProtobufCBinaryData got, struct weir_str wanted)
{
    CHECK(got.len == wanted.size);
    CHECK(!got.len || !memcmp(got.data, wanted.data, got.len));
}

static void check_log(const SlsLogs__Log *got, const struct weir_log *wanted)
{
    CHECK(got->time == wanted->time_s);
    CHECK((got->has_time_ns != 0) == (wanted->time_ns != 0));
    CHECK(got->time_ns == wanted->time_ns);
    CHECK(got->n_contents == wanted->n_contents && !got->n_values);
    for (uint32_t i = 0; i < wanted->n_contents; i++) {
        check_text(got->contents[i]->key, wanted->contents[i].key);
        check_text(got->contents[i]->value, wanted->contents[i].value);
    }
}

static void check_group(const SlsLogs__LogGroup *got, const struct weir_group *wanted)
{
    CHECK(got->has_category && got->has_topic && got->has_source);
    CHECK((got->has_machineuuid != 0) == (wanted->machine_uuid.size != 0));
    check_text(got->category, wanted->category);
    check_text(got->topic, wanted->topic);
    check_text(got->source, wanted->source);
    check_text(got->machineuuid, wanted->machine_uuid);
    CHECK(got->n_logs == wanted->n_logs && got->n_logtags == wanted->n_tags);
    for (uint32_t i = 0; i < wanted->n_logs; i++)
        check_log(got->logs[i], &wanted->logs[i]);
    for (uint32_t i = 0; i < wanted->n_tags; i++) {
        check_text(got->logtags[i]->key, wanted->tags[i].key);
        check_text(got->logtags[i]->value, wanted->tags[i].value);
    }
}

static void check_bytes(const SlsLogs__LogGroup *group, const struct weir_buffer *wanted)
{
    size_t size = sls_logs__log_group__get_packed_size(group);
    uint8_t *bytes = malloc(size + 1);

    CHECK(bytes && size == wanted->size);
    sls_logs__log_group__pack(group, bytes);
    CHECK(!memcmp(bytes, wanted->data, size));
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct given given;
    struct pieces pieces = {data, size};
    struct weir_buffer buffer = {0};
    SlsLogs__LogGroup *group;

    make_group(&given, &pieces);
    weir_loggroup_append(&buffer, &given.group);
    CHECK(!buffer.failed && buffer.size == weir_loggroup_size(&given.group));
    group = sls_logs__log_group__unpack(NULL, buffer.size, (const uint8_t *)buffer.data);
    CHECK(group);
    check_group(group, &given.group);
    check_bytes(group, &buffer);
    sls_logs__log_group__free_unpacked(group, NULL);
    weir_buffer_finish(&buffer);
    return 0;
}
