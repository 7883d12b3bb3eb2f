/*
 * A processor with given options, and batches whose logs are written as text:
 * contents "key=value", separated by '|'.
 */
#ifndef TESTS_UNIT_PROCESS_PROCESSING_H
#define TESTS_UNIT_PROCESS_PROCESSING_H

#include <stdio.h>
#include "base/buf.h"
#include "base/log.h"
#include "given.h"
#include "process/process.h"
#include "unit.h"

static struct processing {
    struct memory *memory;
    struct arena arena;
    struct options options;
    struct component_config config;
    struct global_config global;
    struct processor *processor;
    struct batch *batch;
    struct buf shown;
    char why[200];
} test;

static inline void processing_start(void)
{
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
    test = (struct processing){.memory = memory_create(1 << 30)};
    arena_init(&test.arena, test.memory, 4096);
    test.batch = batch_create(test.memory, 4);
}

static inline void processing_end(void)
{
    batch_destroy(test.batch);
    if (test.processor)
        test.processor->class->destroy(test.processor);
    arena_finish(&test.arena);
    buf_finish(&test.shown);
    memory_destroy(test.memory);
}

static inline const struct processor_class *processing_class(const char *type)
{
    const struct processor_class *class;

    for (size_t i = 0; (class = processor_class_at(i)); i++)
        if (strcmp(class->config.type, type) == 0)
            return class;
    ck_abort_msg("no class %s", type);
}

/* False: refused, with words in test.why. */
static inline bool processing_create(const char *type, const struct given *given)
{
    const struct processor_class *class = processing_class(type);
    struct processor_context context = {"test", &test.config, &test.global};

    ck_assert_ptr_eq(class->config.implementation, class);
    test.options.values = given_fill(&test.arena, &class->config, given);
    test.config.name = (char *)(uintptr_t)type;
    test.config.options = &test.options;
    test.processor = class->create(&context, test.why, sizeof test.why);
    return test.processor != NULL;
}

static inline void processing_run(void)
{
    test.processor->class->process(test.processor, test.batch);
}

/* Another batch, empty. */
static inline void processing_next(void)
{
    batch_destroy(test.batch);
    test.batch = batch_create(test.memory, 4);
}

static inline void processing_add_bytes(const char *key, const char *value, size_t size)
{
    struct weir_log *log = batch_add_log(test.batch, 1);

    batch_add_content(test.batch, log, batch_copy(test.batch, str_of(key)),
        batch_copy(test.batch, (struct weir_str){value, size}));
}

static inline void processing_add(const char *text)
{
    struct weir_str items[64];
    size_t count = given_split(&test.batch->arena, text, items);
    struct weir_log *log = batch_add_log(test.batch, (uint32_t)count);

    for (size_t i = 0; i < count; i++) {
        struct weir_kv pair = given_pair(items[i]);

        batch_add_content(test.batch, log, pair.key, pair.value);
    }
}

/* The i-th log as text; until the next call. */
static inline const char *processing_show(uint32_t i)
{
    const struct weir_log *log = &test.batch->logs[i];

    test.shown.size = 0;
    for (uint32_t j = 0; j < log->n_contents; j++) {
        if (j)
            buf_putc(&test.shown, '|');
        buf_append(&test.shown, log->contents[j].key.data, log->contents[j].key.size);
        buf_putc(&test.shown, '=');
        buf_append(&test.shown, log->contents[j].value.data, log->contents[j].value.size);
    }
    return buf_text(&test.shown);
}

/* One log in, the same log out. */
struct processing_row {
    const char *what;
    struct given given[8];
    const char *in, *out;
    unsigned n_failed;
};

static inline void processing_check(const char *type, const struct processing_row *row)
{
    ck_assert_msg(processing_create(type, row->given), "%s: %s", row->what, test.why);
    /* The second log sees what the first has left in caches. */
    processing_add(row->in);
    processing_add(row->in);
    processing_run();
    ck_assert_uint_eq(test.batch->n_logs, 2);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_msg(strcmp(processing_show(i), row->out) == 0, "%s: %s instead of %s", row->what,
            buf_text(&test.shown), row->out);
    ck_assert_msg(test.processor->n_failed == 2 * row->n_failed, "%s: %ju failures", row->what,
        (uintmax_t)test.processor->n_failed);
}

#endif
