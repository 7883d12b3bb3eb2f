#include "scripted.h"

#include "good.h"

static int scripted_init(void *memory, const struct weir_context *context)
{
    struct scripted *self = memory;

    self->host = context->host;
    self->context = context;
    self->script = context->options;
    return self->script->init ? self->script->init(memory, context) : 0;
}

static int scripted_is_ready(
    void *memory, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct scripted *self = memory;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    return self->script->is_ready ? self->script->is_ready(memory) : 1;
}

static uint32_t scripted_flush(
    void *memory, const struct weir_batch *batch, struct weir_result *result)
{
    struct scripted *self = memory;

    return self->script->flush ? self->script->flush(memory, batch, result) : WEIR_DELIVERED;
}

static void scripted_set_urgent(void *memory, int exiting)
{
    struct scripted *self = memory;

    if (self->script->set_urgent)
        self->script->set_urgent(memory, exiting);
}

static int scripted_stop(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    struct scripted *self = memory;

    return self->script->stop ? self->script->stop(memory, deadline_ns, result) : 0;
}

static int scripted_probe(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    struct scripted *self = memory;

    return self->script->probe ? self->script->probe(memory, deadline_ns, result) : 0;
}

static const struct weir_flusher_class whole = {
    GOOD_CLASS("flusher_scripted"),
    .flags = WEIR_ASYNC | WEIR_CONCURRENT,
    .instance_size = sizeof(struct scripted),
    .options_size = sizeof(struct script),
    .init = scripted_init,
    .is_ready = scripted_is_ready,
    .flush = scripted_flush,
    .set_urgent = scripted_set_urgent,
    .stop = scripted_stop,
    .probe = scripted_probe,
};

/* Only what is required. */
static const struct weir_flusher_class bare = {
    GOOD_CLASS("flusher_scripted_bare"),
    .instance_size = sizeof(struct scripted),
    .options_size = sizeof(struct script),
    .init = scripted_init,
    .flush = scripted_flush,
};

WEIR_PLUGIN("scripted", "1.2.3", "flusher_scripted,flusher_scripted_bare", &whole, &bare);
