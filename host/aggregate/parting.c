#include "aggregate/parting.h"

#include "base/mem.h"

#define NOWHERE UINT32_MAX

struct parting {
    struct lot *lots;
    uint32_t n_lots, cap_lots;
    uint32_t *lot_of; /* by log */
    struct weir_log *sorted;
    uint32_t cap_logs;
};

struct parting *parting_create(void)
{
    return mem_zalloc(sizeof(struct parting));
}

void parting_destroy(struct parting *parting)
{
    if (!parting)
        return;
    free(parting->lots);
    free(parting->lot_of);
    free(parting->sorted);
    free(parting);
}

static void make_room(struct parting *parting, uint32_t n_logs)
{
    if (n_logs <= parting->cap_logs)
        return;
    parting->cap_logs = MAX(n_logs, 2 * parting->cap_logs);
    parting->lot_of = mem_realloc(parting->lot_of, parting->cap_logs, sizeof *parting->lot_of);
    parting->sorted = mem_realloc(parting->sorted, parting->cap_logs, sizeof *parting->sorted);
}

/* The context remembers its lot; what it remembers of an earlier batch is found wrong. */
static uint32_t lot_of(struct parting *parting, struct context *context)
{
    if (context->lot < parting->n_lots && parting->lots[context->lot].context == context)
        return context->lot;
    MEM_GROW(parting->lots, parting->n_lots, parting->cap_lots);
    context->lot = parting->n_lots++;
    parting->lots[context->lot] = (struct lot){.context = context};
    return context->lot;
}

/* First the lots' sizes are in `end`; then each begins where the one before ends. */
static void lay_out(struct parting *parting)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < parting->n_lots; i++) {
        struct lot *lot = &parting->lots[i];

        lot->first = at;
        at += lot->end;
        lot->end = lot->first;
    }
}

uint32_t parting_sort(struct parting *parting, struct batch *batch, parting_choose *choose,
    void *owner, const struct lot **ret_lots)
{
    uint32_t n_sorted = 0;

    make_room(parting, batch->n_logs);
    parting->n_lots = 0;
    for (uint32_t i = 0; i < batch->n_logs; i++) {
        struct context *context = choose(owner, batch, &batch->logs[i]);

        parting->lot_of[i] = context ? lot_of(parting, context) : NOWHERE;
        if (context) {
            parting->lots[context->lot].end++;
            n_sorted++;
        }
    }
    lay_out(parting);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        if (parting->lot_of[i] != NOWHERE)
            parting->sorted[parting->lots[parting->lot_of[i]].end++] = batch->logs[i];
    if (n_sorted)
        memcpy(batch->logs, parting->sorted, n_sorted * sizeof *batch->logs);
    batch->n_logs = n_sorted;
    *ret_lots = parting->lots;
    return parting->n_lots;
}
