#include "config/options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/option_rows.h"
#include "config/reference.h"
#include "config/suggest.h"
#include "config/units.h"

/* Numbers below this, given for a duration, are probably not meant as nanoseconds. */
#define DURATION_DOUBTFUL_NS NS_PER_MS

/* Everything that filled values point to; freed together. */
struct keep {
    void **items;
    size_t count, capacity;
};

struct filler {
    const struct options_request *request;
    struct diag_list *diags;
    struct keep *keep;
    uint32_t stride;
};

/* One value on its way into its member. */
struct value {
    struct json_object *json;     /* a reference of its own */
    const struct json_node *node; /* NULL: a default */
    struct place place;
};

static void *keep_memory(struct filler *filler, size_t size)
{
    struct keep *keep = filler->keep;

    MEM_GROW(keep->items, keep->count, keep->capacity);
    return keep->items[keep->count++] = mem_zalloc(size);
}

static struct weir_str keep_text(struct filler *filler, const char *data, size_t size)
{
    char *copy = keep_memory(filler, size + 1);

    if (size)
        memcpy(copy, data, size);
    return (struct weir_str){copy, size};
}

static struct weir_str keep_string(struct filler *filler, struct json_object *json)
{
    return keep_text(
        filler, json_object_get_string(json), (size_t)json_object_get_string_len(json));
}

void options_destroy(struct options *options)
{
    struct keep *keep;

    if (!options)
        return;
    keep = options->memory;
    for (size_t i = 0; i < keep->count; i++)
        free(keep->items[i]);
    free((void *)keep->items);
    free(keep);
    if (options->json)
        explicit_bzero(options->json, options->json_size);
    free(options->json);
    free(options);
}

/* -- what is wrong with a value -- */

/* The value as a message may show it: short, and never a secret. */
static char *show(const struct weir_option *row, struct json_object *json)
{
    const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE);

    if (row->flags & WEIR_SECRET)
        return mem_strdup("the given value");
    return strlen(text) > 60 ? mem_printf("%.57s...", text) : mem_strdup(text);
}

static bool refuse(struct filler *filler, const char *code, const struct weir_option *row,
    const struct value *value, char *expected)
{
    SCOPED_FREE char *shown = show(row, value->json);

    diag_add(filler->diags, DIAG_ERROR, code, value->place, "%s does not do for '%s' of %s", shown,
        row->name, filler->request->class->type)
        ->expected = expected;
    return false;
}

static bool refuse_type(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    return refuse(filler, "W1201", row, value, mem_strdup(option_type_words(row->type)));
}

static bool refuse_range(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    return refuse(filler, "W1202", row, value, option_range_words(row));
}

/* -- one value, by type -- */

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
            return refuse(filler, duration ? "W1205" : "W1206", row, value,
                mem_strdup(option_type_words(row->type)));
    } else if (!integral(value->json, &negative, &number)) {
        return refuse_type(filler, row, value);
    } else if (negative && number) {
        return refuse_range(filler, row, value);
    } else if (duration && number && number < DURATION_DOUBTFUL_NS && value->node) {
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

    if (!json_object_is_type(value->json, json_type_string))
        return refuse_type(filler, row, value);
    for (uint32_t i = 0; row->choices[i]; i++)
        if (!strcmp(text, row->choices[i])) {
            *(uint32_t *)member = i;
            return true;
        }
    return refuse(filler, "W1203", row, value, option_choice_words(row));
}

static bool store_string_list(
    struct filler *filler, const struct weir_option *row, const struct value *value, void *member)
{
    struct weir_str *items;
    size_t count;

    if (!json_object_is_type(value->json, json_type_array))
        return refuse_type(filler, row, value);
    count = json_object_array_length(value->json);
    items = keep_memory(filler, count * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(value->json, i);

        if (!json_object_is_type(item, json_type_string))
            return refuse_type(filler, row, value);
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
    items = keep_memory(filler, (size_t)json_object_object_length(value->json) * sizeof *items);
    json_object_object_foreach(value->json, key, item)
    {
        if (!json_object_is_type(item, json_type_string))
            return refuse_type(filler, row, value);
        items[count].key = keep_text(filler, key, strlen(key));
        items[count++].value = keep_string(filler, item);
    }
    *(struct weir_str_map *)member = (struct weir_str_map){items, count};
    return true;
}

static bool fill_rows(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *object, struct json_object *values, struct place place, char *base,
    struct json_object *canonical);

static bool store_object(struct filler *filler, const struct weir_option *row,
    const struct value *value, void *member, struct json_object **canonical)
{
    if (!json_object_is_type(value->json, json_type_object))
        return refuse_type(filler, row, value);
    *canonical = json_object_new_object();
    return fill_rows(filler, row->fields, row->n_fields, value->node, value->json, value->place,
        member, *canonical);
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
    items = keep_memory(filler, count * row->fields_size);
    *canonical = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        const struct json_node *child = /* none when the list came out of a reference */
            value->node && i < value->node->n_children ? &value->node->children[i] : NULL;
        struct value item = {
            json_object_array_get_idx(value->json, i), child, child ? child->place : value->place};
        struct json_object *one = NULL;

        good &= store_object(filler, row, &item, items + i * row->fields_size, &one);
        json_object_array_add(*canonical, one);
    }
    *(struct weir_object_list *)member = (struct weir_object_list){items, count};
    return good;
}

