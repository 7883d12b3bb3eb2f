#include "aggregate/harness.h"

#include "base/clock.h"
#include "base/log.h"

struct harness test;

static void take_group(struct group_sink *sink, struct group *group)
{
    (void)sink;
    ck_assert_uint_lt(test.n_groups, GROUPS_MAX);
    test.sealed_ns[test.n_groups] = clock_now_ns();
    test.groups[test.n_groups++] = group;
}

void start(void)
{
    static char logstore[] = "store";

    memset(&test, 0, sizeof test);
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
    test.memory = memory_create(1 << 30);
    arena_init(&test.arena, test.memory, 4096);
    test.loop = loop_create();
    test.global.aggregat_interval_ms = 3000;
    test.global.logstore = logstore;
    test.sink.push = take_group;
}

void drop_groups(void)
{
    while (test.n_groups)
        group_unref(test.groups[--test.n_groups]);
}

void end(void)
{
    if (test.aggregator) {
        test.aggregator->class->seal(test.aggregator);
        test.aggregator->class->destroy(test.aggregator);
    }
    drop_groups();
    loop_destroy(test.loop);
    arena_finish(&test.arena);
    ck_assert_uint_eq(memory_used(test.memory), 0);
    memory_destroy(test.memory);
}

static void try(const char *type, const struct given *given, char *why, size_t why_max)
{
    static char name[] = "aggregator";
    const struct aggregator_class *class;
    static const struct host_facts host = {"box", "10.0.0.9"};
    struct aggregator_context context = {
        "pipe", &test.config, &test.global, test.loop, test.memory, &test.sink, &host};

    for (size_t i = 0; (class = aggregator_class_at(i)); i++)
        if (strcmp(class->config.type, type) == 0)
            break;
    ck_assert_ptr_nonnull(class);
    test.options.values = given_fill(&test.arena, &class->config, given);
    test.config.options = &test.options;
    test.config.name = name;
    test.aggregator = class->create(&context, why, why_max);
}

void create(const char *type, const struct given *given)
{
    char why[100];

    try(type, given, why, sizeof why);
    ck_assert_ptr_nonnull(test.aggregator);
}

const char *refusal(const char *type, const struct given *given)
{
    static char why[100];

    why[0] = '\0';
    try(type, given, why, sizeof why);
    ck_assert((test.aggregator != NULL) == (why[0] == '\0'));
    return why;
}

struct batch *make_batch(const char *context, uint32_t n_logs, size_t value_size)
{
    struct batch *batch = batch_create(test.memory, n_logs);

    batch->context = batch_copy(batch, str_of(context));
    for (uint32_t i = 0; i < n_logs; i++) {
        struct weir_log *log = batch_add_log(batch, 1);
        char *value = batch_alloc(batch, value_size);

        memset(value, 'v', value_size);
        log->time_s = i + 1;
        log->time_ns = 5;
        batch_add_content(batch, log, str_of("key"), (struct weir_str){value, value_size});
    }
    return batch;
}

void push(struct batch *batch)
{
    test.aggregator->class->push(test.aggregator, batch);
    batch_destroy(batch);
}

void push_logs(const char *context, uint32_t n_logs, size_t value_size)
{
    push(make_batch(context, n_logs, value_size));
}

void seal(void)
{
    test.aggregator->class->seal(test.aggregator);
}

const struct weir_group *view(size_t i)
{
    ck_assert_uint_lt(i, test.n_groups);
    return &test.groups[i]->view;
}

void check_text(struct weir_str text, const char *expected)
{
    ck_assert_msg(str_equal(text, str_of(expected)), "%.*s instead of %s", (int)text.size,
        text.data, expected);
}
