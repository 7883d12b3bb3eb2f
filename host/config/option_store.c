#include "config/option_fill.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/option_rows.h"
#include "config/units.h"

/* Numbers below this, given for a duration, are probably not meant as nanoseconds. */
#define DURATION_DOUBTFUL_NS NS_PER_MS

static struct weir_str keep_string(struct filler *filler, struct json_object *json)
{
    return filler_keep_text(
        filler, json_object_get_string(json), (size_t)json_object_get_string_len(json));
}

static bool refuse_type(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    return option_refuse(filler, "W1201", row, value,
        row->type == WEIR_OPTION_ENUM ? option_choice_words(row)
                                      : mem_strdup(option_type_words(row->type)));
}

static bool refuse_range(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    return option_refuse(filler, "W1202", row, value, option_range_words(row));
}

/* An integral number, also when written 5.0. Strings are none. */
static bool integral(struct json_object *json, bool *ret_negative, uint64_t *ret_magnitude)
{
    double number;
    int64_t integer;

    if (json_object_is_type(json, json_type_int)) {
        integer = json_object_get_int64(json);
        *ret_negative = integer < 0;
        *ret_magnitude = integer < 0 ? -(uint64_t)integer : json_object_get_uint64(json);
        return true;
    }
    if (!json_object_is_type(json, json_type_double))
        return false;
    number = json_object_get_double(json);
    if (!(number > -9.2e18 && number < 1.8e19) ||
        (number < 0 ? (double)(int64_t)number : (double)(uint64_t)number) != number)
        return false;
    *ret_negative = number < 0;
    *ret_magnitude = number < 0 ? (uint64_t) - (int64_t)number : (uint64_t)number;
    return true;
}

static bool store_bool(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    if (!json_object_is_type(value->json, json_type_boolean))
        return refuse_type(filler, row, value);
    *(bool *)member = json_object_get_boolean(value->json);
    return true;
}

static bool store_int(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    uint64_t magnitude;
    bool negative;
    int64_t number;

    if (!integral(value->json, &negative, &magnitude))
        return refuse_type(filler, row, value);
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return refuse_range(filler, row, value);
    number = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    if (!option_int_in_range(row, number))
        return refuse_range(filler, row, value);
    *(int64_t *)member = number;
    return true;
}

static bool store_uint(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    uint64_t magnitude;
    bool negative;

    if (!integral(value->json, &negative, &magnitude))
        return refuse_type(filler, row, value);
    if ((negative && magnitude) || !option_uint_in_range(row, magnitude))
        return refuse_range(filler, row, value);
    *(uint64_t *)member = magnitude;
    return true;
}

static bool store_float(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    double number;

    if (!json_object_is_type(value->json, json_type_double) &&
        !json_object_is_type(value->json, json_type_int))
        return refuse_type(filler, row, value);
    number = json_object_get_double(value->json);
    if (!option_float_in_range(row, number))
        return refuse_range(filler, row, value);
    *(double *)member = number;
    return true;
}

/* Sizes and durations: an integer, or a text with a unit. */
static bool store_quantity(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    bool duration = row->type == WEIR_OPTION_DURATION, negative, good;
    uint64_t number;

    if (json_object_is_type(value->json, json_type_string)) {
        const char *text = json_object_get_string(value->json);
        size_t size = (size_t)json_object_get_string_len(value->json);

        good = duration ? duration_parse(text, size, &number) : size_parse(text, size, &number);
        if (!good)
            return option_refuse(filler, duration ? "W1205" : "W1206", row, value,
                mem_strdup(option_type_words(row->type)));
    } else if (!integral(value->json, &negative, &number)) {
        return refuse_type(filler, row, value);
    } else if (negative && number) {
        return refuse_range(filler, row, value);
    } else if (duration && number && number < DURATION_DOUBTFUL_NS && value->written) {
        diag_add(filler->diags, DIAG_WARNING, "W1210", value->place,
            "'%s' of %s is %" PRIu64 " nanoseconds", row->name, filler->request->class->type,
            number)
            ->suggestion =
            mem_printf("did you mean \"%" PRIu64 "s\" or \"%" PRIu64 "ms\"?", number, number);
    }
    if (!option_uint_in_range(row, number))
        return refuse_range(filler, row, value);
    *(uint64_t *)member = number;
    return true;
}

static bool store_string(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    if (!json_object_is_type(value->json, json_type_string))
        return refuse_type(filler, row, value);
    *(struct weir_str *)member = keep_string(filler, value->json);
    return true;
}

static bool store_enum(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    const char *text = json_object_get_string(value->json);
    size_t size;

    if (!json_object_is_type(value->json, json_type_string))
        return refuse_type(filler, row, value);
    size = (size_t)json_object_get_string_len(value->json);
    for (uint32_t i = 0; row->choices[i]; i++)
        if (size == strlen(row->choices[i]) && !memcmp(text, row->choices[i], size)) {
            *(uint32_t *)member = i;
            return true;
        }
    return option_refuse(filler, "W1203", row, value, option_choice_words(row));
}

