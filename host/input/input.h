/*
 * What an input is to a pipeline. One built-in per file; input/inputs.c lists them.
 * All calls on the thread of the pipeline's loop.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <stdatomic.h>
#include "base/loop.h"
#include "config/pipeline_config.h"
#include "event/gate.h"
#include "event/sink.h"

struct checkpoints; /* input/checkpoints.h */
struct metrics;     /* base/metric.h */
struct watcher;     /* input/watcher.h: the loop's shared inotify table */

/* Lives as long as the input. */
struct input_context {
    const char *pipeline;                  /* name */
    const struct component_config *config; /* its options are filled by the class's table */
    const struct global_config *global;
    struct loop *loop;
    struct memory *memory;
    struct gate *gate; /* read only while it is open; resume() tells of its opening */
    struct sink *sink;
    struct checkpoints *checkpoints; /* NULL: nothing is remembered */
    struct watcher *watcher;
    struct metrics *metrics;  /* NULL: nothing is counted there */
    const char *const *lanes; /* names, by lane number */
    uint32_t n_lanes;
    bool once; /* read what is there, then call ended() */
    /* With `once`: nothing more will come from this input. Called once, from the loop. */
    void (*ended)(void *owner);
    void *owner;
};

struct input;

struct input_class {
    struct config_class config; /* `implementation` points back here */
    /* Checks what the table cannot. NULL with words in `why` on failure. */
    struct input *(*create)(const struct input_context *context, char *why, size_t why_max);
    void (*start)(struct input *input);
    /* The gate has opened again. */
    void (*resume)(struct input *input);
    /* Reads nothing more; what was pushed stays on its way. Sources whose ranges are
     * still out live on until those are released. */
    void (*stop)(struct input *input);
    /* Before its start: it is the next generation of `before`, which has stopped, and of the
     * same class, and takes over what only that one has open. May be NULL. */
    void (*inherit)(struct input *input, struct input *before);
    /* After stop. Ranges may still be out. */
    void (*destroy)(struct input *input);
    /* Words for the operator when --once read nothing, e.g. "no file matches /x/y". NULL: "" */
    void (*explain)(struct input *input, char *text, size_t text_max);
};

/* First member of every input. */
struct input {
    const struct input_class *class;
    const struct input_context *context;
    atomic_uint_fast64_t n_logs, n_bytes; /* pushed so far; input_count adds */
};

/* [loop] */
static inline void input_count(struct input *input, uint64_t logs, uint64_t bytes)
{
    atomic_fetch_add_explicit(&input->n_logs, logs, memory_order_relaxed);
    atomic_fetch_add_explicit(&input->n_bytes, bytes, memory_order_relaxed);
}

/* [any] */
static inline uint64_t input_n_logs(struct input *input)
{
    return atomic_load_explicit(&input->n_logs, memory_order_relaxed);
}

static inline uint64_t input_n_bytes(struct input *input)
{
    return atomic_load_explicit(&input->n_bytes, memory_order_relaxed);
}

/* The i-th built-in, NULL behind the last. */
const struct input_class *input_class_at(size_t i);

#endif
