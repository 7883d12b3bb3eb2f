#include "plugin/class_check.h"

#include <stdalign.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include "config/options.h"

#define TYPE_PREFIX "flusher_"
#define TYPE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

static int advise(struct refusal *why, const char *field, const char *advice)
{
    refusal_text(&why->field, "%s", field);
    refusal_text(&why->advice, "%s", advice);
    return -ENOEXEC;
}

int class_check_type(const char *type, struct refusal *ret_why)
{
    static const char rename[] = "rename the class: flusher_[a-z0-9_]{1,56}";
    size_t size = strlen(type);

    if (size > PLUGIN_TYPE_MAX) {
        refuse(ret_why, "W2147", "the type '%.80s...' has %zu bytes, more than %d are not taken",
            type, size, PLUGIN_TYPE_MAX);
        return advise(ret_why, "type", rename);
    }
    if (strncmp(type, TYPE_PREFIX, strlen(TYPE_PREFIX)) || size == strlen(TYPE_PREFIX)) {
        refuse(ret_why, "W2145", "the type '%s' does not start with '" TYPE_PREFIX "'%s", type,
            size == strlen(TYPE_PREFIX) ? " and a name" : "");
        return advise(ret_why, "type", rename);
    }
    if (type[strspn(type, TYPE_LETTERS)]) {
        refuse(ret_why, "W2146", "the type '%s' has a character other than a-z, 0-9 and _", type);
        return advise(ret_why, "type", rename);
    }
    return 0;
}

/* What the member of an option takes in the options struct. */
static bool member_layout(const struct weir_option *row, size_t *ret_size, size_t *ret_align)
{
#define LAYOUT(TYPE, OF) \
    case TYPE: \
        *ret_size = sizeof(OF); \
        *ret_align = alignof(OF); \
        return true
    switch (row->type) {
        LAYOUT(WEIR_OPTION_BOOL, _Bool);
        LAYOUT(WEIR_OPTION_INT, int64_t);
        LAYOUT(WEIR_OPTION_UINT, uint64_t);
        LAYOUT(WEIR_OPTION_FLOAT, double);
        LAYOUT(WEIR_OPTION_SIZE, uint64_t);
        LAYOUT(WEIR_OPTION_DURATION, uint64_t);
        LAYOUT(WEIR_OPTION_STRING, struct weir_str);
        LAYOUT(WEIR_OPTION_ENUM, uint32_t);
        LAYOUT(WEIR_OPTION_STRING_LIST, struct weir_str_list);
        LAYOUT(WEIR_OPTION_STRING_MAP, struct weir_str_map);
        LAYOUT(WEIR_OPTION_OBJECT_LIST, struct weir_object_list);
        LAYOUT(WEIR_OPTION_JSON, struct weir_str);
    case WEIR_OPTION_OBJECT:
        *ret_size = row->fields_size;
        *ret_align = 1;
        return true;
    default:
        return false;
    }
#undef LAYOUT
}

struct table {
    const char *type; /* of the class */
    const struct weir_option *rows;
    uint32_t n_rows, struct_size;
    const char *struct_field; /* the member that says the size */
    struct refusal *why;
};

static int check_name(const struct table *table, uint32_t i)
{
    const char *name = table->rows[i].name;

    if (!name || !*name || name[strcspn(name, " \t\r\n\"/")]) {
        refuse(table->why, "W2156", "%s: option %u has no usable name%s%s%s", table->type, i + 1,
            name ? ": '" : "", name ? name : "", name ? "'" : "");
        return advise(table->why, "option.name", "name the option as it is written in configs");
    }
    for (uint32_t before = 0; before < i; before++)
        if (!strcasecmp(table->rows[before].name, name)) {
            refuse(table->why, "W2155",
                "%s: there are two options '%s' (letter case does not count)", table->type, name);
            return advise(table->why, name, "rename one of them and build the plugin again");
        }
    return 0;
}

static int check_member(const struct table *table, const struct weir_option *row, uint32_t offset,
    size_t size, size_t align, const char *what)
{
    bool outside = offset >= table->struct_size;

    if (outside || offset % align) {
        refuse(table->why, "W2153", "%s: %s of option '%s' is %u, %s", table->type, what, row->name,
            offset, outside ? "outside of the options struct" : "not aligned for its type");
        refusal_text(&table->why->found, "%u", offset);
        if (outside)
            refusal_text(&table->why->expected, "below %s, which is %u", table->struct_field,
                table->struct_size);
        else
            refusal_text(&table->why->expected, "a multiple of %zu", align);
        return advise(table->why, row->name, "use offsetof, or the WEIR_OPTION macros");
    }
    if (size > table->struct_size - offset) {
        refuse(table->why, "W2154", "%s: option '%s' needs %zu bytes at %u, but %s is %u",
            table->type, row->name, size, offset, table->struct_field, table->struct_size);
        refusal_text(&table->why->found, "%u", table->struct_size);
        refusal_text(&table->why->expected, "at least %zu", offset + size);
        return advise(table->why, row->name, "set it to the sizeof of the whole struct");
    }
    return 0;
}

