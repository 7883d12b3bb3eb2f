#include "pipeline/pipeline.h"

#include <stdio.h>
#include <string.h>
#include "aggregate/aggregate.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "input/input.h"
#include "pipeline/meta_tags.h"
#include "pipeline/on_loop.h"
#include "plugin/registry.h"
#include "process/process.h"
#include "process/tally.h"

/* What an input may say of why it has read nothing. */
#define EXPLAIN_BYTES_MAX 512

struct pipeline {
    const struct pipeline_shared *shared;
    struct pipeline_place place;
    struct pipeline_config *config;
    struct gate gate;
    struct loop_call gate_opened; /* tells the inputs, on their loop */
    struct sink sink;             /* what inputs push into */
    struct group_sink fan_out;    /* what aggregators push into */
    struct meta_tags *meta_tags;

    struct input **inputs;
    struct input_context *input_contexts;
    size_t n_inputs, n_ended;
    struct processor **processors;
    struct tally *tallies; /* by processor */
    size_t n_processors;
    struct aggregator **aggregators;
    size_t n_aggregators;
    struct lane **lanes;
    const char **lane_names;
    size_t n_lanes;
    bool inputs_stopped;
    bool init_hangs; /* of a lane that could not be made: it looks at the configuration for ever */
};

const char *pipeline_name(const struct pipeline *pipeline)
{
    return pipeline->config->name;
}

struct pipeline_place pipeline_get_place(const struct pipeline *pipeline)
{
    return pipeline->place;
}

const struct pipeline_config *pipeline_get_config(const struct pipeline *pipeline)
{
    return pipeline->config;
}

static struct component_list *section(struct pipeline *pipeline, enum config_section which)
{
    return &pipeline->config->sections[which];
}

/* -- the flow, on the loop's thread -- */

static void on_batch(struct sink *sink, struct batch *batch)
{
    struct pipeline *pipeline = container_of(sink, struct pipeline, sink);

    meta_tags_add(pipeline->meta_tags, batch);
    for (size_t i = 0; i < pipeline->n_processors && batch->n_logs; i++) {
        pipeline->processors[i]->class->process(pipeline->processors[i], batch);
        tally_update(&pipeline->tallies[i], pipeline->processors[i]);
    }
    for (size_t i = 0; i < pipeline->n_aggregators && batch->n_logs; i++)
        pipeline->aggregators[i]->class->push(pipeline->aggregators[i], batch);
    batch_destroy(batch);
}

static void on_seal(struct sink *sink)
{
    struct pipeline *pipeline = container_of(sink, struct pipeline, sink);

    for (size_t i = 0; i < pipeline->n_aggregators; i++)
        pipeline->aggregators[i]->class->seal(pipeline->aggregators[i]);
}

static void on_group(struct group_sink *sink, struct group *group)
{
    struct pipeline *pipeline = container_of(sink, struct pipeline, fan_out);

    for (size_t i = 0; i < pipeline->n_lanes; i++)
        if (group->lanes >> i & 1)
            lane_push(pipeline->lanes[i], group_ref(group));
    group_unref(group);
}

static void on_gate_opened(struct gate *gate)
{
    struct pipeline *pipeline = container_of(gate, struct pipeline, gate);

    loop_post(pipeline->place.loop, &pipeline->gate_opened);
}

static void resume_inputs(struct loop_call *call)
{
    struct pipeline *pipeline = container_of(call, struct pipeline, gate_opened);

    for (size_t i = 0; i < pipeline->n_inputs && !pipeline->inputs_stopped; i++)
        if (gate_is_open(&pipeline->gate))
            pipeline->inputs[i]->class->resume(pipeline->inputs[i]);
}

static void on_input_ended(void *owner)
{
    struct pipeline *pipeline = owner;

    if (++pipeline->n_ended == pipeline->n_inputs)
        pipeline->shared->ended(pipeline->shared->owner, pipeline);
}

/* -- building -- */

