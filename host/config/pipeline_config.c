#include "config/pipeline_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/entry.h"
#include "config/extensions.h"
#include "config/host_options.h"

static const struct {
    const char *key;
    enum config_section section;
} section_keys[] = {
    {"inputs", CONFIG_INPUT},
    {"processors", CONFIG_PROCESSOR},
    {"aggregators", CONFIG_AGGREGATOR},
    {"flushers", CONFIG_FLUSHER},
};

static bool in_list(const char *const *list, const char *key)
{
    for (; *list; list++)
        if (!strcasecmp(*list, key))
            return true;
    return false;
}

static void note_ignored(
    const struct json_node *object, const char *const *keys, struct diag_list *diags)
{
    for (size_t i = 0; i < object->n_children; i++)
        if (in_list(keys, object->children[i].key))
            diag_add(diags, DIAG_NOTE, "W1311", object->children[i].key_place,
                "'%s' means nothing here", object->children[i].key);
}

/* -- global -- */

static void take_global(struct pipeline_config *config, const struct global_values *values)
{
    struct global_config *global = &config->global;

    global->input_max_first_collect_delay_ms = values->input_max_first_collect_delay_ms;
    global->input_interval_ms = values->input_interval_ms;
    global->aggregat_interval_ms = values->aggregat_interval_ms;
    global->flush_interval_ms = values->flush_interval_ms;
    global->default_log_queue_size = values->default_log_queue_size;
    global->default_log_group_queue_size = values->default_log_group_queue_size;
    global->enable_timestamp_nanosecond = values->enable_timestamp_nanosecond;
    global->using_old_content_tag = values->using_old_content_tag;
    global->host_name_key = values->meta_tag_keys.host_name;
    global->host_ip_key = values->meta_tag_keys.host_ip;
    global->env_tag_keys = values->env_tag_keys;
    global->has_env_tag_keys = values->has_env_tag_keys;
    global->tags = values->tags;
    global->host_name = values->host_name;
    global->host_ip = values->host_ip;
    global->project = mem_strndup(values->project.data, values->project.size);
    global->logstore = values->has_logstore
                           ? mem_strndup(values->logstore.data, values->logstore.size)
                           : mem_strdup(config->name);
    global->logstore_key = values->has_logstore_key
                               ? values->logstore_key
                               : entry_logstore_key(global->project, global->logstore);
}

static void read_global(struct pipeline_config *config, const struct json_node *node,
    const struct pipeline_request *request, struct diag_list *diags)
{
    struct options_request fill = {
        .class = &config_global_class,
        .object = node,
        .skip_keys = config_ignored_global_keys,
        .place = node ? node->place : (struct place){.file = config->path},
        .compat = request->compat,
    };
    struct options *options;

    if (node && node->value && !json_object_is_type(node->value, json_type_object)) {
        diag_add(diags, DIAG_ERROR, "W1010", node->place, "'global' must be an object");
        return;
    }
    if (node)
        note_ignored(node, config_ignored_global_keys, diags);
    options = options_fill(&fill, diags);
    if (options)
        take_global(config, options->values);
    config->global.options = options;
}

/* -- sections -- */

static void check_ids(const struct component_list *list, struct diag_list *diags)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < i; j++)
            if (list->items[i].name && list->items[j].name &&
                !strcmp(list->items[i].name, list->items[j].name))
                diag_add(diags, DIAG_ERROR, "W1016", list->items[i].place,
                    "'%s' is there twice; the first is in line %u", list->items[i].name,
                    list->items[j].place.line)
                    ->suggestion = mem_strdup("give one of them another id: \"type/id\"");
}

/* Ids of entries that gave none: their position among equal types, from 1, past
 * numbers that are given. */
static void number_entries(struct component_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct component_config *item = &list->items[i];
        unsigned number = 0;
        bool taken;

        if (!item->type || item->id)
            continue;
        for (size_t j = 0; j <= i; j++)
            number += list->items[j].type && !strcmp(list->items[j].type, item->type);
        do {
            SCOPED_FREE char *name = mem_printf("%s/%u", item->type, number);

            taken = false;
            for (size_t j = 0; j < list->count; j++)
                taken |= list->items[j].name && !strcmp(list->items[j].name, name);
            number += taken;
        } while (taken);
        item->id = mem_printf("%u", number);
        item->name = mem_printf("%s/%s", item->type, item->id);
    }
}

