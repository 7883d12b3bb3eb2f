/* Lays a batch out as the bodies of requests, by protocol. */
#ifndef FLUSHERS_HTTP_BODIES_H
#define FLUSHERS_HTTP_BODIES_H

#include <weir/json.h>
#include "http/filter.h"
#include "http/options.h"
#include "http/target.h"

/* How the logs of a protocol are put together. */
struct joint {
    const char *first, *between, *end; /* around them; `between` may fall between requests */
    bool alone;                        /* each log is a request */
    bool by_group;                     /* no request has logs of two groups */
};

/* Starts zeroed. */
struct bodies {
    const struct http_options *options;
    uint32_t protocol; /* PROTOCOL_* */
    uint32_t logs_max; /* of a request; 0: any number */
    struct joint joint;
    struct weir_convert_options convert_options;
    struct weir_convert *convert;
    struct weir_json_head head;  /* of ndjson and json_array */
    struct weir_buffer selected; /* of these, where only selectors are asked for */
    struct target target;
    struct filter filter;
    struct weir_buffer again; /* a log of a request that is halved */

    struct weir_http_job *job; /* at hand */
    uint64_t size_max;         /* bytes of a request of it */
    uint32_t n_logs;           /* in its request at hand */
    uint64_t n_ignored;        /* logs of it that are left out by IgnoreUnExpectedData */
    uint64_t n_filtered;       /* by the filter */
};

/* 0, or what weir_refuse() gives. */
int bodies_init(
    struct bodies *bodies, const struct http_options *options, struct weir_error *error);
void bodies_finish(struct bodies *bodies);

/* All logs of the batch, cut into requests of at most `size_max` bytes. */
void bodies_lay_out(struct bodies *bodies, struct weir_http_job *job,
    const struct weir_batch *batch, uint64_t size_max);

/* As weir_http_hooks.halve(), of requests that were laid out with the same options. Logs are
 * laid out again to learn where they end. */
bool bodies_halve(struct bodies *bodies, const struct weir_http_answer *answer, char *body,
    size_t size, struct weir_http_half *ret_half);

#endif
