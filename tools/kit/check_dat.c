/* DAT: logs that nobody would think of. */
#include "kit/check.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "base/buf.h"
#include "base/mem.h"
#include "kit/fuzz_round.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/settings.h"
#include "kit/sink.h"

#define SETTLE_NS (5 * NS_PER_S)
#define ARRIVE_NS (3 * NS_PER_S)
#define PLAIN_MARK 5000u
#define KEYS 100000u
#define KEY_MARK 1000u
#define KEY_BYTES_MAX 70000u
#define LARGE_LOGS 400u
#define FILL_BYTES ((size_t)4096)
#define PEER_BODY_MAX (256u * 1024)
#define COST_BYTES MIB
#define COST_SLACK_NS (20 * NS_PER_MS)

/* One flush whose verdict must be a known one. */
static uint32_t flush_known(struct trial *trial, struct stand *stand, struct sample *sample)
{
    uint32_t verdict = stand_flush(stand, sample, NULL);

    if (verdict == WEIR_PENDING)
        verdict = stand_wait(stand, sample, SETTLE_NS);
    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "the verdict is %u, which is none", verdict);
    return verdict;
}

static void dat_empty(struct trial *trial)
{
    static const struct weir_kv contents[] = {{{0}, {0}}, {{"k", 1}, {0}}, {{0}, {"v", 1}}};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 2, SAMPLE_BYTES);
    struct weir_group *group;

    sample->batch.project = sample->batch.logstore = (struct weir_str){0};
    sample_group(sample, 3, 1);
    group = sample->group;
    group->category = group->source = (struct weir_str){0};
    sample_tag(sample, (struct weir_str){0}, (struct weir_str){0});
    sample_log(sample, 0, NULL, 0);
    sample_log(sample, 0, contents, 1);
    sample_log(sample, 0, contents, ARRAY_SIZE(contents));
    sample_group(sample, 0, 0);
    flush_known(trial, stand, sample);
    life_end(stand);
}

/* -- bytes -- */

static const struct {
    const char *what, *bytes;
    size_t size;
} oddities[] = {
#define ODD(WHAT, BYTES) \
    { \
        WHAT, BYTES, sizeof(BYTES) - 1 \
    }
    ODD("a NUL", "a\0b"),
    ODD("NULs", "\0\0\0"),
    ODD("bytes that are not UTF-8", "\xff\xfe\x80\xbf"),
    ODD("overlong UTF-8", "\xc0\xaf\xe0\x80\xaf"),
    ODD("half a surrogate pair", "\xed\xa0\x80"),
    ODD("the start of a character", "\xe2\x82"),
    ODD("a byte order mark", "\xef\xbb\xbf"),
    ODD("U+2028", "\xe2\x80\xa8"),
    ODD("CR LF", "\r\n"),
    ODD("terminal escapes", "\033[2J\033]0;x\007"),
    ODD("a delete", "\x7f"),
#undef ODD
};

/* A log whose value has a mark before and behind the bytes. */
static void odd_log(const struct trial *trial, struct sample *sample, uint32_t number,
    const char *bytes, size_t size)
{
    SCOPED_BUF struct buf value = {0};
    char mark[MARK_SIZE];
    struct weir_kv content = {life_str("content"), {0}};

    marks_text(trial, 2 * number, mark);
    buf_printf(&value, "%s ", mark);
    buf_append(&value, bytes, size);
    marks_text(trial, 2 * number + 1, mark);
    buf_printf(&value, " %s", mark);
    content.value = (struct weir_str){value.data, value.size};
    sample_log(sample, 1700000000, &content, 1);
}

static void expect_whole(struct trial *trial, uint32_t number, const char *what)
{
    struct marks_found found;

    marks_find(trial, 2 * number + 2, ARRIVE_NS, &found);
    if (found.counts[2 * number] && !found.counts[2 * number + 1])
        trial_fail(trial, "what follows %s in a value is lost", what);
    if (!found.counts[2 * number])
        trial_fail(trial, "a log with %s was DELIVERED, but did not arrive", what);
    marks_finish(&found);
}

