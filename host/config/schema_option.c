#include "config/schema_option.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/option_rows.h"
#include "config/units.h"

#define NUMBER "[0-9]+(\\.[0-9]{1,9})?"
#define DURATION_PATTERN "^(0|(" NUMBER "(ns|us|ms|s|m|h|d))+)$"
#define SIZE_PATTERN "^" NUMBER "([kKmMgGtT][iI]?[bB]|[bB])?$"
#define REFERENCE_PATTERN "\\$\\{"

static struct json_object *schema_of_rows(
    const struct weir_option *rows, uint32_t stride, uint32_t n_rows);

void schema_put(struct json_object *object, const char *key, const char *text)
{
    if (text)
        json_object_object_add(object, key, json_object_new_string(text));
}

struct json_object *schema_typed(const char *type, const char *pattern)
{
    struct json_object *schema = json_object_new_object();

    schema_put(schema, "type", type);
    schema_put(schema, "pattern", pattern);
    return schema;
}

void schema_close(struct json_object *object)
{
    struct json_object *patterns = json_object_new_object();
    struct json_object *properties = json_object_object_get(object, "properties");

    json_object_object_add(properties, "$schema", json_object_new_object());
    json_object_object_add(patterns, "^[xX]-", json_object_new_object());
    json_object_object_add(object, "patternProperties", patterns);
    json_object_object_add(object, "additionalProperties", json_object_new_boolean(false));
}

/* Whether the option must be there: itself, or something inside of it. */
static bool needs(const struct weir_option *row, uint32_t stride)
{
    if (row->flags & WEIR_REQUIRED)
        return true;
    if (row->type != WEIR_OPTION_OBJECT || row->default_text)
        return false;
    for (uint32_t i = 0; i < row->n_fields; i++)
        if (needs(option_row(row->fields, stride, i), stride))
            return true;
    return false;
}

bool schema_class_needs(const struct config_class *class)
{
    for (uint32_t i = 0; i < class->n_options; i++)
        if (needs(option_row(class->options, class->option_stride, i), class->option_stride))
            return true;
    return false;
}

/* -- bounds -- */

static struct json_object *bound(const struct weir_option *row, const char *text)
{
    uint64_t number = 0;

    switch (row->type) {
    case WEIR_OPTION_INT:
        return json_object_new_int64(strtoll(text, NULL, 10));
    case WEIR_OPTION_FLOAT:
        return json_object_new_double(strtod(text, NULL));
    case WEIR_OPTION_SIZE:
        size_parse(text, strlen(text), &number);
        break;
    case WEIR_OPTION_DURATION:
        duration_parse(text, strlen(text), &number);
        break;
    default:
        number = strtoull(text, NULL, 10);
        break;
    }
    return json_object_new_uint64(number);
}

static struct json_object *number_schema(const struct weir_option *row)
{
    bool is_float = row->type == WEIR_OPTION_FLOAT, is_int = row->type == WEIR_OPTION_INT;
    struct json_object *schema = schema_typed(is_float ? "number" : "integer", NULL);

    if (row->min)
        json_object_object_add(schema, "minimum", bound(row, row->min));
    else if (!is_float)
        json_object_object_add(schema, "minimum", json_object_new_int64(is_int ? INT64_MIN : 0));
    if (row->max)
        json_object_object_add(schema, "maximum", bound(row, row->max));
    else if (!is_float)
        json_object_object_add(
            schema, "maximum", json_object_new_uint64(is_int ? INT64_MAX : UINT64_MAX));
    return schema;
}

/* -- one row -- */

/* A choice that is an extension may have the id of one that is declared. */
static struct json_object *choices_schema(const struct weir_option *row)
{
    struct json_object *schema = json_object_new_object(), *exact = json_object_new_object();
    struct json_object *choices = json_object_new_array(), *ways = json_object_new_array();

    json_object_object_add(exact, "enum", choices);
    json_object_array_add(ways, exact);
    for (size_t i = 0; row->choices[i]; i++) {
        SCOPED_FREE char *pattern = mem_printf("^%s/[^/]", row->choices[i]);

        json_object_array_add(choices, json_object_new_string(row->choices[i]));
        if (!strncmp(row->choices[i], "ext_", 4))
            json_object_array_add(ways, schema_typed("string", pattern));
    }
    json_object_object_add(schema, "anyOf", ways);
    return schema;
}

static struct json_object *list_schema(const struct weir_option *row, struct json_object *items)
{
    struct json_object *schema = schema_typed("array", NULL);

    json_object_object_add(schema, "items", items);
    if (row->flags & WEIR_REQUIRED)
        json_object_object_add(schema, "minItems", json_object_new_int(1));
    return schema;
}

