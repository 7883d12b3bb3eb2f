/*
 * What RequestInterceptors asks for: once a share of the requests of a window has failed,
 * nothing is sent for as long as the window is; then one batch is let through, and says
 * whether all may go. Beside it every lane has its circuit, which counts failures in a row.
 * Not safe for threads: the caller locks.
 */
#ifndef FLUSHERS_HTTP_BREAKER_H
#define FLUSHERS_HTTP_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

/* Fewer requests than that say nothing. */
#define BREAKER_REQUESTS_MIN 10u

struct breaker {
    double ratio;           /* 0: never opens */
    uint64_t window_ns;     /* not 0 */
    uint64_t window_end_ns; /* of the window that is counted */
    uint64_t n_requests, n_failures;
    uint64_t open_until_ns; /* 0: closed; when it has passed, one batch may go */
    bool trying;            /* that one has gone */
};

/* Whether a batch may be sent now. */
bool breaker_allows(const struct breaker *breaker, uint64_t now_ns);

/* A batch is sent. */
void breaker_sent(struct breaker *breaker, uint64_t now_ns);

/* A request has ended. True when the breaker opens. */
bool breaker_ended(struct breaker *breaker, bool success, uint64_t now_ns);

#endif
