/* What an aggregator tells the operator of logs: counted always, one line at most
 * every ten seconds. [loop] */
#ifndef AGGREGATE_COMPLAINT_H
#define AGGREGATE_COMPLAINT_H

#include "aggregate/aggregate.h"
#include "base/log.h"

struct complaint {
    const char *message;
    uint64_t n_logs; /* not told yet; the owner counts them */
    struct log_limit limit;
};

/* At the end of each batch. */
void complaint_report(struct complaint *complaint, const struct aggregator_context *context);

#endif