/* -- JSON -- */

/* Whether `text` is JSON objects and arrays, one behind the other, and nothing else; each
 * is shown to `look`, if that is not NULL. */
static bool is_json(
    const struct buf *text, bool (*look)(struct json_object *value, void *context), void *context)
{
    struct json_tokener *tokener = json_tokener_new();
    size_t at = 0;
    bool good = text->size > 0;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    while (good) {
        struct json_object *value;

        while (at < text->size && strchr(" \t\r\n", text->data[at]) && text->data[at])
            at++;
        if (at == text->size)
            break;
        json_tokener_reset(tokener);
        value = json_tokener_parse_ex(
            tokener, text->data + at, (int)MIN(text->size - at, (size_t)INT_MAX));
        good = json_tokener_get_error(tokener) == json_tokener_success &&
               (json_object_is_type(value, json_type_object) ||
                   json_object_is_type(value, json_type_array)) &&
               (!look || look(value, context));
        at += json_tokener_get_parse_end(tokener);
        json_object_put(value);
    }
    json_tokener_free(tokener);
    return good;
}

/* The marks before and behind an odd text. */
struct pair {
    char first[MARK_SIZE], second[MARK_SIZE];
};

static bool text_is_whole(const struct pair *pair, const char *text, size_t size)
{
    return !memmem(text, size, pair->first, strlen(pair->first)) ||
           memmem(text, size, pair->second, strlen(pair->second));
}

/* False: a text in it has the first mark only, so the value was torn. */
static bool is_whole(struct json_object *value, void *pair)
{
    bool whole = true;

    switch (json_object_get_type(value)) {
    case json_type_string:
        return text_is_whole(
            pair, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value) && whole; i++)
            whole = is_whole(json_object_array_get_idx(value, i), pair);
        return whole;
    case json_type_object: {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            whole = whole && is_whole(member, pair);
        }
        return whole;
    }
    default:
        return true;
    }
}

/* Whether the plugin sends JSON: what arrives of ordinary logs is nothing else. */
static bool sends_json(struct trial *trial, struct stand *stand)
{
    SCOPED_BUF struct buf text = {0};
    struct marks_found found;

    if (sink_kind(trial) == SINK_NONE)
        return false;
    life_deliver(stand, PLAIN_MARK, 2);
    for (unsigned ms = 0, n = 0; ms < ARRIVE_NS / NS_PER_MS && n < 2; ms += 20) {
        marks_find(trial, PLAIN_MARK + 2, 0, &found);
        n = found.counts[PLAIN_MARK] + found.counts[PLAIN_MARK + 1];
        marks_finish(&found);
        if (n < 2)
            life_pause_ms(20);
    }
    sink_read(trial, &text);
    return is_json(&text, NULL, NULL);
}

static void expect_json(struct trial *trial, uint32_t number, const char *what)
{
    SCOPED_BUF struct buf text = {0};
    struct pair pair;

    marks_text(trial, 2 * number, pair.first);
    marks_text(trial, 2 * number + 1, pair.second);
    sink_read(trial, &text);
    if (!is_json(&text, is_whole, &pair))
        trial_fail(
            trial, "with %s in a value, what arrives is not the JSON that it was before", what);
}

/* Whether it was DELIVERED and counted. */
static bool one_odd(struct trial *trial, struct stand *stand, uint32_t number, const char *what,
    const char *bytes, size_t size)
{
    struct sample *sample = sample_create(number + 1, 1, SAMPLE_BYTES);
    uint32_t verdict;

    sample_group(sample, 1, 0);
    odd_log(trial, sample, number, bytes, size);
    trial_doing(trial, "flush of a log with %s", what);
    verdict = flush_known(trial, stand, sample);
    if (verdict != WEIR_DELIVERED || sink_kind(trial) == SINK_NONE || stand->n_marks)
        return false;
    expect_whole(trial, number, what);
    return true;
}