static struct json_object *string_schema(const struct weir_option *row)
{
    struct json_object *schema = schema_typed("string", NULL);

    if (row->flags & WEIR_REQUIRED)
        json_object_object_add(schema, "minLength", json_object_new_int(1));
    return schema;
}

static struct json_object *map_schema(const struct weir_option *row)
{
    struct json_object *schema = schema_typed("object", NULL);

    json_object_object_add(schema, "additionalProperties", schema_typed("string", NULL));
    if (row->flags & WEIR_REQUIRED)
        json_object_object_add(schema, "minProperties", json_object_new_int(1));
    return schema;
}

static struct json_object *objects_schema(struct json_object *members)
{
    struct json_object *schema = schema_typed("object", NULL);

    json_object_object_add(schema, "additionalProperties", members);
    return schema;
}

/* What the value itself looks like; NULL: anything. */
static struct json_object *value_schema(const struct weir_option *row, uint32_t stride)
{
    switch (row->type) {
    case WEIR_OPTION_BOOL:
        return schema_typed("boolean", NULL);
    case WEIR_OPTION_INT:
    case WEIR_OPTION_UINT:
    case WEIR_OPTION_FLOAT:
    case WEIR_OPTION_SIZE:
    case WEIR_OPTION_DURATION:
        return number_schema(row);
    case WEIR_OPTION_STRING:
        return string_schema(row);
    case WEIR_OPTION_ENUM:
        return choices_schema(row);
    case WEIR_OPTION_STRING_LIST:
        return list_schema(row, schema_typed("string", NULL));
    case WEIR_OPTION_STRING_MAP:
        return map_schema(row);
    case WEIR_OPTION_OBJECT:
        return schema_of_rows(row->fields, stride, row->n_fields);
    case WEIR_OPTION_OBJECT_LIST:
        return list_schema(row, schema_of_rows(row->fields, stride, row->n_fields));
    case WEIR_OPTION_JSON:
        return row->fields ? objects_schema(schema_of_rows(row->fields, stride, row->n_fields))
                           : NULL;
    default:
        return NULL;
    }
}

static void annotate(struct json_object *schema, const struct weir_option *row)
{
    struct json_object *value = option_default_json(row);

    schema_put(schema, "description", row->help);
    if (row->default_text)
        json_object_object_add(schema, "default", json_object_get(value));
    json_object_put(value);
    if (row->flags & WEIR_SECRET)
        json_object_object_add(schema, "writeOnly", json_object_new_boolean(true));
    if (row->replaced_by)
        json_object_object_add(schema, "deprecated", json_object_new_boolean(true));
}

static struct json_object *schema_of_row(const struct weir_option *row, uint32_t stride)
{
    struct json_object *schema = json_object_new_object();
    struct json_object *value = value_schema(row, stride), *ways;

    if (value) {
        ways = json_object_new_array();
        json_object_array_add(ways, value);
        if (row->type == WEIR_OPTION_SIZE)
            json_object_array_add(ways, schema_typed("string", SIZE_PATTERN));
        if (row->type == WEIR_OPTION_DURATION)
            json_object_array_add(ways, schema_typed("string", DURATION_PATTERN));
        if (row->type != WEIR_OPTION_STRING)
            json_object_array_add(ways, schema_typed("string", REFERENCE_PATTERN));
        if (!needs(row, stride))
            json_object_array_add(ways, schema_typed("null", NULL));
        json_object_object_add(schema, "anyOf", ways);
    }
    annotate(schema, row);
    return schema;
}

static struct json_object *schema_of_rows(
    const struct weir_option *rows, uint32_t stride, uint32_t n_rows)
{
    struct json_object *schema = schema_typed("object", NULL);
    struct json_object *properties = json_object_new_object();
    struct json_object *required = json_object_new_array();

    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, stride, i);

        json_object_object_add(properties, row->name, schema_of_row(row, stride));
        if (needs(row, stride))
            json_object_array_add(required, json_object_new_string(row->name));
    }
    json_object_object_add(schema, "properties", properties);
    json_object_object_add(schema, "required", required);
    schema_close(schema);
    return schema;
}

/* Options that are not here may be written so that they ask for nothing. */
static void allow_absent(struct json_object *properties, const char *const *absent)
{
    for (; absent && *absent; absent++) {
        struct json_object *schema = json_object_new_object();

        json_object_object_add(schema, "enum", option_parse_json("[null,false,0,\"\",[],{}]"));
        json_object_object_add(properties, *absent, schema);
    }
}

struct json_object *schema_of_class(const struct config_class *class)
{
    struct json_object *schema =
        schema_of_rows(class->options, class->option_stride, class->n_options);

    allow_absent(json_object_object_get(schema, "properties"), class->absent);
    schema_put(schema, "description", class->description);
    return schema;
}
