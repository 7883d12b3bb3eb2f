#include "app/catalog.h"

#include <string.h>
#include "aggregate/aggregate.h"
#include "base/mem.h"
#include "input/input.h"
#include "plugin/registry.h"
#include "process/process.h"

struct catalog {
    struct config_catalog config;
    struct registry *registry;
    enum config_catalog_state state;
};

/* The i-th built-in of a section, NULL behind the last. */
static const struct config_class *builtin(enum config_section section, size_t i)
{
    const struct input_class *input;
    const struct processor_class *processor;
    const struct aggregator_class *aggregator;

    switch (section) {
    case CONFIG_INPUT:
        input = input_class_at(i);
        return input ? &input->config : NULL;
    case CONFIG_PROCESSOR:
        processor = processor_class_at(i);
        return processor ? &processor->config : NULL;
    case CONFIG_AGGREGATOR:
        aggregator = aggregator_class_at(i);
        return aggregator ? &aggregator->config : NULL;
    default:
        return NULL;
    }
}

static const struct config_class *find(void *context, enum config_section section, const char *type,
    struct place place, struct diag_list *diags, bool *ret_reported)
{
    struct catalog *catalog = context;
    const struct config_class *class;

    if (section == CONFIG_FLUSHER)
        return registry_find(catalog->registry, type, place, diags, ret_reported);
    for (size_t i = 0; (class = builtin(section, i)); i++)
        if (!strcmp(class->type, type))
            return class;
    return NULL;
}

static const char *name(void *context, enum config_section section, size_t i)
{
    struct catalog *catalog = context;
    const struct config_class *class;

    if (section == CONFIG_FLUSHER)
        return registry_name(catalog->registry, i);
    class = builtin(section, i);
    return class ? class->type : NULL;
}

static enum config_catalog_state state(void *context)
{
    struct catalog *catalog = context;

    return catalog->state;
}

struct catalog *catalog_create(
    const char *const *plugin_files, size_t n_plugin_files, struct diag_list *diags)
{
    struct registry_request request = {.files = plugin_files, .n_files = n_plugin_files};
    struct catalog *catalog = mem_zalloc(sizeof *catalog);
    size_t n_errors = diags->n_errors;

    catalog->config = (struct config_catalog){catalog, find, name, state};
    catalog->registry = registry_create(&request, diags);
    if (n_plugin_files)
        catalog->state = diags->n_errors > n_errors ? CONFIG_CATALOG_BROKEN : CONFIG_CATALOG_FINE;
    return catalog;
}

void catalog_destroy(struct catalog *catalog)
{
    if (!catalog)
        return;
    registry_destroy(catalog->registry);
    free(catalog);
}

const struct config_catalog *catalog_config(struct catalog *catalog)
{
    return &catalog->config;
}

struct registry *catalog_registry(struct catalog *catalog)
{
    return catalog->registry;
}