static void dat_bytes(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const bool json = sends_json(trial, stand);
    char all[256];
    uint32_t number = 0;

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    for (size_t i = 0; i < ARRAY_SIZE(oddities); i++)
        if (one_odd(
                trial, stand, number++, oddities[i].what, oddities[i].bytes, oddities[i].size) &&
            json)
            expect_json(trial, number - 1, oddities[i].what);
    if (one_odd(trial, stand, number, "each of the 256 bytes", all, sizeof all) && json)
        expect_json(trial, number, "each of the 256 bytes");
    life_end(stand);
}

/* -- much -- */

/* The contents whose value is a mark: the first two tell whether all are sent at all. */
static const uint32_t marked[] = {0, 1, 30, 69, 130, 257, 1025, 70000, KEYS - 1};

/* The number of the mark that a content has; -1: none. */
static int mark_of(uint32_t content)
{
    for (size_t i = 0; i < ARRAY_SIZE(marked); i++)
        if (marked[i] == content)
            return (int)i;
    return -1;
}

static struct sample *sample_of_keys(const struct trial *trial, uint64_t id, uint32_t n)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + (size_t)n * 128);
    struct weir_kv *contents = mem_calloc(n, sizeof *contents);
    char(*keys)[16] = mem_calloc(n, sizeof *keys);
    char marks[ARRAY_SIZE(marked)][MARK_SIZE];

    for (uint32_t i = 0; i < n; i++) {
        const int mark = mark_of(i);

        snprintf(keys[i], sizeof keys[i], "key%u", i);
        contents[i] = (struct weir_kv){life_str(keys[i]), life_str("v")};
        if (mark < 0)
            continue;
        marks_text(trial, (uint32_t)mark, marks[mark]);
        contents[i].value = life_str(marks[mark]);
    }
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, contents, n);
    free(contents);
    free(keys);
    return sample;
}

static struct sample *sample_of_logs(uint64_t id, uint32_t n)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + (size_t)n * 160);
    const struct weir_kv content = {life_str("content"), life_str("x")};

    sample_group(sample, n, 0);
    for (uint32_t i = 0; i < n; i++)
        sample_log(sample, 1700000000, &content, 1);
    return sample;
}

/* One that sends the first two contents sends them all. */
static void expect_contents(struct trial *trial)
{
    struct marks_found found;

    marks_find(trial, 1, ARRIVE_NS, &found);
    marks_finish(&found);
    marks_find(trial, ARRAY_SIZE(marked), 0, &found);
    for (size_t i = 2; i < ARRAY_SIZE(marked) && found.counts[0] && found.counts[1]; i++) {
        struct marks_found late;

        if (found.counts[i])
            continue;
        marks_find(trial, ARRAY_SIZE(marked), ARRIVE_NS, &late);
        if (!late.counts[i])
            trial_fail(
                trial, "of a log with %u contents, number %u has not arrived", KEYS, marked[i]);
        marks_finish(&late);
    }
    marks_finish(&found);
}

/* Deliveries that take long are given up when flush is over: sizes are the matter here. */
static void dat_much(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    trial_doing(trial, "flush of a log with 100,000 keys");
    if (flush_known(trial, stand, sample_of_keys(trial, 1, KEYS)) == WEIR_DELIVERED &&
        sink_kind(trial) != SINK_NONE && !stand->n_marks)
        expect_contents(trial);
    if (life_ready(stand)) {
        trial_doing(trial, "flush of a million logs");
        flush_known(trial, stand, sample_of_logs(2, 1000000));
    }
    life_end(stand);
}

/* A value whose end is what counts: the mark 0. */
static void expect_whole_value(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);
    char *value = mem_zalloc(MIB + MARK_SIZE);
    struct weir_kv content = {life_str("content"), {value, MIB + MARK_SIZE - 1}};
    struct marks_found found;
    uint32_t verdict;

    memset(value, 'f', MIB);
    marks_text(trial, 0, value + MIB);
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, &content, 1);
    free(value);
    verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
    marks_find(trial, 1, verdict == WEIR_DELIVERED ? ARRIVE_NS : 0, &found);
    if (verdict == WEIR_DELIVERED && found.n_missing)
        trial_fail(trial, "a value of 1 MiB is DELIVERED, but its end has not arrived");
    marks_finish(&found);
    life_end(stand);
}

