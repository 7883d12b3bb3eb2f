/* From the plugin's tables to the host's own: what is copied, and how far. */
#include "plugin/descriptor.h"

#include <errno.h>
#include <string.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "plugin/class_check.h"

/* The sizes up to which every plugin ever built fills these structs. */
#define PLUGIN_SIZE_MIN (offsetof(struct weir_plugin, version) + sizeof(char *))
#define CLASS_SIZE_MIN (offsetof(struct weir_flusher_class, flush) + sizeof(void (*)(void)))
#define OPTION_SIZE_MIN (offsetof(struct weir_option, example) + sizeof(char *))

struct import {
    struct descriptor *descriptor;
    struct refusal *why;
    const char *where; /* the type, or "weir_plugin" */
    size_t n_options;  /* of this class so far */
    uint32_t abi_minor;
};

/* Copies the smaller of both sizes; *to is zeroed. */
static void copy_part(void *to, size_t to_size, const void *from, uint32_t from_size)
{
    memcpy(to, from, MIN(to_size, from_size));
}

static bool is_utf8(const char *text, size_t size)
{
    for (size_t at = 0, n; at < size; at += n) {
        n = utf8_length((const unsigned char *)text + at, size - at);
        if (!n)
            return false;
    }
    return true;
}

/* *text, which is the plugin's, becomes a copy. NULL stays. */
static int own_text(struct import *import, const char **text, const char *field)
{
    size_t size = *text ? strnlen(*text, PLUGIN_TEXT_MAX + 1) : 0;
    int r;

    if (!*text)
        return 0;
    if (size <= PLUGIN_TEXT_MAX && is_utf8(*text, size)) {
        *text = descriptor_text(import->descriptor, *text, size);
        return 0;
    }
    r = refuse(import->why, "W2163", "%s: the text `%s` is %s", import->where, field,
        size > PLUGIN_TEXT_MAX ? "too long" : "not valid UTF-8");
    refusal_text(&import->why->field, "%s", field);
    refusal_text(&import->why->expected, "at most %d bytes of UTF-8", PLUGIN_TEXT_MAX);
    refusal_text(&import->why->advice, "correct the text in the plugin and build it again");
    return r;
}

static int need_text(struct import *import, const char **text, const char *field)
{
    int r;

    if (*text)
        return own_text(import, text, field);
    r = refuse(import->why, "W2164", "%s: `%s` is NULL", import->where, field);
    refusal_text(&import->why->field, "%s", field);
    refusal_text(&import->why->expected, "a text");
    refusal_text(&import->why->advice, "set `%s` in the plugin and build it again", field);
    return r;
}

static int refuse_size(struct import *import, const char *code, const char *what, const char *field,
    uint32_t found, size_t expected)
{
    int r = refuse(import->why, code, "%s: %s has %u bytes, at least %zu are needed", import->where,
        what, found, expected);

    refusal_text(&import->why->field, "%s", field);
    refusal_text(&import->why->found, "%u", found);
    refusal_text(&import->why->expected, "at least %zu", expected);
    refusal_text(
        &import->why->advice, "set %s to the sizeof of the struct, by the SDK's macros", field);
    return r;
}

static int refuse_many(struct import *import, const char *field, uint64_t found, size_t max)
{
    int r = refuse(import->why, "W2161", "%s: %s is %llu, more than %zu are not taken",
        import->where, field, (unsigned long long)found, max);

    refusal_text(&import->why->field, "%s", field);
    refusal_text(&import->why->found, "%llu", (unsigned long long)found);
    refusal_text(&import->why->expected, "at most %zu", max);
    refusal_text(&import->why->advice, "split the plugin, or correct the number");
    return r;
}

static int own_choices(struct import *import, struct weir_option *row)
{
    const char *const *foreign = row->choices;
    const char **choices;
    size_t n = 0;
    int r = 0;

    if (!foreign)
        return 0;
    while (n <= PLUGIN_CHOICES_MAX && foreign[n])
        n++;
    if (n > PLUGIN_CHOICES_MAX)
        return refuse_many(import, "choices", n, PLUGIN_CHOICES_MAX);
    choices = descriptor_alloc(import->descriptor, (n + 1) * sizeof *choices);
    for (size_t i = 0; !r && i < n; i++) {
        choices[i] = foreign[i];
        r = own_text(import, &choices[i], "choices");
    }
    row->choices = choices;
    return r;
}

