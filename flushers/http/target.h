/*
 * Query and headers with %{...} in them, filled in for each log; requests are cut where
 * they change.
 */
#ifndef FLUSHERS_HTTP_TARGET_H
#define FLUSHERS_HTTP_TARGET_H

#include <weir/convert.h>
#include <weir/http.h>
#include <weir/template.h>

/* Values one behind the other, and where each ends. */
struct target_values {
    struct weir_buffer text;
    size_t *ends;
};

/* Starts zeroed. */
struct target {
    struct weir_str_map query, headers; /* of the options */
    struct weir_template *templates;    /* of their values, in this order */
    bool any;                           /* a value has a variable */
    bool aimed;                         /* `last` is of this job */
    struct target_values now, last;     /* of the log at hand, of the one before */
    struct weir_kv *pairs;              /* `last` with the keys */
};

/* Reads the templates. 0, or what weir_refuse() gives; `protocol` is one of
 * WEIR_CONVERT_*, by which variables are known. */
int target_init(struct target *target, const struct weir_http_options *options, uint32_t protocol,
    struct weir_error *error);
void target_finish(struct target *target);

/* A new job: no request has a target yet. */
void target_reset(struct target *target);

/* Fills in for the log that was converted last. True: it is not as for the log before. */
bool target_changes(struct target *target, struct weir_convert *convert);

/* The requests cut from now on go where target_changes() has found. */
void target_aim(struct target *target, struct weir_http_job *job);

#endif
