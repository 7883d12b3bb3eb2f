#include "config/extensions.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/entry.h"
#include "config/suggest.h"

#define PREFIX "ext_"

/* Upstream's. Those of other flushers count as known once they are referred to. */
static const char *const known_types[] = {"ext_basicauth", "ext_request_breaker",
    "ext_groupinfo_filter", "ext_default_encoder", "ext_default_decoder"};

static const char *const type_keys[] = {"type", "plugin_type", NULL};
static const char *const v1_keys[] = {"type", "plugin_type", "detail", NULL};

struct extension {
    struct component_config entry;  /* type, id, name, place */
    const struct json_node *object; /* its options, and in the flat form its type; may be NULL */
    bool used;
    bool told; /* enough is told of it */
};

struct extensions {
    struct extension *items;
    size_t count;
    struct json_node **nodes; /* made while resolving */
    size_t n_nodes, cap_nodes;
    struct json_object **values;
    size_t n_values, cap_values;
};

static bool in_list(const char *const *list, const char *key)
{
    for (; *list; list++)
        if (!strcasecmp(*list, key))
            return true;
    return false;
}

/* -- the section -- */

static void read_options(struct extension *extension, const struct json_node *node,
    const struct json_node *type, bool compat, struct diag_list *diags)
{
    const struct json_node *detail = json_member(node, "detail");

    if (!detail && !strcmp(type->key, "Type")) {
        extension->object = node;
        return;
    }
    for (size_t i = 0; i < node->n_children; i++)
        if (!in_list(v1_keys, node->children[i].key))
            entry_unknown_key(&node->children[i], "this entry", v1_keys, compat, diags);
    if (detail && detail->value && !json_object_is_type(detail->value, json_type_object))
        diag_add(diags, DIAG_ERROR, "W1010", detail->place, "'detail' must be an object");
    else
        extension->object = detail && detail->value ? detail : NULL;
}

static void read_one(
    struct extension *extension, const struct json_node *node, bool compat, struct diag_list *diags)
{
    const struct json_node *type = entry_read_type(&extension->entry, node, diags);

    if (!type) { /* told; nothing more is to be told of it */
        entry_finish(&extension->entry);
        extension->entry = (struct component_config){0};
        return;
    }
    extension->entry.place = type->place;
    read_options(extension, node, type, compat, diags);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static void check_names(struct extensions *extensions, struct diag_list *diags)
{
    for (size_t i = 0; i < extensions->count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct component_config *a = &extensions->items[j].entry;
            const struct component_config *b = &extensions->items[i].entry;

            if (!a->type || !same_text(a->type, b->type) || !same_text(a->id, b->id))
                continue;
            extensions->items[i].told = true;
            diag_add(diags, DIAG_ERROR, "W1016", b->place,
                "extension '%s' is there twice; the first is in line %u",
                b->name ? b->name : b->type, a->place.line)
                ->suggestion = mem_strdup("give one of them another id: \"type/id\"");
        }
}

struct extensions *extensions_read(const struct json_node *section,
    const struct pipeline_request *request, struct diag_list *diags)
{
    struct extensions *extensions = mem_zalloc(sizeof *extensions);

    if (!section || !section->value ||
        !entry_check_section(section, PIPELINE_COMPONENTS_MAX, diags))
        return extensions;
    extensions->items = mem_calloc(section->n_children, sizeof *extensions->items);
    extensions->count = section->n_children;
    for (size_t i = 0; i < section->n_children; i++)
        read_one(&extensions->items[i], &section->children[i], request->compat, diags);
    check_names(extensions, diags);
    return extensions;
}

void extensions_destroy(struct extensions *extensions)
{
    if (!extensions)
        return;
    for (size_t i = 0; i < extensions->count; i++)
        entry_finish(&extensions->items[i].entry);
    for (size_t i = 0; i < extensions->n_nodes; i++)
        free(extensions->nodes[i]);
    for (size_t i = 0; i < extensions->n_values; i++)
        json_object_put(extensions->values[i]);
    free(extensions->items);
    free((void *)extensions->nodes);
    free((void *)extensions->values);
    free(extensions);
}

/* -- references -- */

static struct json_node *keep_nodes(struct extensions *extensions, size_t n)
{
    MEM_GROW(extensions->nodes, extensions->n_nodes, extensions->cap_nodes);
    return extensions->nodes[extensions->n_nodes++] = mem_calloc(n, sizeof(struct json_node));
}

static struct json_object *keep_text(struct extensions *extensions, const char *text)
{
    MEM_GROW(extensions->values, extensions->n_values, extensions->cap_values);
    return extensions->values[extensions->n_values++] = json_object_new_string(text);
}

/* The member Type that makes the object a reference, or NULL. */
static const struct json_node *reference(const struct json_node *node)
{
    const struct json_node *type =
        json_object_is_type(node->value, json_type_object) ? json_member(node, "Type") : NULL;

    return type && json_object_is_type(type->value, json_type_string) &&
                   !strncmp(json_object_get_string(type->value), PREFIX, sizeof PREFIX - 1)
               ? type
               : NULL;
}

static struct extension *refuse_reference(const struct extensions *extensions,
    const struct component_config *wanted, struct place place, struct diag_list *diags)
{
    struct diag *diag = diag_add(diags, DIAG_ERROR, "W1024", place,
        wanted->name ? "there is no extension '%s'" : "there are several extensions '%s'",
        wanted->name ? wanted->name : wanted->type);
    struct suggestion suggestion;

    suggest_start(&suggestion, wanted->name ? wanted->name : wanted->type);
    for (size_t i = 0; i < extensions->count; i++)
        if (extensions->items[i].entry.name)
            suggest_offer(&suggestion, extensions->items[i].entry.name);
    diag->suggestion =
        suggestion.best && wanted->name ? mem_printf("did you mean '%s'?", suggestion.best)
        : wanted->name ? mem_printf("add {\"Type\": \"%s\", ...} to `extensions`", wanted->name)
                       : mem_strdup("write which: \"type/id\"");
    return NULL;
}

/* By type and id; without an id the one that has none, or the only one of the type. */
static struct extension *find(struct extensions *extensions, const struct component_config *wanted,
    struct place place, struct diag_list *diags)
{
    struct extension *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < extensions->count; i++) {
        struct extension *extension = &extensions->items[i];

