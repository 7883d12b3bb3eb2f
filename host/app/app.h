/*
 * The running program: the set of pipelines, the threads they run on, signals,
 * and the stop. [control]
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "config/pipeline_config.h"

/* Exit codes of `weir run`; the rest are sysexits' (docs/operating.md). */
enum {
    EXIT_FINDINGS = 1, /* --once: something was dropped or rejected */
    EXIT_LEFT = 75,    /* --once: something is left at the drain timeout */
    EXIT_CONFIG = 78,  /* nothing can run */
};

struct app_request {
    struct registry *registry;
    struct pipeline_config **configs; /* taken over, one by one */
    size_t n_configs;
    size_t n_refused;     /* files that had errors; told of already */
    const char *data_dir; /* made if it is not there */
    bool once;
    uint64_t drain_timeout_ns; /* without progress, at a stop */
};

/* Runs until a signal, or with `once` to the end. Returns the exit code. */
int app_run(const struct app_request *request);

#endif
