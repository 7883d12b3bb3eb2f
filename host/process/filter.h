/* Taking logs out of a batch. */
#ifndef PROCESS_FILTER_H
#define PROCESS_FILTER_H

#include "process/process.h"

/* Leaves the logs that `keeps` says yes to, in order, and counts the others. */
static inline void filter_logs(struct processor *processor, struct batch *batch,
    bool (*keeps)(struct processor *processor, struct batch *batch, struct weir_log *log))
{
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < batch->n_logs; i++) {
        if (!keeps(processor, batch, &batch->logs[i]))
            continue;
        if (n_kept != i)
            batch->logs[n_kept] = batch->logs[i];
        n_kept++;
    }
    processor->n_dropped += batch->n_logs - n_kept;
    batch->n_logs = n_kept;
}

#endif
