/*
 * What the files of the set share: pipeline_set.c (its names and changes),
 * pipeline_set_apply.c (what is to be changed), pipeline_set_look.c (what is seen of it).
 */
#ifndef APP_PIPELINE_SET_PRIVATE_H
#define APP_PIPELINE_SET_PRIVATE_H

#include "app/change.h"
#include "app/pipeline_set.h"

/* One name. */
struct set_slot {
    char *name, *path;
    struct pipeline *pipeline; /* that runs; NULL: none */
    char *refused;             /* why the file, as it was read last, does not run; NULL */
    struct change *change;     /* that is under way */
    char *flushers;            /* of it, for the log */
};

struct pipeline_set {
    struct pipeline_set_spec spec;
    struct set_slot **slots; /* by name */
    size_t count, capacity;
    uint64_t n_left_behind;

    bool applying;
    size_t n_open; /* changes under way */
    struct reload_result result;
};

/* The one of that name, made if there is none. */
struct set_slot *set_get_slot(struct pipeline_set *set, const char *name);
/* What came of its change is told in the result; `config` is taken over. */
void set_begin_change(struct pipeline_set *set, struct set_slot *slot, enum config_change kind,
    struct pipeline_config *config);
/* It does not run as its file says, for that reason, which is taken over. */
void set_refuse(
    struct pipeline_set *set, struct set_slot *slot, enum config_change kind, char *why);
/* Tells the owner when no change is under way any more. */
void set_finish_if_done(struct pipeline_set *set);

#endif