static int own_row_texts(struct import *import, struct weir_option *row)
{
    const struct {
        const char **text;
        const char *field;
    } texts[] = {
        {&row->name, "option.name"},
        {&row->default_text, "option.default_text"},
        {&row->min, "option.min"},
        {&row->max, "option.max"},
        {&row->unit, "option.unit"},
        {&row->help, "option.help"},
        {&row->since, "option.since"},
        {&row->replaced_by, "option.replaced_by"},
        {&row->example, "option.example"},
    };
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_SIZE(texts); i++)
        r = own_text(import, texts[i].text, texts[i].field);
    return r;
}

static int own_rows(struct import *import, const struct weir_option **rows, uint32_t n,
    uint32_t stride, unsigned depth);

/* What 1.0 did not know of rows counts only for plugins that do. */
static void limit_row(struct weir_option *row, uint32_t abi_minor)
{
    if (abi_minor >= 1)
        return;
    row->flags &= WEIR_REQUIRED | WEIR_SECRET;
    if (row->type == WEIR_OPTION_JSON) {
        row->fields = NULL;
        row->n_fields = 0;
    }
}

static int own_row(struct import *import, struct weir_option *row, uint32_t stride, unsigned depth)
{
    int r;

    limit_row(row, import->abi_minor);
    r = own_row_texts(import, row);
    if (!r)
        r = own_choices(import, row);
    if (!r)
        r = own_rows(import, &row->fields, row->n_fields, stride, depth + 1);
    return r;
}

/* *rows, `n` foreign rows of `stride` bytes, become the host's own. */
static int own_rows(struct import *import, const struct weir_option **rows, uint32_t n,
    uint32_t stride, unsigned depth)
{
    const char *foreign = (const char *)*rows;
    struct weir_option *own;
    int r = 0;

    if (depth > PLUGIN_OPTIONS_DEPTH_MAX)
        return refuse_many(import, "depth of nested options", depth, PLUGIN_OPTIONS_DEPTH_MAX);
    import->n_options += n;
    if (import->n_options > PLUGIN_OPTIONS_MAX)
        return refuse_many(import, "n_options", import->n_options, PLUGIN_OPTIONS_MAX);
    if (!foreign || !n)
        return 0;
    own = descriptor_alloc(import->descriptor, n * sizeof *own);
    *rows = own;
    for (uint32_t i = 0; !r && i < n; i++) {
        copy_part(&own[i], sizeof own[i], foreign + (size_t)i * stride, stride);
        r = own_row(import, &own[i], stride, depth);
    }
    return r;
}

static uint32_t has_calls(const struct weir_flusher_class *calls)
{
    return (calls->is_ready ? CLASS_HAS_IS_READY : 0) |
           (calls->set_urgent ? CLASS_HAS_SET_URGENT : 0) | (calls->stop ? CLASS_HAS_STOP : 0) |
           (calls->probe ? CLASS_HAS_PROBE : 0);
}

static int own_class_texts(struct import *import, struct plugin_class *class)
{
    int r = need_text(import, &class->config.type, "type");

    if (r)
        return r;
    import->where = class->config.type;
    r = class_check_type(class->config.type, import->why);
    if (!r)
        r = need_text(import, &class->config.version, "version");
    if (!r)
        r = need_text(import, &class->config.description, "description");
    return r;
}

static int import_class(
    struct import *import, const struct weir_flusher_class *foreign, struct plugin_class *class)
{
    struct weir_flusher_class *calls = &class->calls;
    struct config_class *config = &class->config;
    int r;

    if (foreign->struct_size < CLASS_SIZE_MIN)
        return refuse_size(import, "W2144", "weir_flusher_class", "weir_flusher_class.struct_size",
            foreign->struct_size, CLASS_SIZE_MIN);
    copy_part(calls, sizeof *calls, foreign, foreign->struct_size);
    config->type = calls->type;
    config->version = calls->version;
    config->description = calls->description;
    r = own_class_texts(import, class);
    if (r)
        return r;
    if (calls->n_options && calls->option_stride < OPTION_SIZE_MIN)
        return refuse_size(import, "W2152", "a row of the option table", "option_stride",
            calls->option_stride, OPTION_SIZE_MIN);
    import->n_options = 0;
    config->options = calls->options;
    r = own_rows(import, &config->options, calls->n_options, calls->option_stride, 0);
    config->n_options = calls->n_options;
    config->option_stride = sizeof(struct weir_option);
    config->options_size = calls->options_size;
    config->implementation = class;
    class->flags = calls->flags;
    class->instance_size = calls->instance_size;
    class->has = has_calls(calls);
    return r ? r : class_check(class, import->why);
}

