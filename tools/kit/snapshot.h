/*
 * The state of this process that a plugin must leave alone, as a text for each aspect.
 * Two texts of an aspect are equal when nothing has changed. [control]
 */
#ifndef KIT_SNAPSHOT_H
#define KIT_SNAPSHOT_H

#include "kit/trial.h"

enum aspect {
    ASPECT_FDS, /* open descriptors and where they lead */
    ASPECT_THREADS,
    ASPECT_SIGNALS,     /* ignored and caught, but for those of the C library */
    ASPECT_SIGNAL_MASK, /* of this thread */
    ASPECT_LOCALE,
    ASPECT_UMASK,
    ASPECT_FOLDER, /* working folder */
    ASPECT_ENVIRONMENT,
    ASPECT_LIMITS, /* resources, priority, affinity */
    ASPECT_TIMERS,
    ASPECT_CHILDREN,
    ASPECT_EXECUTABLE, /* memory that is writable and executable */
    ASPECT_PROCESS,    /* name, dumpable, subreaper, securebits, no_new_privs */
    ASPECT_ENTRIES,    /* what lies in the working folder */
    ASPECT_FLOAT,      /* rounding and exceptions of this thread */
};

/* The caller frees it. */
char *snapshot_take(enum aspect aspect);

/* As it is once it is as `before`, else as it is after a moment. */
char *snapshot_settle(enum aspect aspect, const char *before);

/* Ends the trial as FAIL when it is not as `before`, nor after a moment: these words, and the
 * difference. */
void snapshot_expect(struct trial *trial, enum aspect aspect, const char *before,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What is in `after` and not in `before`, line by line, in at most so many bytes; the
 * other way round if there is nothing. */
void snapshot_difference(const char *before, const char *after, char *text, size_t text_max);

/*
 * One life of an instance with `n_flushes` flushes, in which the aspect must not change:
 * loaded, init, flushes, stop. Ends the trial as FAIL when it does, and says when. With
 * `only_ends`, what changes while the instance lives is allowed.
 */
void snapshot_watch(struct trial *trial, enum aspect aspect, unsigned n_flushes, bool only_ends);

#endif