static void read_section(struct pipeline_config *config, enum config_section section,
    const struct json_node *node, const struct pipeline_request *request, struct diag_list *diags)
{
    struct component_list *list = &config->sections[section];
    size_t max = section == CONFIG_FLUSHER ? PIPELINE_FLUSHERS_MAX : PIPELINE_COMPONENTS_MAX;

    if (!node || !node->value || !entry_check_section(node, max, diags))
        return;
    list->items = mem_calloc(node->n_children, sizeof *list->items);
    list->count = node->n_children;
    for (size_t i = 0; i < node->n_children; i++)
        entry_read(&list->items[i], &node->children[i], section, &config->global, request, diags);
    number_entries(list);
    check_ids(list, diags);
}

/* Flushers with what `extensions` says in the places that refer to it. */
static void read_sections(struct pipeline_config *config, const struct json_node *root,
    const struct pipeline_request *request, struct diag_list *diags)
{
    struct extensions *extensions =
        extensions_read(json_member(root, "extensions"), request, diags);

    for (size_t i = 0; i < ARRAY_SIZE(section_keys); i++) {
        const struct json_node *section = json_member(root, section_keys[i].key);
        struct json_node resolved;

        if (section && section_keys[i].section == CONFIG_FLUSHER) {
            resolved = extensions_resolve(extensions, *section, diags);
            section = &resolved;
        }
        read_section(config, section_keys[i].section, section, request, diags);
    }
    extensions_check_used(extensions, diags);
    extensions_destroy(extensions);
}

static void add_default_aggregator(
    struct pipeline_config *config, const struct pipeline_request *request, struct diag_list *diags)
{
    struct component_list *list = &config->sections[CONFIG_AGGREGATOR];

    if (list->count)
        return;
    free(list->items); /* of an empty section */
    list->items = mem_zalloc(sizeof *list->items);
    if (entry_default(&list->items[0], CONFIG_AGGREGATOR, "aggregator_default", config->path,
            &config->global, request, diags))
        list->count = 1;
    number_entries(list);
}

static const char *const root_keys[] = {
    "enable", "global", "inputs", "processors", "aggregators", "flushers", "extensions", NULL};

/* An object in the place of a key that nobody knows, with what belongs to the root. */
static bool is_wrapper(const struct json_node *child)
{
    return json_object_is_type(child->value, json_type_object) &&
           (json_member(child, "inputs") || json_member(child, "flushers"));
}

static void refuse_root_key(
    const struct json_node *child, const struct pipeline_request *request, struct diag_list *diags)
{
    if (request->compat || !is_wrapper(child)) {
        entry_unknown_key(child, "a pipeline", root_keys, request->compat, diags);
        return;
    }
    diag_add(diags, DIAG_ERROR, "W1003", child->key_place, "a pipeline has no key '%s'", child->key)
        ->suggestion = mem_strdup("take what is in it out: a file is one pipeline");
}

static void check_root_keys(
    const struct json_node *root, const struct pipeline_request *request, struct diag_list *diags)
{
    note_ignored(root, config_ignored_root_keys, diags);
    for (size_t i = 0; i < root->n_children; i++) {
        const char *key = root->children[i].key;

        if (in_list(root_keys, key))
            json_twin(root, &root->children[i], diags);
        else if (!in_list(config_ignored_root_keys, key))
            refuse_root_key(&root->children[i], request, diags);
    }
}

static void read_enable(
    struct pipeline_config *config, const struct json_node *node, struct diag_list *diags)
{
    config->enable = true;
    if (!node || !node->value)
        return;
    if (json_object_is_type(node->value, json_type_boolean))
        config->enable = json_object_get_boolean(node->value);
    else
        diag_add(diags, DIAG_ERROR, "W1201", node->place, "'enable' must be true or false");
}

/* Not there, null, or []; what is no list has been told. */
static bool is_absent(const struct json_node *section)
{
    return !section || !section->value ||
           (json_object_is_type(section->value, json_type_array) && !section->n_children);
}

