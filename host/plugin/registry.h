/*
 * The plugins that plugins.yml lists, and the flusher types in them. A plugin is met
 * first in a child process, when one of its types is asked for, and is loaded into
 * this process when the first instance is made. What is wrong with one concerns only
 * those who ask for its types. Thread-safe but for create and destroy.
 */
#ifndef PLUGIN_REGISTRY_H
#define PLUGIN_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"
#include "config/catalog.h"
#include "plugin/refusal.h"

struct registry;
struct callers;
struct metrics;
struct plugin_class;

struct registry_request {
    const char *const *files; /* plugins.yml and its like */
    size_t n_files;
    const char *executable;    /* that knows `plugin-probe`; NULL: /proc/self/exe */
    const char *plugin_path;   /* colon separated; NULL: WEIR_PLUGIN_PATH and the built-in one */
    uint64_t probe_timeout_ns; /* 0: 10 s */
    uint64_t load_timeout_ns;  /* 0: 30 s */
    bool leave_refusals;       /* no warnings of them; the caller lists them */
};

/* Reads the files and looks at every plugin without running its code. Errors in the
 * files, and a warning for each plugin that is refused, go to `diags`. Never NULL.
 * [control] */
struct registry *registry_create(const struct registry_request *request, struct diag_list *diags);
/* Code that was loaded stays, and so does all while something that was kept is in use. NULL
 * is fine. */
void registry_destroy(struct registry *registry);

/* Memory that a plugin may still look at, which nobody else needs any more. */
struct kept {
    struct list list;
    bool (*release)(struct kept *self); /* frees it; false: it is in use */
};
/* Until the registry is destroyed. [any] */
void registry_keep(struct registry *registry, struct kept *kept);

/* For the config catalog: the class of that type, or NULL; if its plugin is refused
 * that was added to `diags` at `place` and *ret_reported set. Lives as long as the
 * registry, also when the file is replaced later. */
const struct config_class *registry_find(struct registry *registry, const char *type,
    struct place place, struct diag_list *diags, bool *ret_reported);
/* The i-th known type name, NULL behind the last. */
const char *registry_name(struct registry *registry, size_t i);

/* The class with its calls in this process; loads the plugin at first use. `checked` is
 * what the options were filled by, NULL to trust it. 0, or -ENOEXEC with the reason in
 * `ret_why` (which the caller finishes). */
int registry_load(struct registry *registry, const char *type, const struct config_class *checked,
    const struct plugin_class **ret_class, struct refusal *ret_why);

/* What the flushers measure. */
struct metrics *registry_metrics(struct registry *registry);
/* The threads on which they are called where that may hang. */
struct callers *registry_callers(struct registry *registry);

/* One line of `weir plugins`. Everything is borrowed from the registry. */
struct registry_entry {
    const char *import;                  /* as written */
    const char *path;                    /* where it was found, NULL: nowhere */
    struct place place;                  /* in plugins.yml */
    bool active;                         /* its section is for this platform */
    bool duplicate;                      /* the same file as an entry before it */
    const struct descriptor *descriptor; /* NULL: not known */
    const struct refusal *refusal;       /* NULL: not refused */
    const char *digest;                  /* SHA-256 in hex, NULL: not computed */
};

/* Meets every plugin that has not been met yet. */
void registry_probe_all(struct registry *registry);
/* False behind the last. */
bool registry_entry(struct registry *registry, size_t i, struct registry_entry *ret_entry);

#endif
