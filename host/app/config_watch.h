/*
 * Tells when configuration files may have changed: the folders they lie in are watched,
 * and so are those that symbolic links lead to. Changes that come together are told
 * once. It wakes, it never knows: what has changed is found out by reading. An atomic
 * rename counts like a write, and so does Kubernetes' exchange of `..data`. Where nothing
 * can be watched (the system's watches are used up) it is looked now and then. [control]
 */
#ifndef APP_CONFIG_WATCH_H
#define APP_CONFIG_WATCH_H

#include <stddef.h>
#include "base/loop.h"

/* Told so long after the last sign, but at most so long after the first. */
#define CONFIG_WATCH_CALM_NS 200000000ULL
#define CONFIG_WATCH_MAX_NS 2000000000ULL
/* What cannot be watched is tried again, and looked at, so often. */
#define CONFIG_WATCH_RETRY_NS 5000000000ULL

struct config_watch;

/* `paths`: FILE|DIR arguments; borrowed, like all of it. */
struct config_watch_spec {
    struct loop *loop;
    char *const *paths;
    size_t n_paths;
    void (*changed)(void *owner);
    void *owner;
};

/* NULL is fine to destroy. */
struct config_watch *config_watch_create(const struct config_watch_spec *spec);
void config_watch_destroy(struct config_watch *watch);

/* Watches what the arguments are now, and nothing else. Whoever calls it reads them
 * afterwards: signs that have not been told are forgotten. */
void config_watch_arm(struct config_watch *watch);
/* The files that configurations refer to are watched from now on, too. If they are not
 * those of before, a change is told: it may have been missed. Copied. */
void config_watch_refer(struct config_watch *watch, char *const *files, size_t n_files);

#endif
