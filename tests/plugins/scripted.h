/* A flusher whose calls are those of the test that makes it: the test lays the options
 * struct out itself. */
#ifndef TESTS_PLUGINS_SCRIPTED_H
#define TESTS_PLUGINS_SCRIPTED_H

#include <weir/flusher.h>

/* NULL: the call does nothing and says yes. */
struct script {
    int (*init)(void *self, const struct weir_context *context);
    int (*is_ready)(void *self);
    uint32_t (*flush)(void *self, const struct weir_batch *batch, struct weir_result *result);
    void (*set_urgent)(void *self, int exiting);
    int (*stop)(void *self, uint64_t deadline_ns, struct weir_result *result);
    int (*probe)(void *self, uint64_t deadline_ns, struct weir_result *result);
    uint64_t generation; /* the test's, to tell instances apart */
};

struct scripted {
    const struct weir_host *host;
    const struct weir_context *context;
    const struct script *script;
    uint64_t zero[8]; /* as the host made it */
};

#endif
