#include "config/describe.h"

#include <json-c/json.h>
#include "base/mem.h"
#include "config/option_rows.h"

#define INDENT_COLUMNS 2u

const char *describe_section(enum config_section section)
{
    static const char *const names[] = {
        [CONFIG_INPUT] = "inputs",
        [CONFIG_PROCESSOR] = "processors",
        [CONFIG_AGGREGATOR] = "aggregators",
        [CONFIG_FLUSHER] = "flushers",
    };

    return section < CONFIG_N_SECTIONS ? names[section] : NULL;
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        [WEIR_OPTION_BOOL] = "bool",
        [WEIR_OPTION_INT] = "int",
        [WEIR_OPTION_UINT] = "uint",
        [WEIR_OPTION_FLOAT] = "float",
        [WEIR_OPTION_SIZE] = "size",
        [WEIR_OPTION_DURATION] = "duration",
        [WEIR_OPTION_STRING] = "string",
        [WEIR_OPTION_ENUM] = "enum",
        [WEIR_OPTION_STRING_LIST] = "string_list",
        [WEIR_OPTION_STRING_MAP] = "string_map",
        [WEIR_OPTION_OBJECT] = "object",
        [WEIR_OPTION_OBJECT_LIST] = "object_list",
        [WEIR_OPTION_JSON] = "json",
    };

    return type < ARRAY_SIZE(names) && names[type] ? names[type] : "unknown";
}

/* -- text -- */

static void put_line(struct buf *out, unsigned indent, const char *word, const char *text)
{
    if (text && *text)
        buf_printf(out, "%*s%s%s\n", (int)(indent * INDENT_COLUMNS), "", word, text);
}

static void put_range(struct buf *out, unsigned indent, const struct weir_option *row)
{
    SCOPED_FREE char *words = NULL;

    if (row->type == WEIR_OPTION_ENUM)
        words = option_choice_words(row);
    else if (row->min || row->max)
        words = option_range_words(row);
    if (words && row->unit)
        buf_printf(out, "%*srange: %s %s\n", (int)(indent * INDENT_COLUMNS), "", words, row->unit);
    else
        put_line(out, indent, row->type == WEIR_OPTION_ENUM ? "" : "range: ", words);
}

static void put_rows(struct buf *out, const struct weir_option *rows, uint32_t n_rows,
    uint32_t stride, unsigned indent)
{
    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, stride, i);

        buf_printf(out, "%*s%s (%s%s%s%s)\n", (int)(indent * INDENT_COLUMNS), "", row->name,
            type_name(row->type), row->flags & WEIR_REQUIRED ? ", required" : "",
            row->flags & WEIR_SECRET ? ", secret" : "",
            row->flags & WEIR_PATTERN ? ", regular expression" : "");
        put_line(out, indent + 1, "", row->help);
        put_range(out, indent + 1, row);
        put_line(out, indent + 1, "default: ", row->default_text);
        put_line(out, indent + 1, "example: ", row->example);
        put_line(out, indent + 1, "since: ", row->since);
        put_line(out, indent + 1, "deprecated, use ", row->replaced_by);
        if (row->fields)
            put_rows(out, row->fields, row->n_fields, stride, indent + 1);
    }
}

/* A value of the option as one would write it: its example, its default, any. */
static struct json_object *sample(const struct weir_option *row)
{
    static const char *const samples[] = {
        [WEIR_OPTION_BOOL] = "true",
        [WEIR_OPTION_FLOAT] = "1.0",
        [WEIR_OPTION_SIZE] = "1MiB",
        [WEIR_OPTION_DURATION] = "10s",
        [WEIR_OPTION_STRING] = "...",
        [WEIR_OPTION_STRING_LIST] = "[\"...\"]",
        [WEIR_OPTION_STRING_MAP] = "{\"key\":\"value\"}",
    };
    struct weir_option copy = *row;

