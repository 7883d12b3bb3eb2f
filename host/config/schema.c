#include "config/schema.h"

#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/host_options.h"
#include "config/option_rows.h"
#include "config/schema_option.h"

#define DRAFT "http://json-schema.org/draft-07/schema#"
/* Behind a type: /id, maybe /ordinal and #priority. */
#define ID_PATTERN "(/(?!\\.\\.?(/|#|$))[^/#\\u0000-\\u001f\\u007f]{1,128}(/[^/#]*)?(#.*)?)?$"

static const char *const section_keys[] = {
    [CONFIG_INPUT] = "inputs",
    [CONFIG_PROCESSOR] = "processors",
    [CONFIG_AGGREGATOR] = "aggregators",
    [CONFIG_FLUSHER] = "flushers",
};

static const char *const type_keys[] = {"type", "plugin_type", "Type"};

struct builder {
    const struct config_catalog *catalog;
    struct diag_list *diags;
    struct json_object *definitions;
};

static struct json_object *reference_to(const char *name)
{
    SCOPED_FREE char *path = mem_printf("#/definitions/%s", name);
    struct json_object *schema = json_object_new_object();

    schema_put(schema, "$ref", path);
    return schema;
}

static struct json_object *array_of_one(struct json_object *item)
{
    struct json_object *array = json_object_new_array();

    json_object_array_add(array, item);
    return array;
}

static struct json_object *required_key(const char *key)
{
    struct json_object *schema = json_object_new_object();

    json_object_object_add(schema, "required", array_of_one(json_object_new_string(key)));
    return schema;
}

/* {"type": [TYPE, "null"]} */
static struct json_object *maybe(const char *type)
{
    struct json_object *schema = json_object_new_object();
    struct json_object *types = array_of_one(json_object_new_string(type));

    json_object_array_add(types, json_object_new_string("null"));
    json_object_object_add(schema, "type", types);
    return schema;
}

static struct json_object *or_null(struct json_object *schema)
{
    struct json_object *either = json_object_new_object(), *ways = array_of_one(schema);

    json_object_array_add(ways, schema_typed("null", NULL));
    json_object_object_add(either, "anyOf", ways);
    return either;
}

/* -- one type in its two forms -- */

/* Options of the host's own, among those of a type. */
static void add_options(struct json_object *properties, const struct config_class *class)
{
    struct json_object *schema = schema_of_class(class);

    json_object_object_foreach(json_object_object_get(schema, "properties"), key, option)
    {
        json_object_object_add(properties, key, json_object_get(option));
    }
    json_object_put(schema);
}

/* Inputs are timed by IntervalMs unless it is an option of their own. */
static void add_interval(struct json_object *schema, enum config_section section)
{
    struct json_object *properties = json_object_object_get(schema, "properties");

    if (section == CONFIG_INPUT && !json_object_object_get(properties, "IntervalMs"))
        add_options(properties, &config_interval_class);
}

static void add_host_keys(struct json_object *properties, enum config_section section)
{
    if (section != CONFIG_FLUSHER)
        return;
    json_object_object_add(properties, "delivery", reference_to("delivery"));
    json_object_object_add(properties, "Delivery", reference_to("delivery"));
    add_options(properties, &config_target_class);
}

static struct json_object *flat_form(const struct config_class *class, enum config_section section)
{
    struct json_object *schema = schema_of_class(class);
    struct json_object *properties = json_object_object_get(schema, "properties");

    add_interval(schema, section);
    add_host_keys(properties, section);
    json_object_object_add(properties, "Type", schema_typed("string", NULL));
    return schema;
}

static struct json_object *detail_form(
    const struct config_class *class, enum config_section section)
{
    struct json_object *schema = schema_typed("object", NULL);
    struct json_object *properties = json_object_new_object();
    struct json_object *detail = json_object_new_object();
    struct json_object *ways = array_of_one(schema_of_class(class));

    add_interval(json_object_array_get_idx(ways, 0), section);
    if (!schema_class_needs(class))
        json_object_array_add(ways, schema_typed("null", NULL));
    else
        json_object_object_add(schema, "required", array_of_one(json_object_new_string("detail")));
    json_object_object_add(detail, "anyOf", ways);
    json_object_object_add(properties, "detail", detail);
    for (size_t i = 0; i < ARRAY_SIZE(type_keys); i++)
        json_object_object_add(properties, type_keys[i], schema_typed("string", NULL));
    add_host_keys(properties, section);
    json_object_object_add(schema, "properties", properties);
    schema_close(schema);
    return schema;
}

/* -- which type -- */

/* A type's name as a regular expression, with the id that may follow. */
static char *type_pattern(const char *type)
{
    struct buf pattern = {0};

    buf_putc(&pattern, '^');
    for (; *type; type++) {
        if (strchr("\\^$.|?*+()[]{}", *type))
            buf_putc(&pattern, '\\');
        buf_putc(&pattern, *type);
    }
    buf_puts(&pattern, ID_PATTERN);
    return buf_take(&pattern);
}

/* Holds where the entry names that type by whichever key. */
static struct json_object *names_type(const char *type)
{
    SCOPED_FREE char *pattern = type_pattern(type);
    struct json_object *schema = json_object_new_object();
    struct json_object *ways = json_object_new_array();

    for (size_t i = 0; i < ARRAY_SIZE(type_keys); i++) {
        struct json_object *way = required_key(type_keys[i]);
        struct json_object *properties = json_object_new_object();

        json_object_object_add(properties, type_keys[i], schema_typed("string", pattern));
        json_object_object_add(way, "properties", properties);
        json_object_array_add(ways, way);
    }
    json_object_object_add(schema, "anyOf", ways);
    return schema;
}