        if (!same_text(extension->entry.type, wanted->type))
            continue;
        if (same_text(extension->entry.id, wanted->id))
            return extension;
        found = extension;
        n++;
    }
    for (size_t i = 0; !wanted->id && n > 1 && i < extensions->count; i++) /* one is meant */
        if (same_text(extensions->items[i].entry.type, wanted->type))
            extensions->items[i].told = true;
    if (wanted->id || n > 1)
        return refuse_reference(extensions, wanted, place, diags);
    return found;
}

/* The reference with the options of the extension behind its own. */
static struct json_node put_in_place(struct extensions *extensions, struct json_node node,
    const struct json_node *type, const char *type_text, const struct extension *extension)
{
    const struct json_node *more = extension ? extension->object : NULL;
    size_t n = node.n_children, n_more = more ? more->n_children : 0;
    struct json_node *children = keep_nodes(extensions, n + n_more);

    memcpy(children, node.children, n * sizeof *children);
    children[type - node.children].value = keep_text(extensions, type_text);
    for (size_t i = 0; i < n_more; i++)
        if (!in_list(type_keys, more->children[i].key))
            children[n++] = more->children[i];
    node.children = children;
    node.n_children = n;
    return node;
}

static struct json_node resolve_reference(struct extensions *extensions, struct json_node node,
    const struct json_node *type, struct diag_list *diags)
{
    struct component_config wanted = {0};
    struct extension *found = NULL;

    if (entry_parse_type(&wanted, type, diags)) {
        if (wanted.id || node.n_children == 1)
            found = find(extensions, &wanted, type->place, diags);
        if (found)
            found->used = true;
        if (found || wanted.id)
            node = put_in_place(extensions, node, type, wanted.type, found);
    }
    entry_finish(&wanted);
    return node;
}

struct json_node extensions_resolve(
    struct extensions *extensions, struct json_node node, struct diag_list *diags)
{
    const struct json_node *type = reference(&node);
    struct json_node *children = NULL;

    if (type)
        return resolve_reference(extensions, node, type, diags);
    for (size_t i = 0; i < node.n_children; i++) {
        struct json_node child = extensions_resolve(extensions, node.children[i], diags);

        if (child.children == node.children[i].children)
            continue;
        if (!children) {
            children = keep_nodes(extensions, node.n_children);
            memcpy(children, node.children, node.n_children * sizeof *children);
        }
        children[i] = child;
    }
    if (children)
        node.children = children;
    return node;
}

/* -- what is left -- */

static bool is_known(const char *type)
{
    for (size_t i = 0; i < ARRAY_SIZE(known_types); i++)
        if (!strcmp(known_types[i], type))
            return true;
    return false;
}

static void refuse_unknown(const struct component_config *entry, struct diag_list *diags)
{
    struct diag *diag = diag_add(
        diags, DIAG_ERROR, "W1023", entry->place, "there is no extension type '%s'", entry->type);
    struct suggestion suggestion;

    suggest_start(&suggestion, entry->type);
    for (size_t i = 0; i < ARRAY_SIZE(known_types); i++)
        suggest_offer(&suggestion, known_types[i]);
    diag->suggestion =
        suggestion.best
            ? mem_printf("did you mean '%s'?", suggestion.best)
            : mem_strdup("remove it: no flusher of this pipeline refers to it, or knows it");
}

/* No table has said which of its values are secret. */
static void hide(const struct json_node *node, struct diag_list *diags)
{
    diag_secret_line(diags, node->place.line);
    for (size_t i = 0; i < node->n_children; i++)
        hide(&node->children[i], diags);
}

void extensions_check_used(const struct extensions *extensions, struct diag_list *diags)
{
    for (size_t i = 0; i < extensions->count; i++) {
        const struct extension *extension = &extensions->items[i];
        const struct component_config *entry = &extension->entry;

        if (extension->used || !entry->type)
            continue;
        if (extension->object)
            hide(extension->object, diags);
        if (extension->told)
            continue;
        if (is_known(entry->type))
            diag_add(diags, DIAG_WARNING, "W1312", entry->place,
                "nothing refers to the extension '%s'; its options are not looked at",
                entry->name ? entry->name : entry->type);
        else
            refuse_unknown(entry, diags);
    }
}