static int check_table(const struct table *table);

static int check_nested(const struct table *table, const struct weir_option *row)
{
    struct table nested = {
        table->type, row->fields, row->n_fields, row->fields_size, "fields_size", table->why};

    if (row->type == WEIR_OPTION_JSON && !row->fields)
        return 0;
    if (row->type != WEIR_OPTION_OBJECT && row->type != WEIR_OPTION_OBJECT_LIST &&
        row->type != WEIR_OPTION_JSON)
        return 0;
    if (!row->fields || !row->n_fields) {
        refuse(table->why, "W2160", "%s: option '%s' is an object without a table of its fields",
            table->type, row->name);
        return advise(table->why, row->name, "set `fields`, by WEIR_OPTION_OBJECT_ROW");
    }
    return check_table(&nested);
}

static int check_row(const struct table *table, uint32_t i)
{
    const struct weir_option *row = &table->rows[i];
    size_t size, align;
    int r = check_name(table, i);

    if (r)
        return r;
    if (!member_layout(row, &size, &align)) {
        refuse(table->why, "W2157", "%s: option '%s' is of type %u, which this host does not know",
            table->type, row->name, row->type);
        refusal_text(&table->why->found, "%u", row->type);
        refusal_text(&table->why->expected, "1 to %d", WEIR_OPTION_JSON);
        return advise(table->why, row->name, "use a newer host, or a WEIR_OPTION_ type it knows");
    }
    if (row->type == WEIR_OPTION_ENUM && (!row->choices || !row->choices[0])) {
        refuse(
            table->why, "W2159", "%s: option '%s' is a choice of nothing", table->type, row->name);
        return advise(table->why, row->name, "set `choices`, by WEIR_OPTION_ENUM_ROW");
    }
    r = check_member(table, row, row->offset, size, align, "the offset");
    if (!r && row->present_offset != WEIR_NO_OFFSET)
        r = check_member(table, row, row->present_offset, sizeof(_Bool), 1, "present_offset");
    return r ? r : check_nested(table, row);
}

static int check_table(const struct table *table)
{
    int r = 0;

    if (table->n_rows && !table->rows) {
        refuse(
            table->why, "W2160", "%s: a table of %u options is NULL", table->type, table->n_rows);
        return advise(table->why, "options", "correct n_options, or the pointer to the table");
    }
    for (uint32_t i = 0; !r && i < table->n_rows; i++)
        r = check_row(table, i);
    return r;
}

static int check_sizes(const struct plugin_class *class, struct refusal *ret_why)
{
    const struct {
        const char *field;
        uint32_t size;
    } sizes[] = {
        {"instance_size", class->instance_size},
        {"options_size", class->config.options_size},
    };

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        if (sizes[i].size > PLUGIN_STRUCT_BYTES_MAX) {
            refuse(ret_why, "W2162", "%s: %s is %u bytes, more than %zu are not given",
                class->config.type, sizes[i].field, sizes[i].size, PLUGIN_STRUCT_BYTES_MAX);
            refusal_text(&ret_why->found, "%u", sizes[i].size);
            refusal_text(&ret_why->expected, "at most %zu", PLUGIN_STRUCT_BYTES_MAX);
            return advise(ret_why, sizes[i].field, "allocate large memory in init");
        }
    return 0;
}

static int check_calls(const struct plugin_class *class, struct refusal *ret_why)
{
    if (!class->calls.init) {
        refuse(ret_why, "W2150", "%s: the call `init` is NULL; it is required", class->config.type);
        return advise(ret_why, "init", "set it; an init may do nothing and return 0");
    }
    if (!class->calls.flush) {
        refuse(
            ret_why, "W2151", "%s: the call `flush` is NULL; it is required", class->config.type);
        return advise(ret_why, "flush", "set it; it is what delivers");
    }
    return 0;
}

int class_check(const struct plugin_class *class, struct refusal *ret_why)
{
    const struct config_class *config = &class->config;
    struct table table = {config->type, config->options, config->n_options, config->options_size,
        "options_size", ret_why};
    char text[512];
    int r = check_calls(class, ret_why);

    if (!r)
        r = check_sizes(class, ret_why);
    if (!r)
        r = check_table(&table);
    if (!r && options_check_table(config, text, sizeof text)) {
        refuse(ret_why, "W2158", "%s: the option table is wrong: %s", config->type, text);
        r = advise(ret_why, "options", "correct the row and build the plugin again");
    }
    return r;
}

int class_check_unique(const struct descriptor *descriptor, struct refusal *ret_why)
{
    const char *type = descriptor->classes[descriptor->n_classes - 1].config.type;

    for (size_t i = 0; i + 1 < descriptor->n_classes; i++)
        if (!strcmp(descriptor->classes[i].config.type, type)) {
            refuse(ret_why, "W2148", "two of its classes have the type '%s'", type);
            return advise(ret_why, "type", "rename one of them");
        }
    return 0;
}