static int create_lanes(struct pipeline *pipeline, char *why, size_t why_max)
{
    struct component_list *list = section(pipeline, CONFIG_FLUSHER);

    pipeline->lanes = (struct lane **)mem_calloc(list->count, sizeof *pipeline->lanes);
    pipeline->lane_names = (const char **)mem_calloc(list->count, sizeof *pipeline->lane_names);
    for (size_t i = 0; i < list->count; i++) {
        SCOPED_FREE char *name = mem_printf("%s/%s", pipeline->config->name, list->items[i].name);
        struct lane_spec spec = {
            .pipeline = pipeline->config->name,
            .name = name,
            .number = (uint32_t)i,
            .config = &list->items[i],
            .registry = pipeline->shared->registry,
            .data_dir = pipeline->shared->data_dir,
            .spools = pipeline->shared->spools,
            .letters = pipeline->shared->letters,
            .once = pipeline->shared->once,
            .pool = pipeline->shared->pool,
            .parcels = pipeline->shared->parcels,
            .memory = pipeline->shared->memory,
            .gate = &pipeline->gate,
        };
        char reason[512] = "";

        pipeline->lanes[i] = lane_create(&spec, &pipeline->init_hangs, reason, sizeof reason);
        if (!pipeline->lanes[i]) {
            snprintf(why, why_max, "%s: %s", list->items[i].name, reason);
            return -1;
        }
        pipeline->lane_names[i] = lane_name(pipeline->lanes[i]);
        pipeline->n_lanes++;
    }
    return 0;
}

static int create_aggregators(struct pipeline *pipeline, char *why, size_t why_max)
{
    struct component_list *list = section(pipeline, CONFIG_AGGREGATOR);

    pipeline->aggregators =
        (struct aggregator **)mem_calloc(list->count, sizeof *pipeline->aggregators);
    for (size_t i = 0; i < list->count; i++) {
        const struct aggregator_class *class = list->items[i].class->implementation;
        struct aggregator_context context = {
            .pipeline = pipeline->config->name,
            .config = &list->items[i],
            .global = &pipeline->config->global,
            .loop = pipeline->place.loop,
            .memory = pipeline->shared->memory,
            .next = &pipeline->fan_out,
            .host = pipeline->shared->host,
        };
        char reason[512] = "";

        pipeline->aggregators[i] = class->create(&context, reason, sizeof reason);
        if (!pipeline->aggregators[i]) {
            snprintf(why, why_max, "%s: %s", list->items[i].name, reason);
            return -1;
        }
        pipeline->n_aggregators++;
    }
    return 0;
}

static int create_processors(struct pipeline *pipeline, char *why, size_t why_max)
{
    struct component_list *list = section(pipeline, CONFIG_PROCESSOR);

    pipeline->processors =
        (struct processor **)mem_calloc(list->count, sizeof *pipeline->processors);
    pipeline->tallies = mem_calloc(list->count, sizeof *pipeline->tallies);
    for (size_t i = 0; i < list->count; i++) {
        const struct processor_class *class = list->items[i].class->implementation;
        struct processor_context context = {
            .pipeline = pipeline->config->name,
            .config = &list->items[i],
            .global = &pipeline->config->global,
        };
        char reason[512] = "";

        pipeline->processors[i] = class->create(&context, reason, sizeof reason);
        if (!pipeline->processors[i]) {
            snprintf(why, why_max, "%s: %s", list->items[i].name, reason);
            return -1;
        }
        pipeline->tallies[i] = (struct tally){
            .metrics = registry_metrics(pipeline->shared->registry),
            .pipeline = pipeline->config->name,
            .processor = list->items[i].name,
        };
        pipeline->n_processors++;
    }
    return 0;
}

static struct input_context input_context(struct pipeline *pipeline, size_t i)
{
    return (struct input_context){
        .pipeline = pipeline->config->name,
        .config = &section(pipeline, CONFIG_INPUT)->items[i],
        .global = &pipeline->config->global,
        .loop = pipeline->place.loop,
        .memory = pipeline->shared->memory,
        .gate = &pipeline->gate,
        .sink = &pipeline->sink,
        .checkpoints = pipeline->shared->checkpoints,
        .watcher = pipeline->place.watcher,
        .metrics = registry_metrics(pipeline->shared->registry),
        .lanes = pipeline->lane_names,
        .n_lanes = (uint32_t)pipeline->n_lanes,
        .once = pipeline->shared->once,
        .ended = on_input_ended,
        .owner = pipeline,
    };
}

static int create_inputs(struct pipeline *pipeline, char *why, size_t why_max)
{
    struct component_list *list = section(pipeline, CONFIG_INPUT);

    pipeline->inputs = (struct input **)mem_calloc(list->count, sizeof *pipeline->inputs);
    pipeline->input_contexts = mem_calloc(list->count, sizeof *pipeline->input_contexts);
    for (size_t i = 0; i < list->count; i++) {
        const struct input_class *class = list->items[i].class->implementation;
        char reason[512] = "";

        pipeline->input_contexts[i] = input_context(pipeline, i);
        pipeline->inputs[i] = class->create(&pipeline->input_contexts[i], reason, sizeof reason);
        if (!pipeline->inputs[i]) {
            snprintf(why, why_max, "%s: %s", list->items[i].name, reason);
            return -1;
        }
        pipeline->n_inputs++;
    }
    return 0;
}

