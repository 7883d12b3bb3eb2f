/* The least host a flusher can live with, for tests of bundled flushers. */
#ifndef TESTS_SDK_STUB_H
#define TESTS_SDK_STUB_H

#include <weir/flusher.h>

/* 2023-10-12 03:06:35 UTC, what the wall clock of the stub always says. */
#define STUB_WALL_S UINT64_C(1697079995)

struct stub {
    struct weir_host host;
    const struct weir_flusher_class *class;
    void *self, *options;
    uint64_t now_ns;
    char logged[1024];  /* messages and fields, "message key=value\n" */
    double recorded[8]; /* by metric handle */
    uint32_t n_metrics;
    struct weir_result result; /* of the last flush */
    char text[256];
};

/* An option by its name in configurations, written like a default. */
struct stub_option {
    const char *name, *value;
};

/* Loads the plugin from `path` and inits an instance with `options` (up to one
 * without a name, or NULL) over the defaults. Aborts the test on failure. */
void stub_start(struct stub *stub, const char *path, const struct stub_option *options);
void stub_stop(struct stub *stub);

/* One flush of one group; returns the verdict. */
uint32_t stub_flush(struct stub *stub, const struct weir_group *group);

/* A group of `n_logs` logs of one field each (borrowed memory, `logs` in place). */
struct weir_group stub_group(const struct weir_log *logs, uint32_t n_logs);

/* Content of a file as text, "" when there is none. The caller frees. */
char *stub_read(const char *path);
void stub_write(const char *path, const char *text);

/* A folder of its own for the test, below the current one. */
const char *stub_folder(void);

#endif
