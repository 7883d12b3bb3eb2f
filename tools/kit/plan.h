/*
 * Which checks are to run on which plugins and classes, and what has become of them:
 * made once, filled by run.c, read by the reports. Not thread-safe. [control]
 */
#ifndef KIT_PLAN_H
#define KIT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/child.h"
#include "kit/settings.h"

/* A plugin file. */
struct subject {
    char *path; /* as given */
    char *real; /* absolute, without symbolic links */
    struct settings *settings;
    char *sanitizer; /* library of the one it was built with; NULL: none */
    char **types;    /* of its classes, as its note says, else as it registers */
    size_t n_types, cap_types;
};

/* One check on one subject. */
struct task {
    const struct check *check;
    const struct subject *subject;
    const char *type; /* borrowed from the subject; NULL: the file as a whole */
    /* By the number of the stage: whose check gives it for the same subject and class;
     * NULL: not needed, or not part of the plan. */
    const struct task *givers[STAGES_N];
    bool done;
    struct child_report report;  /* once done */
    const struct waiver *waiver; /* that excuses it; NULL: none */
    bool waiver_expired;
};

struct plan {
    struct subject *subjects;
    size_t n_subjects, cap_subjects;
    struct task *tasks;
    size_t n_tasks, cap_tasks;
};

/* What to choose. */
struct plan_request {
    char **paths;
    size_t n_paths;
    const char *settings; /* --config; NULL: found by settings_find() */
    unsigned level;
    regex_t *include, *exclude; /* of ids; NULL: all, none */
};

/* 0, or an exit code after it was told what is wrong. The plan is to be finished. */
int plan_make(struct plan *plan, const struct plan_request *request);
void plan_finish(struct plan *plan);

/* The library that must be loaded before a plugin that was built with a sanitizer, the
 * caller's; NULL: none, or this program has it already. */
char *plan_sanitizer(const char *path);

/* Sums over all that is done. */
struct plan_sums {
    size_t by_verdict[VERDICT_N];
    size_t lacking; /* skipped for lack of something, not waived */
    size_t waived;  /* would have been bad, but are excused */
    size_t expired; /* are bad, and their waiver is over */
    size_t bad;     /* make the exit code 1 */
};
struct plan_sums plan_sum(const struct plan *plan);

/* Whether this one makes the exit code 1. */
bool task_is_bad(const struct task *task);
/* Bad, but excused by a waiver. */
bool task_is_waived(const struct task *task);

#endif
