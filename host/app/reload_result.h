/* What came of a reload, pipeline by pipeline. Plain data with its own memory. */
#ifndef APP_RELOAD_RESULT_H
#define APP_RELOAD_RESULT_H

#include "config/diff.h"

struct reload_item {
    char *name;
    enum config_change change; /* what was wanted */
    char *why;                 /* refused, and all is as it was; NULL: it was done */
    size_t n_hanging;          /* flushers that hung and were left behind */
    size_t n_left_logs;        /* of a removed one: not delivered */
};

/* Zeroed: empty. Untouched pipelines are only counted. */
struct reload_result {
    uint64_t wall_ns, took_ns; /* when it ended, how long it took */
    struct reload_item *items;
    size_t count, capacity;
    size_t n_untouched, n_refused;
    char **problems; /* with the files and folders that were to be read */
    size_t n_problems;
};

/* The new item; its texts are to be heap texts. */
struct reload_item *reload_result_add(
    struct reload_result *result, const char *name, enum config_change change);
/* Whether everything was done as wanted. */
bool reload_result_ok(const struct reload_result *result);
void reload_result_finish(struct reload_result *result);

#endif
