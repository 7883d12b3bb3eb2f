#include "cli/check_stage.h"

#include "aggregate/aggregate.h"
#include "input/input.h"
#include "process/process.h"

#define WORDS_MAX 512U

/* Each makes one and lets go of it; false, with words, when it is refused. None is started:
 * they need no loop, no memory and nobody behind them. */

static bool try_input(const struct pipeline_config *config, const struct component_config *entry,
    char *why, size_t why_max)
{
    const struct input_class *class = entry->class->implementation;
    struct input_context context = {
        .pipeline = config->name, .config = entry, .global = &config->global};
    struct input *input = class->create(&context, why, why_max);

    if (input)
        class->destroy(input);
    return input != NULL;
}

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

void check_stage(const struct pipeline_config *config, enum config_section section,
    const struct component_config *entry, struct diag_list *diags)
{
    static bool (*const tries[CONFIG_N_SECTIONS])(const struct pipeline_config *config,
        const struct component_config *entry, char *why, size_t why_max) = {
        [CONFIG_INPUT] = try_input,
        [CONFIG_PROCESSOR] = try_processor,
        [CONFIG_AGGREGATOR] = try_aggregator,
    };
    char why[WORDS_MAX] = "";

    if (tries[section] && !tries[section](config, entry, why, sizeof why))
        diag_add(diags, DIAG_ERROR, "W1022", entry->place, "%s: %s", entry->name, why);
}
