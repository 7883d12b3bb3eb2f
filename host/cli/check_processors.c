#include "cli/check_processors.h"

#include "process/process.h"

#define WORDS_MAX 512U

void check_processors(const struct pipeline_config *config, struct diag_list *diags)
{
    const struct component_list *list = &config->sections[CONFIG_PROCESSOR];

    for (size_t i = 0; i < list->count; i++) {
        const struct processor_class *class = list->items[i].class->implementation;
        struct processor_context context = {config->name, &list->items[i], &config->global};
        char why[WORDS_MAX] = "";
        struct processor *processor = class->create(&context, why, sizeof why);

        if (processor)
            class->destroy(processor);
        else
            diag_add(diags, DIAG_ERROR, "W1022", list->items[i].place, "%s: %s",
                list->items[i].name, why);
    }
}