/* If it is that type: flat if it says Type and has no detail. */
static struct json_object *type_rule(const char *type, const char *flat_name)
{
    struct json_object *rule = json_object_new_object(), *forms = json_object_new_object();
    struct json_object *flat = required_key("Type");

    json_object_object_add(flat, "not", required_key("detail"));
    json_object_object_add(forms, "if", flat);
    json_object_object_add(forms, "then", reference_to(flat_name));
    json_object_object_add(forms, "else", reference_to(type));
    json_object_object_add(rule, "if", names_type(type));
    json_object_object_add(rule, "then", forms);
    return rule;
}

/* Exactly one of the type keys, naming one of the known types. */
static struct json_object *known_types(struct json_object *names)
{
    struct json_object *schema = json_object_new_object(), *ways = json_object_new_array();

    for (size_t i = 0; i < ARRAY_SIZE(type_keys); i++) {
        struct json_object *way = required_key(type_keys[i]);
        struct json_object *properties = json_object_new_object();

        json_object_object_add(properties, type_keys[i], json_object_get(names));
        json_object_object_add(way, "properties", properties);
        json_object_array_add(ways, way);
    }
    json_object_object_add(schema, "oneOf", ways);
    json_object_put(names);
    return schema;
}

/* -- a section -- */

static void define(struct builder *builder, const struct config_class *class,
    enum config_section section, struct json_object *rules, struct json_object *names)
{
    SCOPED_FREE char *flat_name = mem_printf("%s.flat", class->type);
    SCOPED_FREE char *pattern = type_pattern(class->type);
    struct json_object *exact = json_object_new_object();

    json_object_object_add(exact, "const", json_object_new_string(class->type));
    json_object_array_add(names, exact);
    json_object_array_add(names, schema_typed("string", pattern));
    json_object_object_add(builder->definitions, class->type, detail_form(class, section));
    json_object_object_add(builder->definitions, flat_name, flat_form(class, section));
    json_object_array_add(rules, type_rule(class->type, flat_name));
}

static struct json_object *entry_schema(struct builder *builder, enum config_section section)
{
    const struct config_catalog *catalog = builder->catalog;
    struct json_object *schema = schema_typed("object", NULL), *rules = json_object_new_array();
    struct json_object *names = json_object_new_object(), *ways = json_object_new_array();
    const struct config_class *class;
    const char *name;

    for (size_t i = 0; (name = catalog->name(catalog->context, section, i)); i++) {
        bool reported = false;

        class = catalog->find(
            catalog->context, section, name, (struct place){0}, builder->diags, &reported);
        if (class)
            define(builder, class, section, rules, ways);
    }
    if (!json_object_array_length(ways)) /* an empty anyOf is no schema */
        json_object_array_add(ways, json_object_new_boolean(false));
    json_object_object_add(names, "anyOf", ways);
    json_object_array_add(rules, known_types(names));
    json_object_object_add(schema, "allOf", rules);
    return schema;
}

static struct json_object *section_schema(struct builder *builder, enum config_section section)
{
    bool needed = section == CONFIG_INPUT || section == CONFIG_FLUSHER;
    int max = section == CONFIG_FLUSHER ? PIPELINE_FLUSHERS_MAX : PIPELINE_COMPONENTS_MAX;
    struct json_object *schema = needed ? schema_typed("array", NULL) : maybe("array");

    json_object_object_add(schema, "items", entry_schema(builder, section));
    json_object_object_add(schema, "maxItems", json_object_new_int(max));
    if (needed)
        json_object_object_add(schema, "minItems", json_object_new_int(1));
    return schema;
}

/* -- the root -- */

static void allow(struct json_object *properties, const char *const *keys)
{
    for (; *keys; keys++)
        json_object_object_add(properties, *keys, json_object_new_object());
}

static struct json_object *global_schema(void)
{
    struct json_object *schema = schema_of_class(&config_global_class);

    allow(json_object_object_get(schema, "properties"), config_ignored_global_keys);
    return or_null(schema);
}

/* What an extension's options are, the flusher says that refers to it. */
static struct json_object *extensions_schema(void)
{
    struct json_object *schema = maybe("array"), *entry = schema_typed("object", NULL);
    struct json_object *name = schema_typed("string", "^[^/]+" ID_PATTERN);

    json_object_object_add(entry, "allOf", array_of_one(known_types(name)));
    json_object_object_add(schema, "items", entry);
    json_object_object_add(schema, "maxItems", json_object_new_int(PIPELINE_COMPONENTS_MAX));
    return schema;
}

static struct json_object *root_properties(struct builder *builder)
{
    struct json_object *properties = json_object_new_object();

    json_object_object_add(properties, "enable", maybe("boolean"));
    json_object_object_add(properties, "global", global_schema());
    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        json_object_object_add(
            properties, section_keys[i], section_schema(builder, (enum config_section)i));
    json_object_object_add(properties, "extensions", extensions_schema());
    allow(properties, config_ignored_root_keys);
    return properties;
}

char *schema_text(const struct config_catalog *catalog, struct diag_list *diags)
{
    struct builder builder = {catalog, diags, json_object_new_object()};
    struct json_object *root = json_object_new_object();
    struct json_object *required = array_of_one(json_object_new_string("inputs"));
    char *text;

    json_object_array_add(required, json_object_new_string("flushers"));
    schema_put(root, "$schema", DRAFT);
    schema_put(root, "title", "weir pipeline");
    schema_put(root, "type", "object");
    json_object_object_add(root, "required", required);
    json_object_object_add(root, "properties", root_properties(&builder));
    schema_close(root);
    json_object_object_add(
        builder.definitions, "delivery", or_null(schema_of_class(&config_delivery_class)));
    json_object_object_add(root, "definitions", builder.definitions);
    text = mem_strdup(json_object_to_json_string_ext(
        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(root);
    return text;
}