struct pipeline *pipeline_create(const struct pipeline_shared *shared, struct pipeline_place place,
    struct pipeline_config *config, char *why, size_t why_max)
{
    struct pipeline *pipeline = mem_zalloc(sizeof *pipeline);

    pipeline->shared = shared;
    pipeline->place = place;
    pipeline->config = config;
    pipeline->meta_tags = meta_tags_create(&config->global, shared->host);
    gate_init(&pipeline->gate, on_gate_opened);
    pipeline->gate_opened.run = resume_inputs;
    pipeline->sink = (struct sink){on_batch, on_seal};
    pipeline->fan_out.push = on_group;
    pipeline->inputs_stopped = true; /* none has started */
    if (!create_lanes(pipeline, why, why_max))
        return pipeline;
    pipeline_give_up(pipeline);
    return NULL;
}

struct build {
    struct pipeline *pipeline;
    char *why;
    size_t why_max;
    int r;
};

/* On the loop: what lives there is made there. */
static void build_stages(void *argument)
{
    struct build *build = argument;

    build->r = create_aggregators(build->pipeline, build->why, build->why_max);
    if (!build->r)
        build->r = create_processors(build->pipeline, build->why, build->why_max);
    if (!build->r)
        build->r = create_inputs(build->pipeline, build->why, build->why_max);
}

int pipeline_build(struct pipeline *pipeline, char *why, size_t why_max)
{
    struct build build = {pipeline, why, why_max, 0};

    on_loop(pipeline->place.loop, build_stages, &build);
    return build.r;
}

void pipeline_give_up(struct pipeline *pipeline)
{
    pipeline_close(pipeline, NULL, 0);
    pipeline_destroy(pipeline);
}

/* -- life -- */

static void start_inputs(void *argument)
{
    struct pipeline *pipeline = argument;

    pipeline->inputs_stopped = false;
    for (size_t i = 0; i < pipeline->n_inputs; i++)
        pipeline->inputs[i]->class->start(pipeline->inputs[i]);
}

void pipeline_start(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_lanes; i++)
        lane_start(pipeline->lanes[i]);
    on_loop(pipeline->place.loop, start_inputs, pipeline);
}

void pipeline_set_urgent(struct pipeline *pipeline, bool exiting)
{
    for (size_t i = 0; i < pipeline->n_lanes; i++)
        lane_set_urgent(pipeline->lanes[i], exiting);
}

static void stop_inputs(void *argument)
{
    struct pipeline *pipeline = argument;

    if (pipeline->inputs_stopped)
        return;
    pipeline->inputs_stopped = true;
    for (size_t i = 0; i < pipeline->n_inputs; i++)
        pipeline->inputs[i]->class->stop(pipeline->inputs[i]);
    on_seal(&pipeline->sink);
}

void pipeline_stop_inputs(struct pipeline *pipeline)
{
    on_loop(pipeline->place.loop, stop_inputs, pipeline);
}

bool pipeline_idle(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_lanes; i++)
        if (!lane_idle(pipeline->lanes[i]))
            return false;
    return true;
}

struct succession {
    struct pipeline *before, *after;
};

/* On the loop, which is the same for both. */
static void inherit_inputs(void *argument)
{
    const struct succession *self = argument;

    for (size_t i = 0; i < self->before->n_inputs; i++)
        for (size_t j = 0; j < self->after->n_inputs; j++) {
            struct input *before = self->before->inputs[i], *after = self->after->inputs[j];

            if (before->class == after->class && before->class->inherit &&
                !strcmp(before->context->config->name, after->context->config->name))
                before->class->inherit(after, before);
        }
}

static struct lane *lane_of_name(struct pipeline *pipeline, const char *name)
{
    for (size_t i = 0; pipeline && i < pipeline->n_lanes; i++)
        if (!strcmp(lane_name(pipeline->lanes[i]), name))
            return pipeline->lanes[i];
    return NULL;
}

size_t pipeline_close(struct pipeline *pipeline, struct pipeline *next, uint64_t deadline_ns)
{
    struct succession succession = {pipeline, next};
    size_t n_hanging = 0;

    if (next)
        on_loop(pipeline->place.loop, inherit_inputs, &succession);
    for (size_t i = 0; i < pipeline->n_lanes; i++) {
        struct lane *lane = pipeline->lanes[i];

        n_hanging += !lane_close(lane, lane_of_name(next, lane_name(lane)), deadline_ns);
    }
    return n_hanging;
}