    if (row->example)
        copy.default_text = row->example;
    if (!copy.default_text && row->type < ARRAY_SIZE(samples))
        copy.default_text = samples[row->type];
    if (!copy.default_text)
        copy.default_text = row->type == WEIR_OPTION_ENUM ? row->choices[0]
                            : row->min                    ? row->min
                                                          : "1";
    return row->fields ? NULL : option_default_json(&copy);
}

/* An entry with all that is required and all that has an example. */
static void put_example(struct buf *out, const struct config_class *class)
{
    struct json_object *entry = json_object_new_object(), *value;

    json_object_object_add(entry, "Type", json_object_new_string(class->type));
    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);

        if (!row->replaced_by && ((row->flags & WEIR_REQUIRED) || row->example) &&
            (value = sample(row)))
            json_object_object_add(entry, row->name, value);
    }
    buf_printf(out, "\nExample:\n  %s\n",
        json_object_to_json_string_ext(
            entry, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(entry);
}

void describe_text(const struct config_class *class, enum config_section section, struct buf *out)
{
    const char *where = describe_section(section);

    buf_printf(out, "%s%s%s\n", class->type, class->version ? " " : "",
        class->version ? class->version : "");
    put_line(out, 1, "", class->description);
    buf_puts(out, class->n_options ? "\nOptions:\n" : "\nNo options.\n");
    put_rows(out, class->options, class->n_options, class->option_stride, 1);
    if (section == CONFIG_FLUSHER)
        buf_puts(out, "\nEvery flusher also takes `delivery`: see weir describe delivery.\n");
    if (where)
        put_example(out, class);
}

/* -- JSON -- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
    if (text)
        json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *rows_json(
    const struct weir_option *rows, uint32_t n_rows, uint32_t stride);

static struct json_object *row_json(const struct weir_option *row, uint32_t stride)
{
    struct json_object *object = json_object_new_object(), *choices;

    add_text(object, "name", row->name);
    add_text(object, "type", type_name(row->type));
    json_object_object_add(
        object, "required", json_object_new_boolean((row->flags & WEIR_REQUIRED) != 0));
    json_object_object_add(
        object, "secret", json_object_new_boolean((row->flags & WEIR_SECRET) != 0));
    if (row->flags & WEIR_PATTERN)
        json_object_object_add(object, "pattern", json_object_new_boolean(true));
    add_text(object, "default", row->default_text);
    add_text(object, "min", row->min);
    add_text(object, "max", row->max);
    add_text(object, "unit", row->unit);
    add_text(object, "help", row->help);
    add_text(object, "since", row->since);
    add_text(object, "replaced_by", row->replaced_by);
    add_text(object, "example", row->example);
    if (row->type == WEIR_OPTION_ENUM) {
        choices = json_object_new_array();
        for (size_t i = 0; row->choices[i]; i++)
            json_object_array_add(choices, json_object_new_string(row->choices[i]));
        json_object_object_add(object, "choices", choices);
    }
    if (row->fields)
        json_object_object_add(object, "fields", rows_json(row->fields, row->n_fields, stride));
    return object;
}

static struct json_object *rows_json(
    const struct weir_option *rows, uint32_t n_rows, uint32_t stride)
{
    struct json_object *array = json_object_new_array();

    for (uint32_t i = 0; i < n_rows; i++)
        json_object_array_add(array, row_json(option_row(rows, stride, i), stride));
    return array;
}

void describe_json(const struct config_class *class, enum config_section section, struct buf *out)
{
    struct json_object *object = json_object_new_object();

    add_text(object, "type", class->type);
    add_text(object, "section", describe_section(section));
    add_text(object, "version", class->version);
    add_text(object, "description", class->description);
    json_object_object_add(
        object, "options", rows_json(class->options, class->n_options, class->option_stride));
    buf_printf(out, "%s\n",
        json_object_to_json_string_ext(object,
            JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
}
