/* One input on a loop of its own, with a sink that records what comes. The test is
 * the loop's thread; run_until() turns the loop until a condition holds. */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <check.h>
#include "base/list.h"
#include "input/input.h"

/* No test waits longer for a condition. */
#define WAIT_MAX_S 20

struct harness {
    struct memory *memory;
    struct loop *loop;
    struct gate gate;
    struct sink sink;
    struct global_config global;
    struct component_config config;
    struct options *options;
    struct input_context context;
    struct input *input;
    const char *lanes[RANGE_LANES_MAX];

    char **lines;    /* by order of arrival: values of `content`, or key=value,... */
    uint64_t *masks; /* the lanes of each line */
    size_t n_lines, cap_lines;
    struct batch **held; /* batches that are not released yet, when `hold` */
    size_t n_held, cap_held;
    bool hold;
    char *tags; /* of the last batch: key=value,... */
    int n_seals, n_ended;
    bool (*done)(struct harness *);
    struct loop_timer poll, limit;
    bool timed_out;
};

void harness_init(struct harness *self);
/* Stops and destroys the input, then frees all. */
void harness_finish(struct harness *self);

/* Creates and starts an input of that type with the options given as JSON. */
void harness_start(struct harness *self, const char *type, const char *json);
/* Stops and destroys the input; what it pushed stays recorded and held. */
void harness_stop(struct harness *self);
/* Turns the loop until the condition holds; fails the test if it never does. */
void run_until(struct harness *self, bool (*done)(struct harness *));
void run_until_lines(struct harness *self, size_t n);
void run_until_ended(struct harness *self);
/* Turns the loop for a time in which nothing is expected. */
void run_for_ms(struct harness *self, uint64_t ms);
/* Lets go of what is held, for these lanes secured. */
void release_held(struct harness *self);
void forget_lines(struct harness *self);

#endif
