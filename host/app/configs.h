/*
 * The configurations as they lie on disk now: one entry for each file, with what is
 * wrong with it. [any one thread]
 */
#ifndef APP_CONFIGS_H
#define APP_CONFIGS_H

#include "config/pipeline_config.h"

struct catalog;

struct config_entry {
    char *name, *path;
    bool same;                      /* as what runs, to the byte: it was not read further */
    struct pipeline_config *config; /* NULL: it is the same, or has errors */
    char *why;                      /* its first error, with the place; NULL: none */
};

struct config_set {
    struct config_entry *items; /* by name */
    size_t count, n_refused;
    char **referred; /* files that ${file:...} in them names; may be double */
    size_t n_referred, cap_referred;
    char **problems; /* with the arguments themselves: nothing there, two of one name */
    size_t n_problems;
};

/* What a pipeline that runs was read from. */
struct known_config {
    char *name;
    uint64_t digest; /* of the file's bytes */
};

struct configs_request {
    struct catalog *catalog;
    char *const *paths; /* FILE|DIR */
    size_t n_paths;
    bool compat;
    const struct known_config *known; /* by name */
    size_t n_known;
};

/* Reads all files. What is wrong with them is told: as text on standard error with
 * `text`, else a log line each. */
void config_set_read(const struct configs_request *request, bool text, struct config_set *ret_set);
/* NULL: there is none of that name. */
struct config_entry *config_set_find(const struct config_set *set, const char *name);
/* Errors and warnings, a log line each. */
void configs_log_diags(const struct diag_list *diags);
void config_set_finish(struct config_set *set);

#endif
