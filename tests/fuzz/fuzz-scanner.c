/*
 * The scanner against json-c in its strict mode: what the scanner takes, json-c takes,
 * and every node of the tree of places has its value. What the scanner refuses for
 * syntax, json-c refuses, too, but for the cases of json_c_is_laxer(). Rules of ours
 * beyond the grammar (depth, duplicates, NUL in keys, range, UTF-8, size) have codes of
 * their own and are not compared.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "config/document.h"

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)

/* Members and elements, their order, and their number. */
static void compare(const struct json_node *node, struct json_object *value)
{
    size_t i = 0;

    CHECK(node->value == value);
    CHECK(node->place.line && node->place.column);
    switch (json_object_get_type(value)) {
    case json_type_object:
        CHECK((size_t)json_object_object_length(value) == node->n_children);
        {
            json_object_object_foreach(value, key, member)
            {
                CHECK(!strcmp(node->children[i].key, key));
                compare(&node->children[i++], member);
            }
        }
        break;
    case json_type_array:
        CHECK(json_object_array_length(value) == node->n_children);
        for (; i < node->n_children; i++)
            compare(&node->children[i], json_object_array_get_idx(value, i));
        break;
    default:
        CHECK(!node->n_children);
    }
}

/* json-c, strict, over the whole text. */
static bool json_c_takes(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(1000);
    struct json_object *json;
    bool good;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json = json_tokener_parse_ex(tokener, text, (int)size);
    if (json_tokener_get_error(tokener) == json_tokener_continue && !memchr(text, 0, size))
        json = json_tokener_parse_ex(tokener, "", -1);
    good = json_tokener_get_error(tokener) == json_tokener_success &&
           json_tokener_get_parse_end(tokener) == size;
    json_object_put(json);
    json_tokener_free(tokener);
    return good;
}

/* Whether a key or value may begin at text[at]. */
static bool is_at_begin(const char *text, size_t at)
{
    while (at && isspace((unsigned char)text[at - 1]))
        at--;
    return !at || strchr("{,[:", text[at - 1]);
}

/* What json-c 0.16 takes although it is no JSON: control characters in strings and around
 * values, halves of surrogate pairs, numbers that start with zeros or a point, or end in one,
 * or that are none, keys in single quotes. */
static bool json_c_is_laxer(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char next = text[i + 1]; /* a NUL follows the last */

        if (text[i] == '\'' && is_at_begin(text, i))
            return true;
        if ((unsigned char)text[i] < 0x20 || (text[i] == '0' && isdigit((unsigned char)next)) ||
            (text[i] == '.' &&
                (!isdigit((unsigned char)next) || i == 0 || !isdigit((unsigned char)text[i - 1]))))
            return true;
    }
    return strcasestr(text, "\\ud") || strstr(text, "NaN") || strstr(text, "Infinity");
}

static bool told(const struct diag_list *diags, const char *code)
{
    for (size_t i = 0; i < diags->count; i++)
        if (!strcmp(diags->items[i].code, code))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* of exact size, for AddressSanitizer */
    struct diag_list diags = {0};
    struct document *document;

    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    document = document_parse("f.json", text, size, &diags);
    for (size_t i = 0; i < diags.count; i++) /* keys are quoted further behind */
        CHECK(strncmp(diags.items[i].message, "json-c refuses", strlen("json-c refuses")) != 0);
    if (document && !diags.n_errors)
        compare(document->root, document->json);
    CHECK(document || diags.n_errors);
    if (told(&diags, "W1001") && !json_c_is_laxer(text, size))
        CHECK(!json_c_takes(text, size));
    document_destroy(document);
    diag_list_finish(&diags);
    free(text);
    return 0;
}
