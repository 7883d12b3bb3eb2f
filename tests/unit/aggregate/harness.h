/*
 * An aggregator on a real loop, with options filled by its own table; the groups it
 * passes on are kept. One at a time.
 */
#ifndef TESTS_UNIT_AGGREGATE_HARNESS_H
#define TESTS_UNIT_AGGREGATE_HARNESS_H

#include "aggregate/aggregate.h"
#include "given.h"

#define GROUPS_MAX 2048

struct harness {
    struct memory *memory;
    struct arena arena;
    struct loop *loop;
    struct global_config global;
    struct options options;
    struct component_config config;
    struct group_sink sink;
    struct aggregator *aggregator;
    struct group *groups[GROUPS_MAX];
    uint64_t sealed_ns[GROUPS_MAX];
    size_t n_groups;
};
extern struct harness test;

/* The fixture of a test case. */
void start(void);
void end(void);

void create(const char *type, const struct given *given);
/* What it says of options that it refuses; "" when it takes them. */
const char *refusal(const char *type, const struct given *given);

/* Logs with one content `key`, of times 1, 2, ... */
struct batch *make_batch(const char *context, uint32_t n_logs, size_t value_size);
void push(struct batch *batch);
void push_logs(const char *context, uint32_t n_logs, size_t value_size);
void seal(void);

const struct weir_group *view(size_t i);
void drop_groups(void);
void check_text(struct weir_str text, const char *expected);

#endif