/* A log with a key of that size, which ends in a mark. */
static struct sample *sample_of_key(
    const struct trial *trial, uint64_t id, uint32_t number, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES);
    char *key = mem_zalloc(size + 1);
    char mark[MARK_SIZE];
    const struct weir_kv contents[] = {
        {life_str("content"), life_str("a key")}, {{key, size}, life_str("v")}};

    memset(key, 'k', size);
    marks_text(trial, number, mark);
    memcpy(key + size - strlen(mark), mark, strlen(mark));
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    free(key);
    return sample;
}

/* Whether the mark in a key arrives; true also when the log was not DELIVERED. */
static bool key_arrives(struct trial *trial, struct stand *stand, uint32_t number, size_t size)
{
    struct sample *sample = sample_of_key(trial, stand->n_batches + 1, number, size);
    uint64_t wait_ns = 0;
    struct marks_found found;
    bool arrived = stand_deliver(stand, sample, LIFE_DELIVER_NS) != WEIR_DELIVERED;

    for (; !arrived && wait_ns <= ARRIVE_NS; wait_ns += ARRIVE_NS / 30) {
        marks_find(trial, number + 1, 0, &found);
        arrived = found.counts[number] > 0;
        marks_finish(&found);
        if (!arrived)
            life_pause_ms((unsigned)(ARRIVE_NS / 30 / NS_PER_MS));
    }
    return arrived;
}

/* One that sends keys sends the whole of them. */
static void expect_whole_keys(struct trial *trial)
{
    static const size_t sizes[] = {40, 300, 5000, KEY_BYTES_MAX};
    struct stand *stand = stand_start(trial, NULL);

    if (key_arrives(trial, stand, KEY_MARK, MARK_SIZE))
        for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++)
            if (!key_arrives(trial, stand, KEY_MARK + 1 + i, sizes[i]))
                trial_fail(trial, "a key of %zu bytes is DELIVERED, but its end has not arrived",
                    sizes[i]);
    life_end(stand);
}

/* The peer takes requests up to a size. */
static void dat_too_large(struct trial *trial)
{
    struct stand *stand;
    struct sample *sample;
    struct weir_kv contents[] = {{life_str("content"), {0}}, {life_str("fill"), {0}}};
    SCOPED_FREE char *fill = mem_zalloc(FILL_BYTES + 1);
    char mark[MARK_SIZE];
    struct marks_found found;
    uint32_t verdict = WEIR_RETRY, lost = 0;

    if (sink_kind(trial) == SINK_NONE)
        trial_foreign(trial, "there is no sink where it could be seen");
    expect_whole_value(trial);
    expect_whole_keys(trial);
    if (sink_kind(trial) != SINK_HTTP)
        return;
    stand = stand_start(trial, NULL);
    memset(fill, 'f', FILL_BYTES);
    contents[1].value = (struct weir_str){fill, FILL_BYTES};
    sample = sample_create(1, 1, SAMPLE_BYTES);
    sample_group(sample, LARGE_LOGS, 0);
    for (uint32_t i = 0; i < LARGE_LOGS; i++) {
        marks_text(trial, i + 1, mark);
        contents[0].value = life_str(mark);
        sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    }
    atomic_store(&trial->sink->body_max, PEER_BODY_MAX);
    for (unsigned i = 0; i < 3 && verdict == WEIR_RETRY; i++)
        if (life_ready(stand))
            verdict = flush_known(trial, stand, sample);
    marks_find(trial, LARGE_LOGS + 1, verdict == WEIR_DELIVERED ? ARRIVE_NS : 0, &found);
    for (uint32_t i = 0; i < LARGE_LOGS; i++)
        lost += !found.counts[i + 1] && life_log_verdict(stand, sample, 0, i) == WEIR_DELIVERED;
    marks_finish(&found);
    if (lost)
        trial_fail(trial,
            "the peer refused requests of over %u bytes with 413; %u logs are "
            "DELIVERED all the same",
            PEER_BODY_MAX, lost);
    if (verdict == WEIR_RETRY)
        trial_fail(trial, "the peer refuses a request for its size (413), and it is tried again "
                          "for ever");
    life_end(stand);
}

