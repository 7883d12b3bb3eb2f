#include "config/options.h"

#include <string.h>
#include <strings.h>
#include "base/mem.h"
#include "config/option_fill.h"
#include "config/option_rows.h"
#include "config/suggest.h"

void *filler_keep(struct filler *filler, size_t size)
{
    struct keep *keep = filler->keep;

    MEM_GROW(keep->items, keep->count, keep->capacity);
    return keep->items[keep->count++] = mem_zalloc(size);
}

struct weir_str filler_keep_text(struct filler *filler, const char *data, size_t size)
{
    char *copy = filler_keep(filler, size + 1);

    if (size)
        memcpy(copy, data, size);
    return (struct weir_str){copy, size};
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

static struct json_object *deep_copy(struct json_object *json)
{
    struct json_object *copy = NULL;

    json_object_deep_copy(json, &copy, NULL);
    return copy;
}

/* -- one row, all rows -- */

struct table {
    const struct weir_option *rows;
    uint32_t n_rows;
};

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

/* What a value is when nobody gives one. */
static bool is_zero(struct json_object *json)
{
    switch (json_object_get_type(json)) {
    case json_type_null:
        return true;
    case json_type_boolean:
        return !json_object_get_boolean(json);
    case json_type_int:
    case json_type_double:
        return json_object_get_double(json) == 0;
    default:
        return is_empty(json);
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

/* A member that nothing is given for: a string is empty, and a NUL follows. */
static bool leave_empty(struct filler *filler, const struct weir_option *row, void *member)
{
    if (row->type == WEIR_OPTION_STRING || row->type == WEIR_OPTION_JSON)
        *(struct weir_str *)member = filler_keep_text(filler, "", 0);
    return true;
}

static bool fill_given(struct filler *filler, const struct weir_option *row, struct value *value,
    char *base, struct json_object *canonical)
{
    void *member = base + row->offset;
    struct json_object *shown;

    if (value->written && !option_resolve(filler, row, value))
        return false;
    if (value->written && (row->flags & WEIR_REQUIRED) && is_empty(value->json))
        return refuse_missing(filler, row, value->place, true);
    if (!option_store(filler, row, value, member, &shown))
        return false;
    if (value->written && row->present_offset != WEIR_NO_OFFSET)
        *(bool *)(void *)(base + row->present_offset) = true;
    json_object_object_add(canonical, row->name, shown);
    return true;
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

static const struct weir_option *find_row(
    const struct filler *filler, const struct weir_option *rows, uint32_t n_rows, const char *key)
{
    for (uint32_t i = 0; i < n_rows; i++)
        if (!strcasecmp(option_row(rows, filler->stride, i)->name, key))
            return option_row(rows, filler->stride, i);
    return NULL;
}

static const struct weir_option *nearest_row(
    const struct filler *filler, const struct weir_option *rows, uint32_t n_rows, const char *key)
{
    const struct weir_option *found = NULL;
    struct suggestion suggestion;
    const char *synonym;

    if (filler->diags->n_hidden) /* nobody will see it */
        return NULL;
    for (size_t i = 0; !found && (synonym = suggest_synonym(key, i)); i++)
        found = find_row(filler, rows, n_rows, synonym);
    if (found)
        return found;
    suggest_start(&suggestion, key);
    for (uint32_t j = 0; j < n_rows; j++)
        suggest_offer(&suggestion, option_row(rows, filler->stride, j)->name);
    return suggestion.best ? find_row(filler, rows, n_rows, suggestion.best) : NULL;
}

/* Whether the option is there after all, in another place or under a name that is told to
 * be unknown. */
static bool told_otherwise(const struct filler *filler, const struct table *table,
    const struct weir_option *row, const struct json_node *object)
{
    const struct json_node *misplaced = filler->request->misplaced;

    if (filler->request->compat)
        return false;
    if (misplaced && object == filler->request->object && json_member(misplaced, row->name))
        return true;
    for (size_t i = 0; object && i < object->n_children; i++) {
        const char *key = object->children[i].key;

        if (!skipped(filler, object, key) && !find_row(filler, table->rows, table->n_rows, key) &&
            nearest_row(filler, table->rows, table->n_rows, key) == row)
            return true;
    }
    return false;
}

static bool fill_row(struct filler *filler, const struct table *table,
    const struct weir_option *row, const struct json_node *node, struct json_object *given,
    const struct source *source, char *base, struct json_object *canonical)
{
    struct value value = {NULL, node, given, node ? node->place : source->place};
    bool good;

    if (node &&
        (row->flags & WEIR_SECRET || (!node->n_children && option_is_secret(row, filler->stride))))
        diag_secret_line(filler->diags, node->place.line);
    if (!given && source->given && (row->flags & WEIR_REQUIRED)) {
        if (!told_otherwise(filler, table, row, source->node))
            refuse_missing(filler, row, source->place, false);
        return false;
    }
    value.json = given ? deep_copy(given) : option_default_json(row);
    if (!value.json)
        return leave_empty(filler, row, base + row->offset);
    good = fill_given(filler, row, &value, base, canonical);
    json_object_put(value.json);
    return good;
}

/* An option of upstream's that is not here, and as it is written asks for nothing. */
static bool asks_for_nothing(const struct filler *filler, const struct json_node *child)
{
    const char *const *absent = filler->request->class->absent;

    for (; absent && *absent; absent++)
        if (!strcasecmp(*absent, child->key))
            return is_zero(child->value);
    return false;
}

static bool refuse_unknown(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *child)
{
    bool compat = filler->request->compat;
    const struct weir_option *near = nearest_row(filler, rows, n_rows, child->key);
    struct diag *diag =
        diag_add(filler->diags, compat ? DIAG_WARNING : DIAG_ERROR, compat ? "W1314" : "W1003",
            child->key_place, "%s has no option '%s'", filler->request->class->type, child->key);

    if (near)
        diag->suggestion = mem_printf("did you mean '%s'?", near->name);
    if (near && option_is_secret(near, filler->stride)) /* a misspelt secret is one, too */
        diag_secret_line(filler->diags, child->place.line);
    return compat;
}

static bool check_key(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct json_node *object, const struct json_node *child)
{
    const struct weir_option *row = find_row(filler, rows, n_rows, child->key);

    if (!row && filler->request->partial)
        return true;
    if (!row && object == filler->request->object && asks_for_nothing(filler, child)) {
        diag_add(filler->diags, DIAG_NOTE, "W1311", child->key_place, "'%s' means nothing here",
            child->key);
        return !json_twin(object, child, filler->diags);
    }
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
    const struct source *source)
{
    const struct json_node *object = source->node;
    bool good = true;

    for (size_t i = 0; object && i < object->n_children; i++)
        if (!skipped(filler, object, object->children[i].key))
            good &= check_key(filler, rows, n_rows, object, &object->children[i]);
    if (object || !source->values)
        return good;
    json_object_object_foreach(source->values, key, value)
    {
        struct json_node child = {.key = key, .value = value, .key_place = source->place};

        if (!find_row(filler, rows, n_rows, key))
            good &= refuse_unknown(filler, rows, n_rows, &child);
    }
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

bool options_fill_rows(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct source *source, char *base, struct json_object *canonical)
{
    const struct table table = {rows, n_rows};
    bool good = check_keys(filler, rows, n_rows, source);

    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, filler->stride, i);
        const struct json_node *node = source->node ? json_member(source->node, row->name) : NULL;
        struct json_object *given = node             ? node->value
                                    : source->values ? member_value(source->values, row->name)
                                                     : NULL;

        good &= fill_row(filler, &table, row, node, given, source, base, canonical);
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
    struct source source = {request->object, NULL, true, request->place};
    bool good;

    options->memory = filler.keep;
    if (class->options_size)
        options->values = filler_keep(&filler, class->options_size);
    good = options_fill_rows(
        &filler, class->options, class->n_options, &source, options->values, canonical);
    keep_json(options, canonical);
    json_object_put(canonical);
    if (good)
        return options;
    options_destroy(options);
    return NULL;
}
