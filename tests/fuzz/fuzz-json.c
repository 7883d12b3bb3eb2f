/*
 * What sdk/json writes, as json-c reads it: every text comes back as it was, but for
 * bytes that are no UTF-8, which come back as U+FFFD; an object has its members, in
 * order.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <weir/json.h>

#include "pieces.h"
#include "repair.h"

#define MEMBERS_MAX 16
/* Before each key, so that none comes twice: json-c keeps one of equal keys. */
#define PREFIX_SIZE 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_object *parse(const struct weir_buffer *text)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *value;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    value = json_tokener_parse_ex(tokener, text->data, (int)text->size + 1);
    CHECK(json_tokener_get_error(tokener) == json_tokener_success);
    CHECK(json_tokener_get_parse_end(tokener) == text->size);
    json_tokener_free(tokener);
    return value;
}

static void check_value(struct json_object *value, struct weir_str text)
{
    struct weir_buffer wanted = {0};

    repair(&wanted, text);
    CHECK(json_object_is_type(value, json_type_string));
    CHECK((size_t)json_object_get_string_len(value) == wanted.size);
    CHECK(!wanted.size || !memcmp(json_object_get_string(value), wanted.data, wanted.size));
    weir_buffer_finish(&wanted);
}

static void check_string(struct weir_str text, bool html, bool go)
{
    struct weir_buffer buffer = {0};
    struct json_object *value;

    (html ? weir_json_string_html : go ? weir_json_string_go : weir_json_string)(&buffer, text);
    for (size_t i = 0; html && i < buffer.size; i++)
        CHECK(!strchr("<>&", buffer.data[i]));
    weir_buffer_append_byte(&buffer, '\0');
    buffer.size--;
    value = parse(&buffer);
    check_value(value, text);
    json_object_put(value);
    weir_buffer_finish(&buffer);
}

/* A key of its own for each member; json-c's keys end at a NUL, so there is none. */
static struct weir_str make_key(char *to, size_t i, struct weir_str text)
{
    to[0] = (char)('a' + i);
    to[1] = ':';
    for (size_t j = 0; j < text.size; j++)
        to[PREFIX_SIZE + j] = text.data[j] ? text.data[j] : '0';
    return (struct weir_str){to, PREFIX_SIZE + text.size};
}

static void check_key(const char *key, struct weir_str text)
{
    struct weir_buffer wanted = {0};

    repair(&wanted, text);
    CHECK(strlen(key) == wanted.size && wanted.data);
    CHECK(!memcmp(key, wanted.data, wanted.size));
    weir_buffer_finish(&wanted);
}

static void check_log(struct pieces pieces)
{
    struct weir_kv pairs[MEMBERS_MAX];
    struct weir_log log = {.contents = pairs};
    char *keys = malloc(pieces.size + (size_t)MEMBERS_MAX * PREFIX_SIZE), *at = keys;
    struct weir_buffer buffer = {0};
    struct json_object *object;
    uint32_t i = 0;

    CHECK(keys);
    while (pieces.size && log.n_contents < MEMBERS_MAX) {
        struct weir_kv *pair = &pairs[log.n_contents];

        pair->key = make_key(at, log.n_contents++, pieces_text(&pieces));
        at += pair->key.size;
        pair->value = pieces_text(&pieces);
    }
    weir_json_log(&buffer, &log);
    weir_buffer_append_byte(&buffer, '\0');
    buffer.size--;
    object = parse(&buffer);
    CHECK((uint32_t)json_object_object_length(object) == log.n_contents);
    CHECK(object);
    json_object_object_foreach(object, key, value)
    {
        check_key(key, pairs[i].key);
        check_value(value, pairs[i++].value);
    }
    json_object_put(object);
    weir_buffer_finish(&buffer);
    free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str text = {(const char *)data, size};

    check_string(text, false, false);
    check_string(text, false, true);
    check_string(text, true, false);
    check_log((struct pieces){data, size});
    return 0;
}
