#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"

static char *describe(const struct weir_kv *items, uint32_t n)
{
    struct buf buf = {0};

    if (n == 1 && str_equal(items[0].key, str_of("content"))) {
        buf_append(&buf, items[0].value.data, items[0].value.size);
        return buf_take(&buf);
    }
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(&buf, i ? "," : "");
        buf_append(&buf, items[i].key.data, items[i].key.size);
        buf_putc(&buf, '=');
        buf_append(&buf, items[i].value.data, items[i].value.size);
    }
    return buf_take(&buf);
}

static void record(struct sink *sink, struct batch *batch)
{
    struct harness *self = container_of(sink, struct harness, sink);

    for (uint32_t i = 0; i < batch->n_logs; i++) {
        if (self->n_lines == self->cap_lines) {
            self->cap_lines = MAX(2 * self->cap_lines, (size_t)64);
            self->lines =
                (char **)mem_realloc((void *)self->lines, self->cap_lines, sizeof *self->lines);
            self->masks = mem_realloc(self->masks, self->cap_lines, sizeof *self->masks);
        }
        self->masks[self->n_lines] = batch->lanes;
        self->lines[self->n_lines++] = describe(batch->logs[i].contents, batch->logs[i].n_contents);
        ck_assert_uint_gt(batch->logs[i].time_s, 1700000000);
    }
    free(self->tags);
    self->tags = describe(batch->tags, batch->n_tags);
    if (!self->hold) {
        batch_destroy(batch);
        return;
    }
    MEM_GROW(self->held, self->n_held, self->cap_held);
    self->held[self->n_held++] = batch;
}

static void note_seal(struct sink *sink)
{
    container_of(sink, struct harness, sink)->n_seals++;
}

static void note_ended(void *owner)
{
    ((struct harness *)owner)->n_ended++;
}

static void gate_opened(struct gate *gate)
{
    struct harness *self = container_of(gate, struct harness, gate);

    if (self->input && self->input->class->resume)
        self->input->class->resume(self->input);
}

static void poll_done(struct loop_timer *timer)
{
    struct harness *self = container_of(timer, struct harness, poll);

    if (self->done(self))
        loop_stop(self->loop);
    else
        loop_set_timer(self->loop, timer, loop_now_ns(self->loop) + NS_PER_MS);
}

static void time_out(struct loop_timer *timer)
{
    struct harness *self = container_of(timer, struct harness, limit);

    self->timed_out = true;
    loop_stop(self->loop);
}

void harness_init(struct harness *self)
{
    *self = (struct harness){0};
    self->memory = memory_create(MEMORY_LIMIT_DEFAULT);
    self->loop = loop_create();
    gate_init(&self->gate, gate_opened);
    self->sink = (struct sink){.push = record, .seal = note_seal};
    self->global.input_interval_ms = 1000;
    self->lanes[0] = "test/flusher_a/1";
    self->poll.expired = poll_done;
    self->limit.expired = time_out;
    self->context = (struct input_context){
        .pipeline = "test",
        .config = &self->config,
        .global = &self->global,
        .loop = self->loop,
        .memory = self->memory,
        .gate = &self->gate,
        .sink = &self->sink,
        .lanes = self->lanes,
        .n_lanes = 1,
        .ended = note_ended,
        .owner = self,
    };
}

void harness_start(struct harness *self, const char *type, const char *json)
{
    const struct input_class *class = NULL;
    struct diag_list diags = {0};
    struct document *document = document_parse("test.json", json, strlen(json), &diags);
    char why[256] = "";

    for (size_t i = 0; (class = input_class_at(i)) && strcmp(class->config.type, type) != 0; i++)
        ;
    ck_assert_ptr_nonnull(class);
    ck_assert_ptr_nonnull(document);
    self->options = options_fill(
        &(struct options_request){.class = &class->config, .object = document->root}, &diags);
    if (!self->options)
        ck_abort_msg("%s", diags.items[0].message);
    document_destroy(document);
    diag_list_finish(&diags);
    self->config = (struct component_config){
        .class = &class->config,
        .type = mem_strdup(type),
        .id = mem_strdup("1"),
        .name = mem_printf("%s/1", type),
        .options = self->options,
        .interval_ms = self->config.interval_ms ? self->config.interval_ms : 1000,
    };
    self->input = class->create(&self->context, why, sizeof why);
    if (!self->input)
        ck_abort_msg("%s", why);
    self->input->class->start(self->input);
}

void harness_stop(struct harness *self)
{
    if (!self->input)
        return;
    self->input->class->stop(self->input);
    self->input->class->destroy(self->input);
    self->input = NULL;
    options_destroy(self->options);
    free(self->config.type);
    free(self->config.id);
    free(self->config.name);
}

void release_held(struct harness *self)
{
    for (size_t i = 0; i < self->n_held; i++)
        batch_destroy(self->held[i]);
    self->n_held = 0;
}

void forget_lines(struct harness *self)
{
    for (size_t i = 0; i < self->n_lines; i++)
        free(self->lines[i]);
    self->n_lines = 0;
}

void harness_finish(struct harness *self)
{
    harness_stop(self);
    release_held(self);
    forget_lines(self);
    free((void *)self->lines);
    free(self->masks);
    free((void *)self->held);
    free(self->tags);
    loop_destroy(self->loop);
    ck_assert_uint_eq(memory_used(self->memory), 0);
    memory_destroy(self->memory);
}

void run_until(struct harness *self, bool (*done)(struct harness *))
{
    self->done = done;
    self->timed_out = false;
    loop_set_timer(self->loop, &self->poll, 0);
    loop_set_timer(self->loop, &self->limit, clock_now_ns() + WAIT_MAX_S * NS_PER_S);
    loop_run(self->loop);
    loop_clear_timer(self->loop, &self->poll);
    loop_clear_timer(self->loop, &self->limit);
    if (self->timed_out)
        ck_abort_msg("the condition did not come; %zu lines, last: %.80s", self->n_lines,
            self->n_lines ? self->lines[self->n_lines - 1] : "-");
}

static size_t wanted_lines;

static bool has_lines(struct harness *self)
{
    return self->n_lines >= wanted_lines;
}

void run_until_lines(struct harness *self, size_t n)
{
    wanted_lines = n;
    run_until(self, has_lines);
}

static bool has_ended(struct harness *self)
{
    return self->n_ended > 0;
}

void run_until_ended(struct harness *self)
{
    run_until(self, has_ended);
}

void run_for_ms(struct harness *self, uint64_t ms)
{
    loop_set_timer(self->loop, &self->limit, clock_now_ns() + ms * NS_PER_MS);
    loop_run(self->loop);
}
