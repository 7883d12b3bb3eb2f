#include "config/entry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/delivery_alias.h"
#include "config/host_options.h"
#include "config/option_rows.h"
#include "config/suggest.h"

static const char *const type_keys[] = {"type", "plugin_type", "Type"};
static const char *const section_names[] = {"input", "processor", "aggregator", "flusher"};

int64_t entry_logstore_key(const char *project, const char *logstore)
{
    XXH64_hash_t hash = XXH64(project, strlen(project), 0);

    return (int64_t)XXH64(logstore, strlen(logstore), hash);
}

const char *entry_nearest_key(const char *key, const char *const *known)
{
    struct suggestion suggestion;
    const char *synonym;

    for (size_t i = 0; (synonym = suggest_synonym(key, i)); i++)
        for (size_t j = 0; known[j]; j++)
            if (!strcmp(known[j], synonym))
                return synonym;
    suggest_start(&suggestion, key);
    for (; *known; known++)
        suggest_offer(&suggestion, *known);
    return suggestion.best;
}

void entry_unknown_key(const struct json_node *child, const char *what, const char *const *known,
    bool compat, struct diag_list *diags)
{
    const char *near = entry_nearest_key(child->key, known);
    struct diag *diag;

    if (!strcmp(child->key, "$schema") || !strncasecmp(child->key, "x-", 2))
        return;
    diag = diag_add(diags, compat ? DIAG_WARNING : DIAG_ERROR, compat ? "W1314" : "W1003",
        child->key_place, "%s has no key '%s'", what, child->key);
    if (near)
        diag->suggestion = mem_printf("did you mean '%s'?", near);
}

/* The member that names the type; NULL when there is none, or two. */
static const struct json_node *type_member(const struct json_node *node, struct diag_list *diags)
{
    const struct json_node *found = NULL;

    for (size_t i = 0; i < node->n_children; i++)
        for (size_t j = 0; j < 2; j++) {
            const struct json_node *child = &node->children[i];

            if (strcasecmp(child->key, type_keys[j]) != 0)
                continue;
            if (found) {
                diag_add(diags, DIAG_ERROR, "W1012", child->key_place,
                    "'%s' and '%s' both name the type", found->key, child->key)
                    ->suggestion = mem_strdup("keep one of them");
                return NULL;
            }
            found = child;
        }
    if (!found)
        diag_add(diags, DIAG_ERROR, "W1011", node->place, "this entry does not say its type")
            ->expected = mem_strdup("\"plugin_type\": \"flusher_...\" (or \"type\", \"Type\")");
    return found;
}

