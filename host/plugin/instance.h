/*
 * One flusher at work for one lane: the seam between delivery and foreign code.
 * Whoever flushes sees neither dlopen nor class tables; a backend that runs the
 * flusher in another process would stand behind these same calls.
 *
 * Life: create -> { is_ready, flush }* -> set_urgent -> { is_ready, flush }* ->
 * stop -> destroy. Calls do not overlap, but set_urgent may overlap any,
 * and flush itself if the class is CONCURRENT.
 *
 * A call that hangs past its deadline is abandoned: its thread, the instance and
 * its memory stay for ever, and the options must stay with them.
 */
#ifndef PLUGIN_INSTANCE_H
#define PLUGIN_INSTANCE_H

#include <stdbool.h>
#include <weir/flusher.h>
#include "config/options.h"

struct instance;
struct registry;

/* What an instance is made from. Texts are copied; `options` and `owner` must live
 * until instance_destroy. */
struct instance_spec {
    struct registry *registry;
    const char *type;
    const struct config_class *class; /* that the options were filled by; NULL: trusted */
    const struct options *options;
    const char *pipeline, *project, *logstore;
    int64_t logstore_key;
    const char *lane;         /* <pipeline>/<type>/<id> */
    const char *data_dir;     /* of the host; NULL: the flusher gets none */
    uint64_t init_timeout_ns; /* 0: 30 s */

    /* Where the plugin's calls go, on any thread, from create until stop returns.
     * Verdicts that reach them are known ones; unknown ones have become RETRY. */
    void *owner;
    int (*settle)(
        void *owner, uint64_t batch_id, uint32_t verdict, const struct weir_result *result);
    int (*mark)(void *owner, const struct weir_batch *batch, uint32_t group, uint32_t log,
        uint32_t verdict, int32_t code, struct weir_str text);
    void (*notify_ready)(void *owner);
    /* It broke the contract; `code` is W5xxx. NULL: nobody counts. */
    void (*misbehaved)(void *owner, const char *code);
};

/* Loads the plugin if this is its first use, and runs init. 0; -ENOEXEC: the plugin is
 * refused; -ETIMEDOUT: init hangs and is left behind; -EIO: init failed. Then `why`
 * holds words. [control] */
int instance_create(
    const struct instance_spec *spec, struct instance **ret, char *why, size_t why_max);

/* WEIR_CONCURRENT ... of the class. [any] */
uint32_t instance_flags(const struct instance *instance);

/* [flush] */
bool instance_is_ready(struct instance *instance, struct weir_str project, struct weir_str logstore,
    int64_t logstore_key);

/* A known verdict: WEIR_RETRY ... WEIR_BROKEN, PENDING only from an ASYNC class. The
 * caller has set struct_size, text and text_max of `result`. [flush] */
uint32_t instance_flush(
    struct instance *instance, const struct weir_batch *batch, struct weir_result *result);

/* Tells the flusher that the end is near, and wakes its naps. [any] */
void instance_set_urgent(struct instance *instance, bool exiting);

/* The last call; no flush may be running. It gets until deadline_ns and one second.
 * 0; -ETIMEDOUT: it hangs and is left behind; else what the plugin returned, with
 * words in `result`. [control] */
int instance_stop(struct instance *instance, uint64_t deadline_ns, struct weir_result *result);

/* Connection test. It gets until deadline_ns and one second. 0; -ENOTSUP: the class has
 * none; -ETIMEDOUT as in stop; else what the plugin returned, with words. [control] */
int instance_probe(struct instance *instance, uint64_t deadline_ns, struct weir_result *result);

/* Ends what it tells its owner, and frees it, unless it was left behind, or has not settled
 * what it said was PENDING: then the registry keeps it. NULL is fine. [control] */
void instance_destroy(struct instance *instance);

/* For a watchdog: the last sign of life (start of a call, or host->alive). Monotonic clock.
 * [any] */
uint64_t instance_last_alive_ns(const struct instance *instance);
/* Whether a call of it was left behind. [any] */
bool instance_abandoned(const struct instance *instance);

#endif