/* A part that had to be a string. */
static bool refuse_part(
    struct filler *filler, const struct weir_option *row, const struct value *value, size_t i)
{
    struct value item = option_part(value, i, NULL);

    return refuse_type(filler, row, &item);
}

static bool store_string_list(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    struct weir_str *items;
    size_t count;

    if (!json_object_is_type(value->json, json_type_array))
        return refuse_type(filler, row, value);
    count = json_object_array_length(value->json);
    items = filler_keep(filler, count * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(value->json, i);

        if (!json_object_is_type(item, json_type_string))
            return refuse_part(filler, row, value, i);
        items[i] = keep_string(filler, item);
    }
    *(struct weir_str_list *)member = (struct weir_str_list){items, count};
    return true;
}

static bool store_string_map(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    struct weir_kv *items;
    size_t count = 0;

    if (!json_object_is_type(value->json, json_type_object))
        return refuse_type(filler, row, value);
    items = filler_keep(filler, (size_t)json_object_object_length(value->json) * sizeof *items);
    json_object_object_foreach(value->json, key, item)
    {
        if (!json_object_is_type(item, json_type_string))
            return refuse_part(filler, row, value, count);
        items[count].key = filler_keep_text(filler, key, strlen(key));
        items[count++].value = keep_string(filler, item);
    }
    *(struct weir_str_map *)member = (struct weir_str_map){items, count};
    return true;
}

static bool store_object(struct filler *filler, const struct weir_option *row,
    const struct value *value, void *member, struct json_object **canonical)
{
    struct source source = {value->node, value->json, value->written, value->place};

    if (!json_object_is_type(value->json, json_type_object))
        return refuse_type(filler, row, value);
    *canonical = json_object_new_object();
    return options_fill_rows(filler, row->fields, row->n_fields, &source, member, *canonical);
}

static bool store_object_list(struct filler *filler, const struct weir_option *row,
    const struct value *value, void *member, struct json_object **canonical)
{
    size_t count;
    char *items;
    bool good = true;

    if (!json_object_is_type(value->json, json_type_array))
        return refuse_type(filler, row, value);
    count = json_object_array_length(value->json);
    items = filler_keep(filler, count * row->fields_size);
    *canonical = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        struct value item = option_part(value, i, json_object_array_get_idx(value->json, i));
        struct json_object *one = NULL;

        good &= store_object(filler, row, &item, items + i * row->fields_size, &one);
        json_object_array_add(*canonical, one);
    }
    *(struct weir_object_list *)member = (struct weir_object_list){items, count};
    return good;
}

static bool store_json(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    const char *text = json_object_to_json_string_ext(
        value->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    *(struct weir_str *)member = filler_keep_text(filler, text, strlen(text));
    return !row->fields || option_check_map(filler, row, value);
}

static bool store_by_type(struct filler *filler, const struct weir_option *row,
    const struct value *value, void *member, struct json_object **canonical)
{
    switch (row->type) {
    case WEIR_OPTION_BOOL:
        return store_bool(filler, row, value, member);
    case WEIR_OPTION_INT:
        return store_int(filler, row, value, member);
    case WEIR_OPTION_UINT:
        return store_uint(filler, row, value, member);
    case WEIR_OPTION_FLOAT:
        return store_float(filler, row, value, member);
    case WEIR_OPTION_SIZE:
    case WEIR_OPTION_DURATION:
        return store_quantity(filler, row, value, member);
    case WEIR_OPTION_STRING:
        return store_string(filler, row, value, member);
    case WEIR_OPTION_ENUM:
        return store_enum(filler, row, value, member);
    case WEIR_OPTION_STRING_LIST:
        return store_string_list(filler, row, value, member);
    case WEIR_OPTION_STRING_MAP:
        return store_string_map(filler, row, value, member);
    case WEIR_OPTION_OBJECT:
        return store_object(filler, row, value, member, canonical);
    case WEIR_OPTION_OBJECT_LIST:
        return store_object_list(filler, row, value, member, canonical);
    case WEIR_OPTION_JSON:
        return store_json(filler, row, value, member);
    default:
        assert(false && "a checked table has no other types");
        return false;
    }
}

/* The value as canonical JSON has it: integers as such, also 5.0; sizes in bytes,
 * durations in nanoseconds. */
static struct json_object *canonical_json(
    const struct weir_option *row, struct json_object *json, const void *member)
{
    switch (row->type) {
    case WEIR_OPTION_INT:
        return json_object_new_int64(*(const int64_t *)member);
    case WEIR_OPTION_UINT:
    case WEIR_OPTION_SIZE:
    case WEIR_OPTION_DURATION:
        return json_object_new_uint64(*(const uint64_t *)member);
    default:
        return json_object_get(json);
    }
}

bool option_store(struct filler *filler, const struct weir_option *row, const struct value *value,
    void *member, struct json_object **ret_canonical)
{
    struct json_object *canonical = NULL;

    if (!store_by_type(filler, row, value, member, &canonical) ||
        !option_check_patterns(filler, row, value)) {
        json_object_put(canonical);
        return false;
    }
    *ret_canonical = canonical ? canonical : canonical_json(row, value->json, member);
    return true;
}
