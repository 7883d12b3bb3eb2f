#include "config/option_rows.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/units.h"

/* A bound as a number of the option's type; `otherwise` when there is none. */
static uint64_t uint_bound(const struct weir_option *row, const char *text, uint64_t otherwise)
{
    uint64_t number = otherwise;

    if (!text)
        return otherwise;
    if (row->type == WEIR_OPTION_DURATION)
        duration_parse(text, strlen(text), &number);
    else if (row->type == WEIR_OPTION_SIZE)
        size_parse(text, strlen(text), &number);
    else
        number = strtoull(text, NULL, 10);
    return number;
}

bool option_int_in_range(const struct weir_option *row, int64_t number)
{
    return (!row->min || number >= strtoll(row->min, NULL, 10)) &&
           (!row->max || number <= strtoll(row->max, NULL, 10));
}

bool option_uint_in_range(const struct weir_option *row, uint64_t number)
{
    return number >= uint_bound(row, row->min, 0) &&
           number <= uint_bound(row, row->max, UINT64_MAX);
}

bool option_float_in_range(const struct weir_option *row, double number)
{
    return (!row->min || number >= strtod(row->min, NULL)) &&
           (!row->max || number <= strtod(row->max, NULL));
}

const char *option_type_words(uint32_t type)
{
    static const char *const words[] = {
        [WEIR_OPTION_BOOL] = "true or false",
        [WEIR_OPTION_INT] = "an integer",
        [WEIR_OPTION_UINT] = "an integer, not negative",
        [WEIR_OPTION_FLOAT] = "a number",
        [WEIR_OPTION_SIZE] = "a size: bytes, or a text like \"64KiB\" or \"10MB\"",
        [WEIR_OPTION_DURATION] =
            "a duration: a text like \"10s\" or \"500ms\", or an integer of nanoseconds",
        [WEIR_OPTION_STRING] = "a string",
        [WEIR_OPTION_ENUM] = "a string, one of the choices",
        [WEIR_OPTION_STRING_LIST] = "a list of strings",
        [WEIR_OPTION_STRING_MAP] = "an object whose values are strings",
        [WEIR_OPTION_OBJECT] = "an object",
        [WEIR_OPTION_OBJECT_LIST] = "a list of objects",
        [WEIR_OPTION_JSON] = "any JSON value",
    };

    return type < ARRAY_SIZE(words) && words[type] ? words[type] : "?";
}

char *option_range_words(const struct weir_option *row)
{
    bool counts = row->type == WEIR_OPTION_UINT || row->type == WEIR_OPTION_SIZE ||
                  row->type == WEIR_OPTION_DURATION;
    const char *min = row->min ? row->min : counts ? "0" : NULL;

    if (min && row->max)
        return mem_printf("%s to %s", min, row->max);
    if (row->min)
        return mem_printf("%s or more", min);
    if (row->max)
        return mem_printf("at most %s", row->max);
    if (counts)
        return mem_strdup("0 or more, in 64 bits");
    return mem_printf("%s that fits 64 bits", option_type_words(row->type));
}

char *option_choice_words(const struct weir_option *row)
{
    struct buf words = {0};

    buf_puts(&words, "one of");
    for (size_t i = 0; row->choices[i]; i++)
        buf_printf(&words, "%s \"%s\"", i ? "," : "", row->choices[i]);
    return buf_take(&words);
}

bool option_wants_json(uint32_t type)
{
    return type != WEIR_OPTION_STRING && type != WEIR_OPTION_ENUM;
}

bool option_may_be_pattern(uint32_t type)
{
    return type == WEIR_OPTION_STRING || type == WEIR_OPTION_STRING_LIST ||
           type == WEIR_OPTION_STRING_MAP;
}

struct json_object *option_parse_json(const char *text)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *json;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    json = json_tokener_parse_ex(tokener, text, -1);
    json_tokener_free(tokener);
    return json;
}

struct json_object *option_default_json(const struct weir_option *row)
{
    struct json_object *json = NULL;

    if (!row->default_text)
        return row->type == WEIR_OPTION_OBJECT ? json_object_new_object() : NULL;
    if (option_wants_json(row->type))
        json = option_parse_json(row->default_text);
    return json ? json : json_object_new_string(row->default_text);
}

bool option_is_secret(const struct weir_option *row, uint32_t stride)
{
    bool secret = row->flags & WEIR_SECRET;

    for (uint32_t i = 0; i < row->n_fields; i++)
        secret |= option_is_secret(option_row(row->fields, stride, i), stride);
    return secret;
}

uint32_t option_member_size(const struct weir_option *row)
{
    static const uint8_t sizes[] = {
        [WEIR_OPTION_BOOL] = sizeof(bool),
        [WEIR_OPTION_INT] = sizeof(int64_t),
        [WEIR_OPTION_UINT] = sizeof(uint64_t),
        [WEIR_OPTION_FLOAT] = sizeof(double),
        [WEIR_OPTION_SIZE] = sizeof(uint64_t),
        [WEIR_OPTION_DURATION] = sizeof(uint64_t),
        [WEIR_OPTION_STRING] = sizeof(struct weir_str),
        [WEIR_OPTION_ENUM] = sizeof(uint32_t),
        [WEIR_OPTION_STRING_LIST] = sizeof(struct weir_str_list),
        [WEIR_OPTION_STRING_MAP] = sizeof(struct weir_str_map),
        [WEIR_OPTION_OBJECT_LIST] = sizeof(struct weir_object_list),
        [WEIR_OPTION_JSON] = sizeof(struct weir_str),
    };

    if (row->type == WEIR_OPTION_OBJECT)
        return row->fields_size;
    return row->type < ARRAY_SIZE(sizes) ? sizes[row->type] : 0;
}

uint32_t option_member_align(const struct weir_option *row)
{
    switch (row->type) {
    case WEIR_OPTION_BOOL:
    case WEIR_OPTION_OBJECT: /* its fields are checked one by one */
        return 1;
    case WEIR_OPTION_ENUM:
        return 4;
    default:
        return 8;
    }
}