/* -- the ends of strings -- */

static const char *blame_reader(const struct trial *trial, const void *address)
{
    const struct stand *stand = trial->blame_context;

    for (size_t i = 0; i < stand->n_batches; i++)
        if (sample_holds(stand->batches[i].sample, address))
            return "the plugin reads behind the end of a string, which no NUL follows, or of a "
                   "list";
    return NULL;
}

static void dat_ends(struct trial *trial)
{
    static const char *const values[] = {"", "a", "ab", "1234567", "12345678", "123456789abcdef",
        "text that is longer than the registers that a loop may use at a time"};
    struct stand *stand = stand_start(trial, NULL);

    trial->blame = blame_reader;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 3; id++) {
        struct sample *sample = sample_create(id, 1, SAMPLE_BYTES);

        sample_guard(sample);
        sample_group(sample, ARRAY_SIZE(values), 1);
        sample->group->topic = sample_str(sample, life_str("topic"));
        sample->group->machine_uuid = sample_str(sample, life_str("uuid"));
        sample->batch.project = sample_str(sample, life_str("project"));
        sample->batch.logstore = sample_str(sample, life_str("logstore"));
        sample->batch.config = sample_str(sample, life_str("config"));
        sample_tag(sample, life_str("tag"), life_str("tagged"));
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
            const struct weir_kv contents[] = {
                {life_str("content"), life_str(values[i])}, {life_str(values[i]), life_str("v")}};

            sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
        }
        flush_known(trial, stand, sample);
    }
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    trial->blame = NULL;
}

/* -- texts that mean something elsewhere -- */

static void dat_injection(struct trial *trial)
{
    static const char *const texts[] = {"%s%n%d", "\"},{\"x\":\"", "\"}\n{\"x\":\"", "a\"b\\c",
        "\r\nX-Injected: yes\r\n\r\n", "'; DROP TABLE logs; --", "</script><b>", "a,\"b\"\",c",
        "* AND NOT x:y~2", "${jndi:ldap://x}", "\\u0000\\n", "]]>", "{{template}}", "$(x) `y`"};
    struct stand *stand = stand_start(trial, NULL);
    const bool json = sends_json(trial, stand);

    for (uint32_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (one_odd(trial, stand, i, texts[i], texts[i], strlen(texts[i])) && json)
            expect_json(trial, i, texts[i]);
    life_end(stand);
}

static void expect_text(struct trial *trial, uint32_t number, const char *text)
{
    SCOPED_BUF struct buf received = {0};
    char mark[MARK_SIZE];
    const char *at;

    expect_whole(trial, number, text);
    marks_text(trial, 2 * number, mark);
    sink_read(trial, &received);
    at = memmem(received.data, received.size, mark, strlen(mark));
    if (at && strncmp(at + strlen(mark) + 1, text, strlen(text)) != 0)
        trial_fail(trial, "the value %s arrives as %.*s", text, (int)strlen(text) + 4,
            at + strlen(mark) + 1);
}

static void dat_numbers(struct trial *trial)
{
    static const char *const texts[] = {"9007199254740993", "1e308", "NaN", "-0", "0x1F", "007",
        "1.10", "+5", "18446744073709551616", "true", "null", "1,5"};
    struct stand *stand = stand_start(trial, NULL);

    for (uint32_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct sample *sample = sample_create(i + 1, 1, SAMPLE_BYTES);
        const struct weir_kv number = {life_str("number"), life_str(texts[i])};

        sample_group(sample, 2, 0);
        odd_log(trial, sample, i, texts[i], strlen(texts[i]));
        sample_log(sample, 1700000000, &number, 1);
        if (flush_known(trial, stand, sample) == WEIR_DELIVERED && sink_kind(trial) != SINK_NONE &&
            life_log_verdict(stand, sample, 0, 0) == WEIR_DELIVERED)
            expect_text(trial, i, texts[i]);
    }
    life_end(stand);
}

static void dat_same_keys(struct trial *trial)
{
    const struct weir_kv contents[] = {{life_str("content"), life_str("first")},
        {life_str("content"), life_str("second")}, {life_str("Content"), life_str("third")},
        {life_str("CONTENT"), {0}}, {life_str("__time__"), life_str("not a time")},
        {life_str("content"), life_str("last")}};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);

    sample_group(sample, 2, 2);
    sample_tag(sample, life_str("content"), life_str("tag"));
    sample_tag(sample, life_str("content"), life_str("tag"));
    sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    sample_log(sample, 1700000000, contents, 2);
    flush_known(trial, stand, sample);
    life_end(stand);
}