static void destroy_stages(void *argument)
{
    struct pipeline *pipeline = argument;

    for (size_t i = 0; i < pipeline->n_inputs; i++)
        pipeline->inputs[i]->class->destroy(pipeline->inputs[i]);
    for (size_t i = 0; i < pipeline->n_processors; i++) {
        tally_tell(&pipeline->tallies[i]);
        pipeline->processors[i]->class->destroy(pipeline->processors[i]);
    }
    for (size_t i = 0; i < pipeline->n_aggregators; i++)
        pipeline->aggregators[i]->class->destroy(pipeline->aggregators[i]);
    memory_forget(pipeline->shared->memory, &pipeline->gate);
}

void pipeline_destroy(struct pipeline *pipeline)
{
    bool all_free;

    if (!pipeline)
        return;
    all_free = !pipeline->init_hangs;
    on_loop(pipeline->place.loop, stop_inputs, pipeline);
    on_loop(pipeline->place.loop, destroy_stages, pipeline);
    for (size_t i = 0; i < pipeline->n_lanes; i++)
        all_free &= lane_destroy(pipeline->lanes[i]);
    meta_tags_destroy(pipeline->meta_tags);
    free((void *)pipeline->inputs);
    free(pipeline->input_contexts);
    free((void *)pipeline->processors);
    free(pipeline->tallies);
    free((void *)pipeline->aggregators);
    free((void *)pipeline->lanes);
    free((void *)pipeline->lane_names);
    if (!all_free) /* a hung flusher still looks at them */
        return;
    pipeline_config_destroy(pipeline->config);
    free(pipeline);
}

/* -- what became of the logs -- */

void pipeline_get_totals(struct pipeline *pipeline, struct pipeline_totals *ret_totals)
{
    *ret_totals = (struct pipeline_totals){0};
    for (size_t i = 0; i < pipeline->n_inputs; i++) {
        ret_totals->read_logs += input_n_logs(pipeline->inputs[i]);
        ret_totals->read_bytes += input_n_bytes(pipeline->inputs[i]);
    }
    for (size_t i = 0; i < pipeline->n_aggregators; i++)
        ret_totals->aggregator_dropped_logs += pipeline->aggregators[i]->n_dropped;
    for (size_t i = 0; i < pipeline->n_lanes; i++) {
        struct lane_stats stats;

        lane_get_stats(pipeline->lanes[i], &stats);
        lane_stats_add(&ret_totals->lanes, &stats);
    }
}

bool pipeline_waits(struct pipeline *pipeline)
{
    return !gate_is_open(&pipeline->gate);
}

size_t pipeline_n_lanes(const struct pipeline *pipeline)
{
    return pipeline->n_lanes;
}

struct lane *pipeline_lane(const struct pipeline *pipeline, size_t i)
{
    return pipeline->lanes[i];
}

struct explanation {
    struct pipeline *const *pipelines;
    size_t count;
    const struct loop *loop;
    char **texts;
};

static char *explain_inputs(struct pipeline *pipeline)
{
    struct buf text = {0};

    for (size_t i = 0; i < pipeline->n_inputs; i++) {
        struct input *input = pipeline->inputs[i];
        char words[EXPLAIN_BYTES_MAX] = "";

        if (input_n_logs(input) || !input->class->explain)
            continue;
        input->class->explain(input, words, sizeof words);
        if (words[0])
            buf_printf(
                &text, "%s%s: %s", text.size ? "; " : "", input->context->config->name, words);
    }
    return buf_take(&text);
}

/* On the loop: all that live there. */
static void explain_some(void *argument)
{
    struct explanation *given = argument;

    for (size_t i = 0; i < given->count; i++)
        if (given->pipelines[i]->place.loop == given->loop)
            given->texts[i] = explain_inputs(given->pipelines[i]);
}

void pipelines_explain(struct pipeline *const *pipelines, size_t count, char **ret_texts)
{
    for (size_t i = 0; i < count; i++)
        ret_texts[i] = NULL;
    for (size_t i = 0; i < count; i++) {
        struct explanation given = {pipelines, count, pipelines[i]->place.loop, ret_texts};

        if (!ret_texts[i])
            on_loop(pipelines[i]->place.loop, explain_some, &given);
    }
}
