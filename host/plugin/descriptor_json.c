/* A descriptor as JSON and back. Both directions are tables of members. */
#include "plugin/descriptor.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* Members by name and place in their struct: texts, and 32-bit numbers. */
struct member {
    const char *name;
    size_t offset;
    bool text;
};
#define TEXT(STRUCT, NAME, MEMBER) \
    { \
        NAME, offsetof(STRUCT, MEMBER), true \
    }
#define NUMBER(STRUCT, NAME, MEMBER) \
    { \
        NAME, offsetof(STRUCT, MEMBER), false \
    }

static const struct member plugin_members[] = {
    TEXT(struct descriptor, "name", name),
    TEXT(struct descriptor, "version", version),
    TEXT(struct descriptor, "vendor", vendor),
    TEXT(struct descriptor, "license", license),
    TEXT(struct descriptor, "url", url),
    NUMBER(struct descriptor, "abi_minor", abi_minor),
    NUMBER(struct descriptor, "needs_minor", needs_minor),
};

static const struct member class_members[] = {
    TEXT(struct plugin_class, "type", config.type),
    TEXT(struct plugin_class, "version", config.version),
    TEXT(struct plugin_class, "description", config.description),
    NUMBER(struct plugin_class, "flags", flags),
    NUMBER(struct plugin_class, "instance_size", instance_size),
    NUMBER(struct plugin_class, "options_size", config.options_size),
    NUMBER(struct plugin_class, "has", has),
};

static const struct member option_members[] = {
    TEXT(struct weir_option, "name", name),
    NUMBER(struct weir_option, "type", type),
    NUMBER(struct weir_option, "flags", flags),
    NUMBER(struct weir_option, "offset", offset),
    NUMBER(struct weir_option, "present_offset", present_offset),
    TEXT(struct weir_option, "default", default_text),
    TEXT(struct weir_option, "min", min),
    TEXT(struct weir_option, "max", max),
    TEXT(struct weir_option, "unit", unit),
    NUMBER(struct weir_option, "fields_size", fields_size),
    TEXT(struct weir_option, "help", help),
    TEXT(struct weir_option, "since", since),
    TEXT(struct weir_option, "replaced_by", replaced_by),
    TEXT(struct weir_option, "example", example),
};

/* Texts that are NULL are left out. */
static void put_members(
    struct buf *buf, const struct member *members, size_t n_members, const void *from)
{
    for (size_t i = 0; i < n_members; i++) {
        const void *at = (const char *)from + members[i].offset;
        const char *text = NULL;
        uint32_t number;

        if (members[i].text) {
            memcpy(&text, at, sizeof text);
            if (!text)
                continue;
        }
        buf_printf(buf, "%s\"%s\":", i ? "," : "", members[i].name);
        if (text) {
            buf_json_string(buf, text, strlen(text));
        } else {
            memcpy(&number, at, sizeof number);
            buf_printf(buf, "%u", number);
        }
    }
}

static void put_choices(struct buf *buf, const char *const *choices)
{
    buf_puts(buf, ",\"choices\":[");
    for (size_t i = 0; choices[i]; i++) {
        buf_puts(buf, i ? "," : "");
        buf_json_string(buf, choices[i], strlen(choices[i]));
    }
    buf_putc(buf, ']');
}

static void put_options(
    struct buf *buf, const char *key, const struct weir_option *rows, uint32_t n_rows)
{
    buf_printf(buf, ",\"%s\":[", key);
    for (uint32_t i = 0; i < n_rows; i++) {
        buf_puts(buf, i ? ",{" : "{");
        put_members(buf, option_members, ARRAY_SIZE(option_members), &rows[i]);
        if (rows[i].choices)
            put_choices(buf, rows[i].choices);
        if (rows[i].fields)
            put_options(buf, "fields", rows[i].fields, rows[i].n_fields);
        buf_putc(buf, '}');
    }
    buf_putc(buf, ']');
}

void descriptor_put_json(const struct descriptor *descriptor, struct buf *buf)
{
    buf_putc(buf, '{');
    put_members(buf, plugin_members, ARRAY_SIZE(plugin_members), descriptor);
    buf_puts(buf, ",\"classes\":[");
    for (size_t i = 0; i < descriptor->n_classes; i++) {
        const struct plugin_class *class = &descriptor->classes[i];

        buf_puts(buf, i ? ",{" : "{");
        put_members(buf, class_members, ARRAY_SIZE(class_members), class);
        put_options(buf, "options", class->config.options, class->config.n_options);
        buf_putc(buf, '}');
    }
    buf_puts(buf, "]}");
}

