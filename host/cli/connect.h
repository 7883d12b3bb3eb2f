/*
 * `weir check --connect`: asks the flushers of checked pipelines whether their
 * destinations answer. Each runs `init` and `probe` in a child process of its own, so
 * that a plugin that crashes or hangs there does no harm. No data is sent. [control]
 */
#ifndef CLI_CONNECT_H
#define CLI_CONNECT_H

#include "base/util.h"
#include "config/pipeline_config.h"

struct registry;

#define CONNECT_TIMEOUT_DEFAULT_NS (10 * NS_PER_S)
#define CONNECT_WORDS_MAX 512u /* bytes of what a flusher says */

/* One flusher after the other; what is wrong goes to `diags` at the flusher's place.
 * init and probe get `timeout_ns` each. */
void connect_pipeline(struct registry *registry, const struct pipeline_config *config,
    uint64_t timeout_ns, struct diag_list *diags);

#endif
