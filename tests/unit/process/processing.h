/*
 * A processor with given options, and batches whose logs are written as text:
 * contents "key=value", separated by '|'.
 */
#ifndef TESTS_UNIT_PROCESS_PROCESSING_H
#define TESTS_UNIT_PROCESS_PROCESSING_H

#include <stdio.h>
#include "base/buf.h"
#include "base/log.h"
#include "config/options.h"
#include "given.h"
#include "process/process.h"
#include "unit.h"

static struct processing {
    struct memory *memory;
    struct arena arena;
    struct options options;
    struct options *filled; /* of processing_create_json */
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
    options_destroy(test.filled);
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

/* The same with options as JSON, checked and filled as those of a pipeline. */
static inline bool processing_create_json(const char *type, const char *json)
{
    const struct processor_class *class = processing_class(type);
    struct processor_context context = {"test", &test.config, &test.global};
    struct diag_list diags = {0};
    struct document *document = document_parse("test", json, strlen(json), &diags);
    struct options_request request = {.class = &class->config};

    ck_assert_msg(document != NULL, "%s: no JSON", json);
    request.object = document->root;
    test.filled = options_fill(&request, &diags);
    if (diags.n_errors)
        snprintf(test.why, sizeof test.why, "%s", diags.items[0].message);
    document_destroy(document);
    diag_list_finish(&diags);
    if (!test.filled)
        return false;
    test.config.name = (char *)(uintptr_t)type;
    test.config.options = test.filled;
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

/* All logs as text, one a line; until the next call. */
static inline const char *processing_show_all(void)
{
    struct buf all = {0};

    for (uint32_t i = 0; i < test.batch->n_logs; i++)
        buf_printf(&all, "%s%s", i ? "\n" : "", processing_show(i));
    test.shown.size = 0;
    buf_append(&test.shown, all.data, all.size);
    buf_finish(&all);
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

/* Logs in, one a line, and logs out; twice, because a processor remembers things. */
struct processing_many {
    const char *what, *options; /* JSON */
    const char *in, *out;
    unsigned n_failed, n_dropped;
};

/* The line followed by a NUL, in the batch. */
static inline const char *processing_text(struct weir_str line)
{
    char *text = batch_alloc(test.batch, line.size + 1);

    memcpy(text, line.data, line.size);
    text[line.size] = 0;
    return text;
}

static inline void processing_add_lines(const char *lines)
{
    while (*lines) {
        size_t size = strcspn(lines, "\n");
        struct weir_str line = {lines, size};

        processing_add(processing_text(line));
        lines += size + (lines[size] == '\n');
    }
}

static inline void processing_check_many(const char *type, const struct processing_many *row)
{
    ck_assert_msg(processing_create_json(type, row->options), "%s: %s", row->what, test.why);
    for (unsigned i = 1; i <= 2; i++) {
        processing_add_lines(row->in);
        processing_run();
        ck_assert_msg(strcmp(processing_show_all(), row->out) == 0, "%s: %s instead of %s",
            row->what, buf_text(&test.shown), row->out);
        ck_assert_msg(test.processor->n_failed == i * row->n_failed &&
                          test.processor->n_dropped == i * row->n_dropped,
            "%s: %ju failed, %ju dropped", row->what, (uintmax_t)test.processor->n_failed,
            (uintmax_t)test.processor->n_dropped);
        processing_next();
    }
}

#endif
