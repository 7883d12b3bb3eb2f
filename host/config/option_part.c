/* What is said of a value, and of the parts that have no member of their own. */
#include "config/option_fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pattern.h"
#include "config/option_rows.h"

/* The value as a message may show it: short, and never a secret, nor what a reference
 * stands for. */
static char *show(
    const struct filler *filler, const struct weir_option *row, const struct value *value)
{
    const char *text =
        json_object_to_json_string_ext(value->written, JSON_C_TO_STRING_NOSLASHESCAPE);

    if (option_is_secret(row, filler->stride))
        return mem_strdup("the given value");
    return strlen(text) > 60 ? mem_printf("%.57s...", text) : mem_strdup(text);
}

bool option_refuse(struct filler *filler, const char *code, const struct weir_option *row,
    const struct value *value, char *expected)
{
    SCOPED_FREE char *shown = show(filler, row, value);

    if (diag_is_told(filler->diags, value->place)) {
        free(expected);
        return false;
    }
    diag_add(filler->diags, DIAG_ERROR, code, value->place, "%s does not do for '%s' of %s", shown,
        row->name, filler->request->class->type)
        ->expected = expected;
    return false;
}

struct value option_part(const struct value *value, size_t i, struct json_object *json)
{
    const struct json_node *node =
        value->node && i < value->node->n_children ? &value->node->children[i] : NULL;

    return (struct value){
        .json = json,
        .node = node,
        .written = node ? node->value : value->written,
        .place = node ? node->place : value->place,
    };
}

/* -- regular expressions -- */

static bool check_pattern(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    struct weir_str text = {
        json_object_get_string(value->json), (size_t)json_object_get_string_len(value->json)};
    char why[PATTERN_WHY_MAX] = "";
    SCOPED(pattern_destroy) struct pattern *pattern = pattern_create(text, 0, why, sizeof why);

    return pattern ||
           option_refuse(filler, "W1208", row, value, mem_printf("a regular expression (%s)", why));
}

bool option_check_patterns(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    bool good = true;
    size_t i = 0;

    if (!(row->flags & WEIR_PATTERN))
        return true;
    if (json_object_is_type(value->json, json_type_string))
        return check_pattern(filler, row, value);
    if (json_object_is_type(value->json, json_type_array)) {
        for (; i < json_object_array_length(value->json); i++) {
            struct value item = option_part(value, i, json_object_array_get_idx(value->json, i));

            good &= check_pattern(filler, row, &item);
        }
    } else {
        json_object_object_foreach(value->json, key, member)
        {
            struct value item = option_part(value, i++, member);

            (void)key;
            good &= check_pattern(filler, row, &item);
        }
    }
    return good;
}

/* -- maps of objects -- */

static bool check_member(
    struct filler *filler, const struct weir_option *row, const struct value *member)
{
    struct source source = {member->node, member->json, member->written, member->place};
    struct json_object *canonical;
    bool good;

    if (!json_object_is_type(member->json, json_type_object))
        return option_refuse(filler, "W1201", row, member, mem_strdup("an object for each key"));
    canonical = json_object_new_object();
    good = options_fill_rows(filler, row->fields, row->n_fields, &source,
        filler_keep(filler, row->fields_size), canonical);
    json_object_put(canonical);
    return good;
}

bool option_check_map(
    struct filler *filler, const struct weir_option *row, const struct value *value)
{
    bool good = true;
    size_t i = 0;

    if (!json_object_is_type(value->json, json_type_object))
        return option_refuse(
            filler, "W1201", row, value, mem_strdup("an object whose values are objects"));
    json_object_object_foreach(value->json, key, json)
    {
        struct value member = option_part(value, i++, json);

        (void)key;
        good &= check_member(filler, row, &member);
    }
    return good;
}
