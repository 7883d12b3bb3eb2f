/* What the two halves of an instance share: calls into the plugin (instance.c) and
 * calls from it (instance_host.c). */
#ifndef PLUGIN_INSTANCE_PRIVATE_H
#define PLUGIN_INSTANCE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/log.h"
#include "plugin/descriptor.h"
#include "plugin/instance.h"
#include "plugin/registry.h"

#define INSTANCE_TEXT_MAX 512            /* bytes of the words of init, stop, probe */
#define INSTANCE_LOG_BYTES_MAX (8 * KIB) /* of a message, and of all its fields */
#define INSTANCE_LOG_FIELDS_MAX 32
#define INSTANCE_LOG_LINES_MAX 50 /* in each interval */
#define INSTANCE_LOG_INTERVAL_NS NS_PER_S
#define INSTANCE_MISBEHAVIOUR_INTERVAL_NS (10 * NS_PER_S)
#define INSTANCE_URGENT_NAP_NS (10 * NS_PER_MS) /* the longest once the end is near */

struct instance {
    struct weir_host host; /* the plugin's; `handle` is this struct */
    struct weir_context context;
    const struct plugin_class *class;
    void *self; /* the plugin's memory */
    struct metrics *metrics;
    struct callers *callers;
    char *labels; /* of its metrics */
    char *pipeline, *project, *logstore, *lane;
    char *data_dir; /* NULL: it has none */

    void *owner;
    int (*settle)(
        void *owner, uint64_t batch_id, uint32_t verdict, const struct weir_result *result);
    int (*mark)(void *owner, const struct weir_batch *batch, uint32_t group, uint32_t log,
        uint32_t verdict, int32_t code, struct weir_str text);
    void (*notify_ready)(void *owner);
    void (*misbehaved)(void *owner, const char *code); /* may be NULL */

    atomic_bool abandoned;
    atomic_bool ended;     /* the owner hears no more of what the plugin says */
    atomic_uint n_telling; /* calls to the owner that run */
    atomic_int n_owed;     /* PENDING answers that have not been settled */
    struct registry *registry;
    struct kept kept;
    atomic_uint_fast64_t last_alive_ns;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t woken;
    uint64_t n_wakes;
    bool urgent;
    uint64_t log_interval_end_ns;
    uint32_t n_log_lines, n_log_suppressed;
    struct log_limit misbehaviour;
    bool data_dir_made;
};

/* Fills the host table. */
void instance_host_init(struct instance *instance);

/* The owner is called no more, and is not being called. */
void instance_host_end(struct instance *instance);

/* The end is near: ends naps, and makes those to come short. */
void instance_host_wake(struct instance *instance);

/* The plugin broke the contract; said at most every 10 s. `code` is W5xxx. */
void instance_misbehaves(
    struct instance *instance, const char *code, const char *what, int64_t number);

#endif
