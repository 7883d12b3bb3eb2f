#include "kit/settings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/document.h"
#include "config/render.h"

#define SETTINGS_NAME "weir-verify.json"

static const struct class_settings no_class = {0};

static const struct {
    const char *prefix;
    enum sink_kind kind;
    bool takes_argument;
} sinks[] = {
    {"http", SINK_HTTP, false},
    {"tcp", SINK_TCP, false},
    {"file:", SINK_FILE, true},
    {"command:", SINK_COMMAND, true},
};

const char *sink_kind_name(enum sink_kind kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(sinks); i++)
        if (sinks[i].kind == kind)
            return sinks[i].prefix;
    return "none";
}

static bool complain(struct place place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool complain(struct place place, const char *format, ...)
{
    SCOPED_FREE char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    fprintf(stderr, "weir-plugin: %s:%u:%u: %s\n", place.file, place.line, place.column,
        text ? text : "");
    return false;
}

/* NULL after it was told: a string is wanted. */
static const char *string_of(const struct json_node *node)
{
    if (json_object_is_type(node->value, json_type_string))
        return json_object_get_string(node->value);
    complain(node->place, "'%s' must be a string", node->key ? node->key : "this");
    return NULL;
}

/* A file is one of the check's folder, and so of each instance's where they have folders
 * of their own, unless its path says otherwise. */
static char *argument_of(enum sink_kind kind, const char *text)
{
    bool whole = kind != SINK_FILE || text[0] == '/' || text[0] == '$';

    return whole ? mem_strdup(text) : mem_printf("${verify:dir}/%s", text);
}

static bool read_sink(struct class_settings *class, const struct json_node *node)
{
    const char *text = string_of(node);

    if (!text)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(sinks); i++) {
        const size_t size = strlen(sinks[i].prefix);

        if (strncmp(text, sinks[i].prefix, size) != 0 ||
            (text[size] != '\0') != sinks[i].takes_argument)
            continue;
        class->sink = sinks[i].kind;
        class->sink_argument = argument_of(sinks[i].kind, text + size);
        return true;
    }
    return complain(
        node->place, "'%s' is no sink; there are http, tcp, file:PATH, command:LINE", text);
}

static bool read_config(struct class_settings *class, const struct json_node *node)
{
    if (!json_object_is_type(node->value, json_type_object))
        return complain(node->place, "'config' must be an object: the options of the flusher");
    class->config = json_object_get(node->value);
    return true;
}

static bool is_day(const char *text)
{
    static const char shape[] = "dddd-dd-dd";

    if (strlen(text) != strlen(shape))
        return false;
    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return true;
}

static bool compile_pattern(struct waiver *waiver, const struct json_node *node)
{
    SCOPED_FREE char *anchored = mem_printf("^(%s)$", waiver->checks);
    char why[128];
    int r = regcomp(&waiver->pattern, anchored, REG_EXTENDED | REG_NOSUB);

    if (!r)
        return true;
    regerror(r, &waiver->pattern, why, sizeof why);
    return complain(node->place, "'%s' is no regular expression: %s", waiver->checks, why);
}

static bool read_waiver_member(const struct json_node *node, char **ret_text)
{
    const char *text = string_of(node);

    if (!text)
        return false;
    if (!*text)
        return complain(node->place, "'%s' must not be empty", node->key);
    free(*ret_text);
    *ret_text = mem_strdup(text);
    return true;
}

static void waiver_finish(struct waiver *waiver)
{
    free(waiver->checks);
    free(waiver->reason);
    free(waiver->until);
}

static bool read_waiver_members(struct waiver *waiver, const struct json_node *node)
{
    for (size_t i = 0; i < node->n_children; i++) {
        const struct json_node *member = &node->children[i];
        char **text = !strcmp(member->key, "checks")   ? &waiver->checks
                      : !strcmp(member->key, "reason") ? &waiver->reason
                      : !strcmp(member->key, "until")  ? &waiver->until
                                                       : NULL;

        if (!text)
            return complain(
                member->key_place, "a waiver has no '%s', but checks, reason, until", member->key);
        if (!read_waiver_member(member, text))
            return false;
    }
    if (!waiver->checks || !waiver->reason || !waiver->until)
        return complain(node->place, "a waiver needs all of checks, reason, until");
    if (!is_day(waiver->until))
        return complain(node->place, "until '%s' is no day like 2027-06-30", waiver->until);
    return compile_pattern(waiver, node);
}

static bool read_waivers(struct settings *settings, const struct json_node *node)
{
    if (!json_object_is_type(node->value, json_type_array))
        return complain(node->place, "'waivers' must be a list");
    for (size_t i = 0; i < node->n_children; i++) {
        struct waiver waiver = {0};

        if (!json_object_is_type(node->children[i].value, json_type_object))
            return complain(node->children[i].place, "a waiver must be an object");
        if (!read_waiver_members(&waiver, &node->children[i])) {
            waiver_finish(&waiver);
            return false;
        }
        MEM_GROW(settings->waivers, settings->n_waivers, settings->cap_waivers);
        settings->waivers[settings->n_waivers++] = waiver;
    }
    return true;
}