/* Whether a key that is told to be unknown probably is that section, or holds it. */
static bool told_otherwise(
    const struct json_node *root, const char *section, const struct pipeline_request *request)
{
    for (size_t i = 0; !request->compat && i < root->n_children; i++) {
        const struct json_node *child = &root->children[i];
        const char *near = in_list(root_keys, child->key)                  ? NULL
                           : in_list(config_ignored_root_keys, child->key) ? NULL
                           : !strncasecmp(child->key, "x-", 2)
                               ? NULL
                               : entry_nearest_key(child->key, root_keys);

        if (near && !strcmp(near, section))
            return true;
        if (!in_list(root_keys, child->key) && is_wrapper(child))
            return true;
    }
    return false;
}

static void check_ends(struct pipeline_config *config, const struct json_node *root,
    const struct pipeline_request *request, struct diag_list *diags)
{
    const struct json_node *inputs = json_member(root, "inputs");
    const struct json_node *flushers = json_member(root, "flushers");

    if (is_absent(inputs) && !told_otherwise(root, "inputs", request))
        diag_add(diags, DIAG_ERROR, "W1014", inputs ? inputs->place : root->place,
            "pipeline '%s' has no input: there is nothing to read", config->name);
    if (is_absent(flushers) && !told_otherwise(root, "flushers", request))
        diag_add(diags, DIAG_ERROR, "W1013", flushers ? flushers->place : root->place,
            "pipeline '%s' has no flusher: its logs would go nowhere", config->name);
}

static void try_entries(const struct pipeline_config *config,
    const struct pipeline_request *request, struct diag_list *diags)
{
    if (!request->try_entry || !config->global.options)
        return;
    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        for (size_t j = 0; j < config->sections[i].count; j++)
            if (config->sections[i].items[j].options)
                request->try_entry(
                    config, (enum config_section)i, &config->sections[i].items[j], diags);
}

static void read_root(struct pipeline_config *config, const struct json_node *root,
    const struct pipeline_request *request, struct diag_list *diags)
{
    if (!json_object_is_type(root->value, json_type_object)) {
        diag_add(diags, DIAG_ERROR, "W1010", root->place, "a pipeline must be an object")
            ->expected = mem_strdup("{\"inputs\": [...], \"flushers\": [...]}");
        return;
    }
    check_root_keys(root, request, diags);
    read_enable(config, json_member(root, "enable"), diags);
    read_global(config, json_member(root, "global"), request, diags);
    read_sections(config, root, request, diags);
    add_default_aggregator(config, request, diags);
    check_ends(config, root, request, diags);
    try_entries(config, request, diags);
}

char *pipeline_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    return mem_strndup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

struct pipeline_config *pipeline_config_read(
    const char *path, const struct pipeline_request *request, struct diag_list *diags)
{
    size_t from = diags->count, n_errors = diags->n_errors;
    struct document *document;
    struct pipeline_config *config;

    diags->n_secret_lines = 0;
    document = document_read(path, diags);
    if (!document)
        return NULL;
    config = mem_zalloc(sizeof *config);
    config->path = mem_strdup(path);
    config->name = pipeline_name_of(path);
    config->digest = XXH64(document->text, document->size, 0);
    read_root(config, document->root, request, diags);
    document_show_lines(path, document->text, document->size, from, diags);
    diag_list_sort(diags, from);
    for (int i = 0; i < CONFIG_N_SECTIONS; i++) /* places outlive the document */
        for (size_t j = 0; j < config->sections[i].count; j++)
            config->sections[i].items[j].place.file = config->path;
    document_destroy(document);
    if (diags->n_errors == n_errors)
        return config;
    pipeline_config_destroy(config);
    return NULL;
}

void pipeline_config_destroy(struct pipeline_config *config)
{
    if (!config)
        return;
    for (int i = 0; i < CONFIG_N_SECTIONS; i++) {
        for (size_t j = 0; j < config->sections[i].count; j++)
            entry_finish(&config->sections[i].items[j]);
        free(config->sections[i].items);
    }
    options_destroy(config->global.options);
    free(config->global.project);
    free(config->global.logstore);
    free(config->name);
    free(config->path);
    free(config);
}