static bool store_json(struct filler *filler, const struct value *value, void *member)
{
    const char *text = json_object_to_json_string_ext(
        value->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    *(struct weir_str *)member = keep_text(filler, text, strlen(text));
    return true;
}

static bool store(struct filler *filler, const struct weir_option *row, const struct value *value,
    void *member, struct json_object **canonical)
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
        return store_json(filler, value, member);
    default:
        assert(false && "a checked table has no other types");
        return false;
    }
}

/* -- references -- */

static bool resolve_string(struct filler *filler, const struct weir_option *row, struct place place,
    struct json_object **json)
{
    SCOPED_BUF struct buf text = {0};
    const char *from = json_object_get_string(*json);
    size_t size = (size_t)json_object_get_string_len(*json);
    struct json_object *resolved = NULL;
    bool whole;

    if (!reference_present(from, size))
        return true;
    if (!reference_resolve(from, size, place, &text, &whole, filler->diags))
        return false;
    if (whole && option_wants_json(row->type))
        resolved = option_parse_json(buf_text(&text));
    if (!resolved)
        resolved = json_object_new_string_len(buf_text(&text), (int)text.size);
    json_object_put(*json);
    *json = resolved;
    return true;
}

/* The value with its references resolved, strings in lists and maps, too. Nested
 * objects resolve their own. */
static bool resolve(struct filler *filler, const struct weir_option *row, const struct value *value,
    struct json_object **json)
{
    bool good = true;

    if (json_object_is_type(*json, json_type_string))
        return resolve_string(filler, row, value->place, json);
    if (row->type == WEIR_OPTION_STRING_LIST && json_object_is_type(*json, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(*json); i++) {
            struct json_object *item = json_object_get(json_object_array_get_idx(*json, i));

            if (json_object_is_type(item, json_type_string))
                good &= resolve_string(filler, row, value->place, &item);
            json_object_array_put_idx(*json, i, item);
        }
    } else if (row->type == WEIR_OPTION_STRING_MAP &&
               json_object_is_type(*json, json_type_object)) {
        json_object_object_foreach(*json, key, member)
        {
            struct json_object *item = json_object_get(member);

            if (json_object_is_type(item, json_type_string))
                good &= resolve_string(filler, row, value->place, &item);
            json_object_object_add(*json, key, item);
        }
    }
    return good;
}

static struct json_object *deep_copy(struct json_object *json)
{
    struct json_object *copy = NULL;

    json_object_deep_copy(json, &copy, NULL);
    return copy;
}

/* -- one row, all rows -- */

static bool is_empty(struct json_object *json)
{
    switch (json_object_get_type(json)) {
    case json_type_string:
        return json_object_get_string_len(json) == 0;
    case json_type_array:
        return json_object_array_length(json) == 0;
    case json_type_object:
        return json_object_object_length(json) == 0;
    default:
        return false;
    }
}

static bool refuse_missing(
    struct filler *filler, const struct weir_option *row, struct place place, bool given)
{
    struct diag *diag = diag_add(filler->diags, DIAG_ERROR, "W1204", place,
        given ? "'%s' of %s must not be empty" : "'%s' of %s is required", row->name,
        filler->request->class->type);

    if (row->help)
        diag->expected = mem_printf("%s: %s", row->name, row->help);
    return false;
}

static bool fill_row(struct filler *filler, const struct weir_option *row,
    const struct json_node *node, struct json_object *given, struct place place, char *base,
    struct json_object *canonical)
{
    struct value value = {NULL, node, node ? node->place : place};
    struct json_object *shown = NULL;
    bool good;

    if (node && (row->flags & WEIR_SECRET))
        diag_secret_line(filler->diags, node->place.line);
    if (!given && (row->flags & WEIR_REQUIRED))
        return refuse_missing(filler, row, place, false);
    value.json = given ? deep_copy(given) : option_default_json(row);
    if (!value.json) /* no default: zero, or empty */
        return true;
    good = resolve(filler, row, &value, &value.json);
    if (good && given && (row->flags & WEIR_REQUIRED) && is_empty(value.json))
        good = refuse_missing(filler, row, value.place, true);
    if (good)
        good = store(filler, row, &value, base + row->offset, &shown);
    if (good && given && row->present_offset != WEIR_NO_OFFSET)
        *(bool *)(void *)(base + row->present_offset) = true;
    if (!shown)
        shown = json_object_get(value.json);
    json_object_object_add(canonical, row->name, shown);
    json_object_put(value.json);
    return good;
}