static int import_classes(struct import *import, const struct weir_plugin *plugin)
{
    struct descriptor *descriptor = import->descriptor;
    int r = 0;

    if (!plugin->n_classes || !plugin->classes) {
        r = refuse(import->why, "W2142", "it registers without any class");
        refusal_text(&import->why->field, "weir_plugin.n_classes");
        refusal_text(&import->why->advice, "give WEIR_PLUGIN pointers to the plugin's classes");
        return r;
    }
    if (plugin->n_classes > PLUGIN_CLASSES_MAX)
        return refuse_many(import, "n_classes", plugin->n_classes, PLUGIN_CLASSES_MAX);
    descriptor->classes =
        descriptor_alloc(descriptor, plugin->n_classes * sizeof *descriptor->classes);
    for (uint32_t i = 0; !r && i < plugin->n_classes; i++) {
        if (!plugin->classes[i]) {
            r = refuse(import->why, "W2143", "class %u of its list is NULL", i + 1);
            refusal_text(&import->why->field, "weir_plugin.classes");
            refusal_text(&import->why->advice, "correct n_classes, or the array of classes");
            return r;
        }
        import->where = "a class";
        r = import_class(import, plugin->classes[i], &descriptor->classes[i]);
        descriptor->n_classes++;
        if (!r)
            r = class_check_unique(descriptor, import->why);
    }
    return r;
}

static int check_minor(const struct weir_plugin *plugin, struct refusal *ret_why)
{
    int r;

    if (plugin->needs_minor <= WEIR_ABI_MINOR)
        return 0;
    r = refuse(ret_why, "W2117", "it needs a host of ABI %u.%u, this one offers %u.%u",
        WEIR_ABI_MAJOR, plugin->needs_minor, WEIR_ABI_MAJOR, WEIR_ABI_MINOR);
    refusal_text(&ret_why->field, "weir_plugin.needs_minor");
    refusal_text(&ret_why->found, "needs ABI %u.%u", WEIR_ABI_MAJOR, plugin->needs_minor);
    refusal_text(&ret_why->expected, "at most ABI %u.%u", WEIR_ABI_MAJOR, WEIR_ABI_MINOR);
    refusal_text(&ret_why->advice, "use a newer host, or a build of the plugin for this one");
    return r;
}

static int import_plugin(struct import *import, const struct weir_plugin *plugin)
{
    struct descriptor *descriptor = import->descriptor;
    const struct {
        const char *from;
        char **to;
        const char *field;
    } texts[] = {
        {plugin->vendor, &descriptor->vendor, "vendor"},
        {plugin->license, &descriptor->license, "license"},
        {plugin->url, &descriptor->url, "url"},
        {plugin->name, &descriptor->name, "name"},
        {plugin->version, &descriptor->version, "version"},
    };
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_SIZE(texts); i++) {
        const char *text = texts[i].from;

        r = i < 3 ? own_text(import, &text, texts[i].field)
                  : need_text(import, &text, texts[i].field);
        *texts[i].to = (char *)(uintptr_t)text;
    }
    descriptor->abi_minor = import->abi_minor = plugin->abi_minor;
    descriptor->needs_minor = plugin->needs_minor;
    return r ? r : import_classes(import, plugin);
}

int descriptor_import(
    const struct weir_plugin *plugin, struct descriptor **ret, struct refusal *ret_why)
{
    SCOPED(descriptor_destroy) struct descriptor *descriptor = mem_zalloc(sizeof *descriptor);
    struct import import = {.descriptor = descriptor, .why = ret_why, .where = "weir_plugin"};
    struct weir_plugin copy = {0};
    int r;

    if (plugin->struct_size < PLUGIN_SIZE_MIN)
        return refuse_size(&import, "W2141", "weir_plugin", "weir_plugin.struct_size",
            plugin->struct_size, PLUGIN_SIZE_MIN);
    copy_part(&copy, sizeof copy, plugin, plugin->struct_size);
    r = check_minor(&copy, ret_why);
    if (!r)
        r = import_plugin(&import, &copy);
    if (r)
        return r;
    *ret = take_ptr(descriptor);
    return 0;
}
