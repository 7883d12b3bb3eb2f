/*
 * A bundled flusher as it was built, on the mock host: loaded from its file, with its
 * options filled by its own table.
 */
#ifndef TESTS_SDK_STUB_H
#define TESTS_SDK_STUB_H

#include <weir/mock_host.h>

/* 2023-10-12 03:06:35 UTC, what the wall clock says at the start. */
#define STUB_WALL_S UINT64_C(1697079995)

struct stub {
    struct weir_mock *mock; /* what was logged, counted, marked */
    void *self, *options;
    uint64_t batch_id; /* of the next flush */
};

/* An option by its name in configurations, written like a default; a map "key=value". */
struct stub_option {
    const char *name, *value;
};

/* Loads the plugin from `path` and inits an instance with `options` (up to one
 * without a name, or NULL) over the defaults. Aborts the test on failure. */
void stub_start(struct stub *stub, const char *path, const struct stub_option *options);
/* The same, but init may refuse: stub->self is then NULL, stub->mock->text says why. */
void stub_try(struct stub *stub, const char *path, const struct stub_option *options);
void stub_stop(struct stub *stub);

/* One flush of one group, as a new batch; returns the verdict. */
uint32_t stub_flush(struct stub *stub, const struct weir_group *group);
/* The same as a replay of the batch before. */
uint32_t stub_flush_again(struct stub *stub, const struct weir_group *group);

/* A group of `n_logs` logs (borrowed). */
struct weir_group stub_group(const struct weir_log *logs, uint32_t n_logs);

/* Content of a file as text up to a NUL, "" when there is none. The caller frees. */
char *stub_read(const char *path);
void stub_write(const char *path, const char *text);

/* A new folder for the test, in /tmp. */
const char *stub_folder(void);

#endif