static bool skipped(const struct filler *filler, const struct json_node *object, const char *key)
{
    const char *const *skip = object == filler->request->object ? filler->request->skip_keys : NULL;

    if (!strcmp(key, "$schema") || !strncasecmp(key, "x-", 2))
        return true;
    for (; skip && *skip; skip++)
        if (!strcasecmp(*skip, key))
            return true;
    return false;
}

static const char *nearest_row(
    const struct filler *filler, const struct weir_option *rows, uint32_t n_rows, const char *key)
{
    struct suggestion suggestion;
    const char *synonym;

    for (size_t i = 0; (synonym = suggest_synonym(key, i)); i++)
        for (uint32_t j = 0; j < n_rows; j++)
            if (!strcmp(option_row(rows, filler->stride, j)->name, synonym))
                return synonym;
    suggest_start(&suggestion, key);
    for (uint32_t j = 0; j < n_rows; j++)
        suggest_offer(&suggestion, option_row(rows, filler->stride, j)->name);
    return suggestion.best;
}

static bool refuse_unknown(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *child)
{
    bool compat = filler->request->compat;
    const char *near = nearest_row(filler, rows, n_rows, child->key);
    struct diag *diag =
        diag_add(filler->diags, compat ? DIAG_WARNING : DIAG_ERROR, compat ? "W1314" : "W1003",
            child->key_place, "%s has no option '%s'", filler->request->class->type, child->key);

    if (near)
        diag->suggestion = mem_printf("did you mean '%s'?", near);
    return compat;
}

static const struct weir_option *find_row(
    const struct filler *filler, const struct weir_option *rows, uint32_t n_rows, const char *key)
{
    for (uint32_t i = 0; i < n_rows; i++)
        if (!strcasecmp(option_row(rows, filler->stride, i)->name, key))
            return option_row(rows, filler->stride, i);
    return NULL;
}

static bool check_key(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *object, const struct json_node *child)
{
    const struct weir_option *row = find_row(filler, rows, n_rows, child->key);

    if (!row)
        return refuse_unknown(filler, rows, n_rows, child);
    if (row->replaced_by)
        diag_add(filler->diags, DIAG_WARNING, "W1207", child->key_place, "'%s' of %s is deprecated",
            row->name, filler->request->class->type)
            ->suggestion = mem_printf("use '%s' instead", row->replaced_by);
    return !json_twin(object, child, filler->diags);
}

/* Keys that no row has, that are there twice, and deprecated ones. */
static bool check_keys(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *object)
{
    bool good = true;

    for (size_t i = 0; object && i < object->n_children; i++)
        if (!skipped(filler, object, object->children[i].key))
            good &= check_key(filler, rows, n_rows, object, &object->children[i]);
    return good;
}

static struct json_object *member_value(struct json_object *values, const char *name)
{
    json_object_object_foreach(values, key, value)
    {
        if (!strcasecmp(key, name))
            return value;
    }
    return NULL;
}

static bool fill_rows(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *object, struct json_object *values, struct place place, char *base,
    struct json_object *canonical)
{
    bool good = check_keys(filler, rows, n_rows, object);

    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, filler->stride, i);
        const struct json_node *node = object ? json_member(object, row->name) : NULL;
        struct json_object *given = node     ? node->value
                                    : values ? member_value(values, row->name)
                                             : NULL;

        good &= fill_row(filler, row, node, given, place, base, canonical);
    }
    return good;
}

static void keep_json(struct options *options, struct json_object *canonical)
{
    const char *text = json_object_to_json_string_ext(
        canonical, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    options->json = mem_strdup(text);
    options->json_size = strlen(text);
}

struct options *options_fill(const struct options_request *request, struct diag_list *diags)
{
    const struct config_class *class = request->class;
    struct options *options = mem_zalloc(sizeof *options);
    struct filler filler = {request, diags, mem_zalloc(sizeof *filler.keep), class->option_stride};
    struct json_object *canonical = json_object_new_object();
    bool good;

    options->memory = filler.keep;
    if (class->options_size)
        options->values = keep_memory(&filler, class->options_size);
    good = fill_rows(&filler, class->options, class->n_options, request->object, NULL,
        request->place, options->values, canonical);
    keep_json(options, canonical);
    json_object_put(canonical);
    if (good)
        return options;
    options_destroy(options);
    return NULL;
}