/* The index of new settings for `type`. */
static size_t add_class(struct settings *settings, const char *type)
{
    MEM_GROW(settings->classes, settings->n_classes, settings->cap_classes);
    settings->classes[settings->n_classes] =
        (struct class_settings){.type = type ? mem_strdup(type) : NULL};
    return settings->n_classes++;
}

static bool read_class(struct settings *settings, const struct json_node *node)
{
    size_t class = add_class(settings, node->key);
    bool good = true;

    if (!json_object_is_type(node->value, json_type_object))
        return complain(node->place, "'%s' must be an object with config, sink", node->key);
    for (size_t i = 0; i < node->n_children; i++) {
        const struct json_node *member = &node->children[i];

        if (!strcmp(member->key, "config"))
            good &= read_config(&settings->classes[class], member);
        else if (!strcmp(member->key, "sink"))
            good &= read_sink(&settings->classes[class], member);
        else
            good = complain(
                member->key_place, "a flusher has no '%s' here, but config, sink", member->key);
    }
    return good;
}

static bool read_classes(struct settings *settings, const struct json_node *node)
{
    bool good = true;

    if (!json_object_is_type(node->value, json_type_object))
        return complain(node->place, "'flushers' must be an object of types");
    for (size_t i = 0; i < node->n_children; i++)
        good &= read_class(settings, &node->children[i]);
    return good;
}

static bool read_root(struct settings *settings, const struct json_node *root)
{
    size_t all = add_class(settings, NULL);
    bool good = true;

    if (!json_object_is_type(root->value, json_type_object))
        return complain(root->place, "the file must be one JSON object");
    for (size_t i = 0; i < root->n_children; i++) {
        const struct json_node *member = &root->children[i];

        if (!strcmp(member->key, "config"))
            good &= read_config(&settings->classes[all], member);
        else if (!strcmp(member->key, "sink"))
            good &= read_sink(&settings->classes[all], member);
        else if (!strcmp(member->key, "waivers"))
            good &= read_waivers(settings, member);
        else if (!strcmp(member->key, "flushers"))
            good &= read_classes(settings, member);
        else if (strcmp(member->key, "$schema") != 0 && strncmp(member->key, "x-", 2) != 0)
            good = complain(member->key_place,
                "there is no '%s', but config, sink, waivers, flushers", member->key);
    }
    return good;
}

struct settings *settings_read(const char *path)
{
    struct settings *settings = mem_zalloc(sizeof *settings);
    struct diag_list diags = {0};
    struct document *document;
    bool good;

    if (!path)
        return settings;
    settings->path = mem_strdup(path);
    document = document_read(path, &diags);
    good = document && read_root(settings, document->root);
    if (diags.n_errors)
        render_diags_text(&diags, stderr);
    diag_list_finish(&diags);
    document_destroy(document);
    if (good)
        return settings;
    settings_destroy(settings);
    return NULL;
}

void settings_destroy(struct settings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < settings->n_classes; i++) {
        json_object_put(settings->classes[i].config);
        free(settings->classes[i].type);
        free(settings->classes[i].sink_argument);
    }
    for (size_t i = 0; i < settings->n_waivers; i++) {
        regfree(&settings->waivers[i].pattern);
        waiver_finish(&settings->waivers[i]);
    }
    free(settings->classes);
    free(settings->waivers);
    free(settings->path);
    free(settings);
}

char *settings_find(const char *plugin)
{
    const char *slash = strrchr(plugin, '/');
    char *beside = slash ? mem_printf("%.*s/" SETTINGS_NAME, (int)(slash - plugin), plugin)
                         : mem_strdup(SETTINGS_NAME);

    if (!access(beside, F_OK))
        return beside;
    free(beside);
    return access(SETTINGS_NAME, F_OK) ? NULL : mem_strdup(SETTINGS_NAME);
}

const struct class_settings *settings_of(const struct settings *settings, const char *type)
{
    const struct class_settings *found = &no_class;

    for (size_t i = 0; i < settings->n_classes; i++) {
        const struct class_settings *class = &settings->classes[i];

        if (!class->type && found == &no_class)
            found = class;
        if (class->type && type && !strcmp(class->type, type))
            return class;
    }
    return found;
}

const struct waiver *settings_waiver(const struct settings *settings, const char *id)
{
    for (size_t i = 0; i < settings->n_waivers; i++)
        if (!regexec(&settings->waivers[i].pattern, id, 0, NULL, 0))
            return &settings->waivers[i];
    return NULL;
}

bool waiver_expired(const struct waiver *waiver, const char *today)
{
    return strcmp(today, waiver->until) > 0;
}