static char *take_string(struct descriptor *descriptor, struct json_object *value)
{
    return descriptor_text(
        descriptor, json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

static bool take_members(struct descriptor *descriptor, const struct member *members,
    size_t n_members, struct json_object *object, void *to)
{
    for (size_t i = 0; i < n_members; i++) {
        char *at = (char *)to + members[i].offset;
        struct json_object *value = NULL;

        if (!json_object_object_get_ex(object, members[i].name, &value) && members[i].text)
            continue;
        if (members[i].text && json_object_is_type(value, json_type_string)) {
            const char *text = take_string(descriptor, value);

            memcpy(at, &text, sizeof text);
        } else if (!members[i].text && json_object_is_type(value, json_type_int)) {
            uint32_t number = (uint32_t)json_object_get_int64(value);

            memcpy(at, &number, sizeof number);
        } else {
            return false;
        }
    }
    return true;
}

static bool take_choices(
    struct descriptor *descriptor, struct json_object *array, struct weir_option *row)
{
    size_t n = array ? json_object_array_length(array) : 0;
    const char **choices;

    if (!array)
        return true;
    choices = descriptor_alloc(descriptor, (n + 1) * sizeof *choices);
    for (size_t i = 0; i < n; i++) {
        struct json_object *value = json_object_array_get_idx(array, i);

        if (!json_object_is_type(value, json_type_string))
            return false;
        choices[i] = take_string(descriptor, value);
    }
    row->choices = choices;
    return true;
}

/* The member of an object if it is an array; NULL when absent; *ret_ok false when it
 * is something else. */
static struct json_object *array_of(struct json_object *object, const char *key, bool *ret_ok)
{
    struct json_object *array = NULL;

    *ret_ok = !json_object_object_get_ex(object, key, &array) ||
              json_object_is_type(array, json_type_array);
    return *ret_ok ? array : NULL;
}

static bool take_options(struct descriptor *descriptor, struct json_object *object, const char *key,
    const struct weir_option **ret_rows, uint32_t *ret_n)
{
    bool ok;
    struct json_object *array = array_of(object, key, &ok);
    size_t n = array ? json_object_array_length(array) : 0;
    struct weir_option *rows;

    if (!array || n > PLUGIN_OPTIONS_MAX)
        return ok && !array;
    rows = descriptor_alloc(descriptor, n * sizeof *rows);
    *ret_rows = rows;
    *ret_n = (uint32_t)n;
    for (size_t i = 0; ok && i < n; i++) {
        struct json_object *row = json_object_array_get_idx(array, i);
        struct json_object *choices = NULL;

        ok = json_object_is_type(row, json_type_object) &&
             take_members(descriptor, option_members, ARRAY_SIZE(option_members), row, &rows[i]);
        if (ok)
            choices = array_of(row, "choices", &ok);
        ok = ok && take_choices(descriptor, choices, &rows[i]) &&
             take_options(descriptor, row, "fields", &rows[i].fields, &rows[i].n_fields);
    }
    return ok;
}

static bool take_class(
    struct descriptor *descriptor, struct json_object *object, struct plugin_class *class)
{
    struct config_class *config = &class->config;

    if (!json_object_is_type(object, json_type_object) ||
        !take_members(descriptor, class_members, ARRAY_SIZE(class_members), object, class) ||
        !take_options(descriptor, object, "options", &config->options, &config->n_options))
        return false;
    config->option_stride = sizeof(struct weir_option);
    config->implementation = class;
    return config->type && config->version && config->description;
}

static bool take_descriptor(struct descriptor *descriptor, struct json_object *object)
{
    bool ok;
    struct json_object *classes = array_of(object, "classes", &ok);
    size_t n = classes ? json_object_array_length(classes) : 0;

    if (!n || n > PLUGIN_CLASSES_MAX ||
        !take_members(descriptor, plugin_members, ARRAY_SIZE(plugin_members), object, descriptor) ||
        !descriptor->name || !descriptor->version)
        return false;
    descriptor->classes = descriptor_alloc(descriptor, n * sizeof *descriptor->classes);
    for (; ok && descriptor->n_classes < n; descriptor->n_classes++)
        ok = take_class(descriptor, json_object_array_get_idx(classes, descriptor->n_classes),
            &descriptor->classes[descriptor->n_classes]);
    return ok;
}

struct descriptor *descriptor_from_json(const char *text)
{
    SCOPED(descriptor_destroy) struct descriptor *descriptor = mem_zalloc(sizeof *descriptor);
    struct json_object *object = json_tokener_parse(text);
    bool ok = json_object_is_type(object, json_type_object) && take_descriptor(descriptor, object);

    json_object_put(object);
    return ok ? take_ptr(descriptor) : NULL;
}
