/* LogGroup messages against what protobuf-c writes from the same values. */
#include <stdio.h>
#include <weir/loggroup.h>

#include "sls_logs.pb-c.h"
#include "unit.h"

#define N_SEEDS 4000u
#define MAX_ITEMS 6u
#define ARENA_SIZE 300000u

struct given {
    uint64_t random;
    char text[ARENA_SIZE];
    struct weir_kv contents[MAX_ITEMS][MAX_ITEMS];
    struct weir_kv tags[MAX_ITEMS];
    /* Longer than the ABI's struct, as from a newer host. */
    struct {
        struct weir_log log;
        uint64_t newer;
    } logs[MAX_ITEMS];
    struct weir_group group;
};

struct oracle {
    SlsLogs__LogGroup group;
    SlsLogs__Log logs[MAX_ITEMS], *log_pointers[MAX_ITEMS];
    SlsLogs__Log__Content contents[MAX_ITEMS][MAX_ITEMS], *content_pointers[MAX_ITEMS][MAX_ITEMS];
    SlsLogs__LogTag tags[MAX_ITEMS], *tag_pointers[MAX_ITEMS];
};

static uint64_t next(struct given *given)
{
    given->random = given->random * 6364136223846793005U + 1442695040888963407U;
    return given->random >> 33;
}

/* Sizes around where a length takes one more byte are frequent. */
static struct weir_str any_text(struct given *given)
{
    static const size_t sizes[] = {0, 1, 7, 63, 120, 126, 127, 128, 129, 300, 16383, 16384};
    uint64_t pick = next(given) % 64;
    size_t size = pick < 12 ? sizes[pick] : next(given) % 40;
    size_t at = next(given) % (ARENA_SIZE - size);

    return (struct weir_str){size ? given->text + at : NULL, size};
}

static struct weir_kv any_pair(struct given *given)
{
    struct weir_str key = any_text(given);

    return (struct weir_kv){key, any_text(given)};
}

static void make_log(struct given *given, uint32_t index)
{
    struct weir_log *log = &given->logs[index].log;

    log->time_s = (uint32_t)(next(given) << 1) >> next(given) % 32;
    log->time_ns = next(given) % 2 ? (uint32_t)(next(given) % 1000000000U) : 0;
    log->n_contents = (uint32_t)(next(given) % MAX_ITEMS);
    log->contents = given->contents[index];
    for (uint32_t i = 0; i < log->n_contents; i++)
        given->contents[index][i] = any_pair(given);
}

static void make_group(struct given *given)
{
    struct weir_group *group = &given->group;

    *group = (struct weir_group){
        .struct_size = sizeof *group,
        .n_logs = (uint32_t)(next(given) % MAX_ITEMS),
        .log_stride = sizeof given->logs[0],
        .n_tags = (uint32_t)(next(given) % MAX_ITEMS),
        .logs = &given->logs[0].log,
        .tags = given->tags,
    };
    group->topic = any_text(given);
    group->category = any_text(given);
    group->source = any_text(given);
    if (next(given) % 2)
        group->machine_uuid = any_text(given);
    for (uint32_t i = 0; i < group->n_tags; i++)
        given->tags[i] = any_pair(given);
    for (uint32_t i = 0; i < group->n_logs; i++)
        make_log(given, i);
}

static ProtobufCBinaryData bytes(struct weir_str text)
{
    return (ProtobufCBinaryData){text.size, (uint8_t *)text.data};
}

static void translate_log(struct oracle *oracle, const struct given *given, uint32_t index)
{
    const struct weir_log *from = &given->logs[index].log;
    SlsLogs__Log *to = &oracle->logs[index];

    sls_logs__log__init(to);
    to->time = from->time_s;
    to->has_time_ns = from->time_ns != 0;
    to->time_ns = from->time_ns;
    to->n_contents = from->n_contents;
    to->contents = oracle->content_pointers[index];
    for (uint32_t i = 0; i < from->n_contents; i++) {
        SlsLogs__Log__Content *content = &oracle->contents[index][i];

        sls_logs__log__content__init(content);
        content->key = bytes(from->contents[i].key);
        content->value = bytes(from->contents[i].value);
        oracle->content_pointers[index][i] = content;
    }
    oracle->log_pointers[index] = to;
}

static void translate_tag(struct oracle *oracle, const struct given *given, uint32_t index)
{
    SlsLogs__LogTag *tag = &oracle->tags[index];

    sls_logs__log_tag__init(tag);
    tag->key = bytes(given->tags[index].key);
    tag->value = bytes(given->tags[index].value);
    oracle->tag_pointers[index] = tag;
}

static void translate(struct oracle *oracle, const struct given *given)
{
    const struct weir_group *from = &given->group;
    SlsLogs__LogGroup *to = &oracle->group;

    sls_logs__log_group__init(to);
    to->has_category = to->has_topic = to->has_source = 1;
    to->category = bytes(from->category);
    to->topic = bytes(from->topic);
    to->source = bytes(from->source);
    to->has_machineuuid = from->machine_uuid.size != 0;
    to->machineuuid = bytes(from->machine_uuid);
    to->n_logs = from->n_logs;
    to->logs = oracle->log_pointers;
    to->n_logtags = from->n_tags;
    to->logtags = oracle->tag_pointers;
    for (uint32_t i = 0; i < from->n_logs; i++)
        translate_log(oracle, given, i);
    for (uint32_t i = 0; i < from->n_tags; i++)
        translate_tag(oracle, given, i);
}

