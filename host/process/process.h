/*
 * What a processor is: a change to a whole batch, in place. One built-in per
 * file; process/processors.c lists them. All calls on the pipeline's loop thread.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "config/pipeline_config.h"
#include "event/batch.h"

struct processor;

struct processor_context {
    const char *pipeline;
    const struct component_config *config; /* lives as long as the processor */
    const struct global_config *global;
};

struct processor_class {
    struct config_class config; /* `implementation` points back here */
    /* Checks what the table cannot. NULL with words in `why` on failure. */
    struct processor *(*create)(const struct processor_context *context, char *why, size_t why_max);
    /* May drop logs (move the others up, lower n_logs), add logs, change contents.
     * New text goes into the batch (batch_copy): the processor's own memory does
     * not live as long as the groups. */
    void (*process)(struct processor *processor, struct batch *batch);
    void (*destroy)(struct processor *processor);
};

/* First member of every processor. */
struct processor {
    const struct processor_class *class;
    uint64_t n_failed;  /* logs it could not work on */
    uint64_t n_dropped; /* logs it took out, as it was told to */
};

const struct processor_class *processor_class_at(size_t i);

#endif