static uint64_t cost_ns(struct trial *trial, struct stand *stand, const char *unit)
{
    struct sample *sample = sample_create(stand->n_batches + 1, 1, SAMPLE_BYTES);
    char *value = mem_zalloc(COST_BYTES + 1);
    const struct weir_kv content = {life_str("content"), {value, COST_BYTES}};
    struct timespec before, after;

    for (size_t i = 0; i < COST_BYTES; i++)
        value[i] = unit[i % strlen(unit)];
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, &content, 1);
    free(value);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    if (life_ready(stand))
        flush_known(trial, stand, sample);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return (uint64_t)(after.tv_sec - before.tv_sec) * NS_PER_S + (uint64_t)after.tv_nsec -
           (uint64_t)before.tv_nsec;
}

static void dat_cost(struct trial *trial)
{
    static const char *const units[] = {
        "\"", "\\", "\x01", "\xff", "\xe2\x82\xac", "{\"a\":[", "\n"};
    struct stand *stand = stand_start(trial, NULL);
    uint64_t plain_ns = UINT64_MAX;

    for (unsigned i = 0; i < 3; i++)
        plain_ns = MIN(plain_ns, cost_ns(trial, stand, "plain text "));
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        uint64_t worst_ns = UINT64_MAX;

        for (unsigned j = 0; j < 3; j++)
            worst_ns = MIN(worst_ns, cost_ns(trial, stand, units[i]));
        if (worst_ns > 20 * plain_ns + COST_SLACK_NS)
            trial_fail(trial, "a value of 1 MiB of %s takes %llu us, plain text %llu us", units[i],
                (unsigned long long)worst_ns / 1000, (unsigned long long)plain_ns / 1000);
    }
    life_end(stand);
}

const struct check checks_dat[] = {
    {.id = "DAT-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = dat_empty,
        .asserts = "Empty names, keys, values, logs and groups are coped with."},
    {.id = "DAT-02",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 120,
        .run = dat_much,
        .asserts = "100,000 keys and a million logs are coped with."},
    {.id = "DAT-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_too_large,
        .asserts = "What is too large for the destination is split or REJECTED, never cut."},
    {.id = "DAT-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_bytes,
        .asserts = "Any byte may occur in a value, and what follows it arrives, too."},
    {.id = "DAT-05",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = dat_ends,
        .asserts = "Nothing is read behind the end of a string or a list."},
    {.id = "DAT-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_injection,
        .asserts = "Text that means something to formats and shells arrives as it is."},
    {.id = "DAT-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_numbers,
        .asserts = "Values that look like numbers stay the text they are."},
    {.id = "DAT-08",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = dat_same_keys,
        .asserts = "Keys that repeat, or differ in case only, are coped with."},
    {.id = "DAT-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_cost,
        .asserts = "No value costs more than 20 times what plain text of its size costs."},
    {.id = "DAT-10",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = fuzz_round,
        .asserts = "Random batches and options do no harm."},
    {0},
};
