#include "app/reload_result.h"

#include <stdlib.h>
#include "base/mem.h"

struct reload_item *reload_result_add(
    struct reload_result *result, const char *name, enum config_change change)
{
    struct reload_item *item;

    MEM_GROW(result->items, result->count, result->capacity);
    item = &result->items[result->count++];
    *item = (struct reload_item){.name = mem_strdup(name), .change = change};
    return item;
}

bool reload_result_ok(const struct reload_result *result)
{
    return !result->n_refused && !result->n_problems;
}

void reload_result_finish(struct reload_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        free(result->items[i].name);
        free(result->items[i].why);
    }
    for (size_t i = 0; i < result->n_problems; i++)
        free(result->problems[i]);
    free((void *)result->problems);
    free(result->items);
    *result = (struct reload_result){0};
}
