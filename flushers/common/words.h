/* What the bundled flushers tell the operator. */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

#include <weir/host.h>

/* For a verdict: the errno of `error` (negative), and "<what> <name>: <error in words>". */
void explain(struct weir_result *result, int error, const char *what, const char *name);

/* A line of the log about a file, with one more field. */
void say_of_file(const struct weir_host *host, uint32_t level, const char *message,
    const char *path, const char *key, const char *value);

#endif