/* An id is part of the lane's name, and that of folders. */
static bool good_id(const char *id)
{
    size_t size = strlen(id);

    for (size_t i = 0; i < size; i++)
        if ((unsigned char)id[i] < 0x20 || id[i] == '/' || id[i] == 0x7F)
            return false;
    return size && size <= COMPONENT_ID_MAX_BYTES && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

static bool refuse_type_text(const struct json_node *node, struct diag_list *diags)
{
    SCOPED_FREE char *text = mem_strdup(json_object_to_json_string_ext(
        node->value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

    diag_add(diags, DIAG_ERROR, "W1021", node->place, "%s is no type/id", text)->expected =
        mem_strdup("\"type\" or \"type/id\", the id without slashes and control characters");
    return false;
}

/* Grammar: name[/id[/ordinal]][#priority]; ordinal and priority mean nothing here. */
bool entry_parse_type(
    struct component_config *item, const struct json_node *node, struct diag_list *diags)
{
    const char *text, *end, *slash, *ordinal;

    if (!json_object_is_type(node->value, json_type_string) ||
        !json_object_get_string_len(node->value)) {
        diag_add(diags, DIAG_ERROR, "W1201", node->place, "'%s' must be a text", node->key)
            ->expected = mem_strdup("the name of a type, such as \"flusher_stdout\"");
        return false;
    }
    text = json_object_get_string(node->value);
    if (strlen(text) != (size_t)json_object_get_string_len(node->value))
        return refuse_type_text(node, diags);
    slash = strchr(text, '/');
    end = slash && strchr(slash, '#') ? strchr(slash, '#') : text + strlen(text);
    if (!slash) {
        item->type = mem_strdup(text);
        return true;
    }
    ordinal = memrchr(slash + 1, '/', (size_t)(end - slash - 1));
    if (ordinal)
        end = ordinal;
    item->type = mem_strndup(text, (size_t)(slash - text));
    item->id = mem_strndup(slash + 1, (size_t)(end - slash - 1));
    if (slash == text || !good_id(item->id))
        return refuse_type_text(node, diags);
    item->name = mem_printf("%s/%s", item->type, item->id);
    return true;
}

const struct json_node *entry_read_type(
    struct component_config *item, const struct json_node *node, struct diag_list *diags)
{
    const struct json_node *type;

    if (!json_object_is_type(node->value, json_type_object)) {
        diag_add(diags, DIAG_ERROR, "W1010", node->place, "an entry must be an object")->expected =
            mem_strdup("{\"plugin_type\": \"...\", \"detail\": {...}}");
        return NULL;
    }
    type = type_member(node, diags);
    return type && entry_parse_type(item, type, diags) ? type : NULL;
}

static bool is_type(
    const struct config_catalog *catalog, enum config_section section, const char *type)
{
    const char *name;

    for (size_t i = 0; (name = catalog->name(catalog->context, section, i)); i++)
        if (!strcmp(name, type))
            return true;
    return false;
}

/* "stdout" for flusher_stdout, a type of another section, a near one; NULL: none. */
static char *suggest_type(
    const struct config_catalog *catalog, enum config_section section, const char *type)
{
    SCOPED_FREE char *whole = mem_printf("%s_%s", section_names[section], type);
    struct suggestion suggestion;
    const char *name;

    if (strstr(type, "${"))
        return mem_strdup("types take no references: write it out");
    if (is_type(catalog, section, whole))
        return mem_printf("did you mean '%s'?", whole);
    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        if (i != (int)section && is_type(catalog, (enum config_section)i, type))
            return mem_printf("it belongs under `%ss`", section_names[i]);
    suggest_start(&suggestion, type);
    for (size_t i = 0; (name = catalog->name(catalog->context, section, i)); i++)
        suggest_offer(&suggestion, name);
    return suggestion.best ? mem_printf("did you mean '%s'?", suggestion.best) : NULL;
}

static const char *where_flushers_are(
    const struct config_catalog *catalog, enum config_catalog_state state)
{
    if (state == CONFIG_CATALOG_BROKEN)
        return "correct the errors of the plugins files first";
    if (catalog->name(catalog->context, CONFIG_FLUSHER, 0))
        return "is the plugin that brings it listed in plugins.yml?";
    return state == CONFIG_CATALOG_NONE ? "no plugin is loaded: give a plugins.yml with --plugins"
                                        : "the plugins files list no plugin that can be loaded";
}

static void refuse_type(const struct component_config *item, enum config_section section,
    struct place place, const struct config_catalog *catalog, struct diag_list *diags)
{
    struct diag *diag = diag_add(diags, DIAG_ERROR, "W1004", place, "there is no %s '%s'",
        section_names[section], item->type);
    enum config_catalog_state state;

    diag->suggestion = suggest_type(catalog, section, item->type);
    if (diag->suggestion || section != CONFIG_FLUSHER)
        return;
    state = catalog->state ? catalog->state(catalog->context) : CONFIG_CATALOG_NONE;
    diag->suggestion = mem_strdup(where_flushers_are(catalog, state));
    diag->follows = state == CONFIG_CATALOG_BROKEN;
}

static bool find_class(struct component_config *item, enum config_section section,
    struct place place, const struct pipeline_request *request, struct diag_list *diags)
{
    const struct config_catalog *catalog = request->catalog;
    bool reported = false;

    item->class = catalog->find(catalog->context, section, item->type, place, diags, &reported);
    if (!item->class && !reported)
        refuse_type(item, section, place, catalog, diags);
    return item->class;
}

static bool has_option(const struct config_class *class, const char *name)
{
    for (uint32_t i = 0; i < class->n_options; i++)
        if (!strcasecmp(option_row(class->options, class->option_stride, i)->name, name))
            return true;
    return false;
}

/* A class may have an option of that name; then its own table says what is allowed. */
static void read_interval(
    struct component_config *item, const struct json_node *object, struct diag_list *diags)
{
    struct options_request fill = {
        .class = &config_interval_class, .object = object, .place = item->place, .partial = true};
    struct diag_list unheard = {0};
    bool own = has_option(item->class, "IntervalMs");
    struct options *options = options_fill(&fill, own ? &unheard : diags);
    const struct interval_values *values = options ? options->values : NULL;

    if (values && values->has_interval_ms)
        item->interval_ms = values->interval_ms;
    options_destroy(options);
    diag_list_finish(&unheard);
}

static void read_delivery(struct component_config *item, const struct json_node *node,
    const struct pipeline_request *request, struct diag_list *diags)
{
    struct options_request fill = {
        .class = &config_delivery_class,
        .object = node,
        .place = node ? node->place : item->place,
        .compat = request->compat,
    };
    struct options *options;

    if (node && node->value && !json_object_is_type(node->value, json_type_object)) {
        diag_add(diags, DIAG_ERROR, "W1010", node->place, "'delivery' must be an object");
        return;
    }
    options = options_fill(&fill, diags);
    if (options) {
        item->delivery = *(struct delivery_config *)options->values;
        item->delivery_json = mem_strndup(options->json, options->json_size);
        item->spool_path =
            mem_strndup(item->delivery.spool_path.data, item->delivery.spool_path.size);
        item->delivery.spool_path.data = item->spool_path;
        delivery_alias_apply(
            item->class, item->options ? item->options->values : NULL, node, &item->delivery);
    }
    options_destroy(options);
}

static char *copy_or(bool given, struct weir_str text, const char *otherwise)
{
    return given ? mem_strndup(text.data, text.size) : mem_strdup(otherwise ? otherwise : "");
}

static void read_target(struct component_config *item, const struct json_node *entry,
    const struct global_config *global, struct diag_list *diags)
{
    struct options_request fill = {
        .class = &config_target_class, .object = entry, .place = item->place, .partial = true};
    struct options *options = options_fill(&fill, diags);
    const struct target_values none = {0}, *values = options ? options->values : &none;

    item->project = copy_or(values->has_project, values->project, global->project);
    item->logstore = copy_or(values->has_logstore, values->logstore, global->logstore);
    item->logstore_key = global->logstore_key;
    if (values->has_logstore_key)
        item->logstore_key = values->logstore_key;
    else if (values->has_project || values->has_logstore)
        item->logstore_key = entry_logstore_key(item->project, item->logstore);
    options_destroy(options);
}

/* Keys beside the type that are the host's own. */
static const char *const flusher_keys[] = {
    "type", "plugin_type", "detail", "delivery", "Project", "Logstore", "LogstoreKey", NULL};
static const char *const other_keys[] = {"type", "plugin_type", "detail", NULL};

static bool known_key(const char *const *keys, const char *key)
{
    for (; *keys; keys++)
        if (!strcasecmp(*keys, key))
            return true;
    return false;
}

/* With `detail`, or a lower-case type key: options stand in `detail` only. */
static void check_v1_keys(const struct component_config *item, const struct json_node *entry,
    const char *const *keys, bool compat, struct diag_list *diags)
{
    for (size_t i = 0; i < entry->n_children; i++) {
        const struct json_node *child = &entry->children[i];

        if (known_key(keys, child->key))
            continue;
        if (has_option(item->class, child->key) && !compat)
            diag_add(diags, DIAG_ERROR, "W1003", child->key_place,
                "'%s' is an option of %s, but not in 'detail'", child->key, item->type)
                ->suggestion = mem_printf("move it: \"detail\": {\"%s\": ...}", child->key);
        else
            entry_unknown_key(child, "this entry", keys, compat, diags);
    }
}

static void fill_options(struct component_config *item, const struct json_node *entry,
    const struct json_node *type, enum config_section section,
    const struct pipeline_request *request, struct diag_list *diags)
{
    static const char *const interval_keys[] = {"IntervalMs", NULL};
    static const char *const flat_keys[] = {"type", "plugin_type", "IntervalMs", NULL};
    const char *const *host_keys = section == CONFIG_FLUSHER ? flusher_keys : other_keys;
    const struct json_node *detail = json_member(entry, "detail");
    bool timed = section == CONFIG_INPUT && !has_option(item->class, "IntervalMs");
    struct options_request fill = {
        .class = item->class, .place = item->place, .compat = request->compat};

    if (detail && detail->value && !json_object_is_type(detail->value, json_type_object)) {
        diag_add(diags, DIAG_ERROR, "W1010", detail->place, "'detail' must be an object");
        return;
    }
    if (!detail && !strcmp(type->key, "Type")) {
        fill.object = entry;
        fill.skip_keys = timed ? flat_keys : host_keys;
    } else {
        check_v1_keys(item, entry, host_keys, request->compat, diags);
        fill.misplaced = entry;
        fill.object = detail && detail->value ? detail : NULL;
        fill.skip_keys = timed ? interval_keys : NULL;
    }
    if (section == CONFIG_INPUT)
        read_interval(item, fill.object, diags);
    item->options = options_fill(&fill, diags);
}

void entry_read(struct component_config *item, const struct json_node *node,
    enum config_section section, const struct global_config *global,
    const struct pipeline_request *request, struct diag_list *diags)
{
    const struct json_node *type;

    item->place = node->place;
    item->interval_ms = global->input_interval_ms;
    type = entry_read_type(item, node, diags);
    if (!type || !find_class(item, section, type->place, request, diags))
        return;
    for (size_t i = 0; i < node->n_children; i++)
        if (known_key(flusher_keys, node->children[i].key))
            json_twin(node, &node->children[i], diags);
    fill_options(item, node, type, section, request, diags);
    if (section == CONFIG_FLUSHER) {
        read_delivery(item, json_member(node, "delivery"), request, diags);
        read_target(item, node, global, diags);
    }
}

bool entry_check_section(const struct json_node *node, size_t max, struct diag_list *diags)
{
    if (!json_object_is_type(node->value, json_type_array)) {
        diag_add(diags, DIAG_ERROR, "W1010", node->place, "'%s' must be a list", node->key)
            ->expected = mem_strdup("a list of objects: [{\"plugin_type\": \"...\"}]");
        return false;
    }
    if (node->n_children > max) {
        diag_add(diags, DIAG_ERROR, "W1015", node->place, "'%s' has %zu entries; at most %zu do",
            node->key, node->n_children, max);
        return false;
    }
    return true;
}

bool entry_default(struct component_config *item, enum config_section section, const char *type,
    const char *path, const struct global_config *global, const struct pipeline_request *request,
    struct diag_list *diags)
{
    struct options_request fill = {.compat = request->compat};

    item->place = (struct place){.file = path};
    item->interval_ms = global->input_interval_ms;
    item->type = mem_strdup(type);
    if (!find_class(item, section, item->place, request, diags))
        return false;
    fill.class = item->class;
    fill.place = item->place;
    item->options = options_fill(&fill, diags);
    return true;
}

void entry_finish(struct component_config *item)
{
    options_destroy(item->options);
    free(item->delivery_json);
    free(item->type);
    free(item->id);
    free(item->name);
    free(item->spool_path);
    free(item->project);
    free(item->logstore);
}
