/* DAT: bytes and texts that mean something elsewhere. */
#include "kit/check_dat.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>
#include "base/buf.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

#define ARRIVE_NS (3 * NS_PER_S)
#define PLAIN_MARK 5000u

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
    verdict = dat_flush(trial, stand, sample);
    if (verdict != WEIR_DELIVERED || sink_kind(trial) == SINK_NONE || stand->n_marks)
        return false;
    expect_whole(trial, number, what);
    return true;
}

void dat_bytes(struct trial *trial)
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

void dat_injection(struct trial *trial)
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

void dat_numbers(struct trial *trial)
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
        if (dat_flush(trial, stand, sample) == WEIR_DELIVERED && sink_kind(trial) != SINK_NONE &&
            life_log_verdict(stand, sample, 0, 0) == WEIR_DELIVERED)
            expect_text(trial, i, texts[i]);
    }
    life_end(stand);
}