static void compare(unsigned seed, struct weir_buffer *buffer, const struct given *given,
    const struct oracle *oracle)
{
    size_t size = sls_logs__log_group__get_packed_size(&oracle->group);
    uint8_t *wanted = malloc(size + 1);

    ck_assert_ptr_nonnull(wanted);
    sls_logs__log_group__pack(&oracle->group, wanted);
    weir_buffer_clear(buffer);
    weir_buffer_append_byte(buffer, 'x');
    weir_loggroup_append(buffer, &given->group);
    ck_assert_msg(weir_loggroup_size(&given->group) == size, "seed %u: size", seed);
    ck_assert_msg(buffer->size == size + 1, "seed %u: appended size", seed);
    ck_assert_msg(memcmp(buffer->data + 1, wanted, size) == 0, "seed %u: bytes", seed);
    free(wanted);
}

START_TEST(as_protobuf_c)
{
    struct given *given = calloc(1, sizeof *given);
    struct oracle *oracle = calloc(1, sizeof *oracle);
    struct weir_buffer buffer = {0};

    ck_assert(given && oracle);
    for (size_t i = 0; i < ARENA_SIZE; i++)
        given->text[i] = (char)next(given);
    for (unsigned seed = 1; seed <= N_SEEDS; seed++) {
        given->random = seed;
        make_group(given);
        translate(oracle, given);
        compare(seed, &buffer, given, oracle);
    }
    weir_buffer_finish(&buffer);
    free(oracle);
    free(given);
}
END_TEST

START_TEST(empty_group)
{
    static const char wanted[] = {0x12, 0, 0x1A, 0, 0x22, 0};
    struct weir_group group = {.struct_size = sizeof group, .log_stride = sizeof(struct weir_log)};
    struct weir_buffer buffer = {0};

    weir_loggroup_append(&buffer, &group);
    ck_assert_uint_eq(buffer.size, sizeof wanted);
    ck_assert_mem_eq(buffer.data, wanted, sizeof wanted);
    weir_buffer_finish(&buffer);
}
END_TEST

/* Written out by hand from the message's definition: every field, a length of two
 * bytes, a text that is no UTF-8. */
START_TEST(golden)
{
    static const unsigned char wanted[] = {
        0x0A, 0x23,                                          /* a log of 35 bytes */
        0x08, 0x80, 0xE2, 0xCF, 0xAA, 0x06,                  /* time 1700000000 */
        0x12, 0x0A, 0x0A, 0x03, 'k', 'e', 'y',               /* content */
        0x12, 0x03, 0xFF, 0x00, '\n',                        /* its value */
        0x12, 0x04, 0x0A, 0x00, 0x12, 0x00,                  /* an empty one */
        0x12, 0x04, 0x0A, 0x00, 0x12, 0x00,                  /* and again */
        0x25, 0x15, 0xCD, 0x5B, 0x07,                        /* 123456789 ns */
        0x0A, 0x02, 0x08, 0x00,                              /* a log without anything */
        0x12, 0x02, 'c', 'a',                                /* category */
        0x1A, 0x00,                                          /* topic */
        0x22, 0x07, '1', '.', '2', '.', '3', '.', '4',       /* source */
        0x2A, 0x01, 'u',                                     /* machine */
        0x32, 0x06, 0x0A, 0x01, 't', 0x12, 0x01, '1',        /* tags */
        0x32, 0xCE, 0x01, 0x0A, 0x01, 'l', 0x12, 0xC8, 0x01, /* 200 bytes follow */
    };
    char lots[200];
    struct weir_kv contents[] = {
        {{"key", 3}, {"\xFF\0\n", 3}}, {{NULL, 0}, {NULL, 0}}, {{NULL, 0}, {NULL, 0}}};
    struct weir_kv tags[] = {{{"t", 1}, {"1", 1}}, {{"l", 1}, {lots, sizeof lots}}};
    struct weir_log logs[] = {{1700000000, 123456789, 3, 0, contents}, {0, 0, 0, 0, NULL}};
    struct weir_group group = {.struct_size = sizeof group,
        .n_logs = 2,
        .log_stride = sizeof *logs,
        .n_tags = 2,
        .logs = logs,
        .tags = tags,
        .category = {"ca", 2},
        .source = {"1.2.3.4", 7},
        .machine_uuid = {"u", 1}};
    struct weir_buffer buffer = {0};

    memset(lots, 'x', sizeof lots);
    weir_loggroup_append(&buffer, &group);
    ck_assert_uint_eq(buffer.size, sizeof wanted + sizeof lots);
    ck_assert_mem_eq(buffer.data, wanted, sizeof wanted);
    ck_assert_mem_eq(buffer.data + sizeof wanted, lots, sizeof lots);
    weir_buffer_finish(&buffer);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("loggroup");

    tcase_add_test(tests, as_protobuf_c);
    tcase_add_test(tests, empty_group);
    tcase_add_test(tests, golden);
    return unit_run(tests);
}
