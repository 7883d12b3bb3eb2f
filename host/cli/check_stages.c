#include "cli/check_stages.h"

#include "aggregate/aggregate.h"
#include "process/process.h"

#define WORDS_MAX 512U

/* Each makes one and lets go of it; false, with words, when it is refused. */

static bool try_processor(const struct pipeline_config *config,
    const struct component_config *entry, char *why, size_t why_max)
{
    const struct processor_class *class = entry->class->implementation;
    struct processor_context context = {config->name, entry, &config->global};
    struct processor *processor = class->create(&context, why, why_max);

    if (processor)
        class->destroy(processor);
    return processor != NULL;
}

/* It is given nothing to collect, and so needs no loop, no memory and nobody behind it. */
static bool try_aggregator(const struct pipeline_config *config,
    const struct component_config *entry, char *why, size_t why_max)
{
    static const struct host_facts host;
    const struct aggregator_class *class = entry->class->implementation;
    struct aggregator_context context = {
        .pipeline = config->name, .config = entry, .global = &config->global, .host = &host};
    struct aggregator *aggregator = class->create(&context, why, why_max);

    if (aggregator)
        class->destroy(aggregator);
    return aggregator != NULL;
}

void check_stages(const struct pipeline_config *config, struct diag_list *diags)
{
    static const struct {
        enum config_section section;
        bool (*try)(const struct pipeline_config *config, const struct component_config *entry,
            char *why, size_t why_max);
    } stages[] = {{CONFIG_PROCESSOR, try_processor}, {CONFIG_AGGREGATOR, try_aggregator}};

    for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
        const struct component_list *list = &config->sections[stages[i].section];

        for (size_t j = 0; j < list->count; j++) {
            char why[WORDS_MAX] = "";

            if (!stages[i].try(config, &list->items[j], why, sizeof why))
                diag_add(diags, DIAG_ERROR, "W1022", list->items[j].place, "%s: %s",
                    list->items[j].name, why);
        }
    }
}
