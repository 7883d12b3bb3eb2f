/*
 * What happens next to logs of a verdict: verdict x attempts x age x policy.
 * Pure; its test is a table. "What happens to a rejected batch?" is answered here.
 */
#ifndef DELIVERY_JUDGE_H
#define DELIVERY_JUDGE_H

#include <stdint.h>

/* How a flusher's failures are treated; part of the lane's configuration. */
struct retry_policy {
    uint64_t initial_delay_ns;
    uint64_t max_delay_ns;
    uint64_t max_attempts; /* 0: no limit */
    uint64_t max_age_ns;   /* since the first try; 0: no limit */
};

enum judge_action {
    JUDGE_DONE,  /* settled: delivered */
    JUDGE_AGAIN, /* send again after `delay_ns` */
    JUDGE_WAIT,  /* PENDING: settle() will tell */
    JUDGE_DROP,  /* settled: given up, for `reason` */
};

/* Why logs are given up. */
enum judge_reason {
    JUDGE_REJECTED,   /* the flusher said: never */
    JUDGE_ATTEMPTS,   /* the limit is reached */
    JUDGE_AGE,        /* the limit is reached */
    JUDGE_QUEUE_FULL, /* not of judge(): the policy for a full queue */
};

struct judgement {
    enum judge_action action;
    uint64_t delay_ns;
    enum judge_reason reason; /* of JUDGE_DROP */
};

struct judge_case {
    uint32_t verdict;        /* WEIR_*; unknown ones count as WEIR_RETRY */
    uint64_t attempts;       /* made so far, this one included */
    uint64_t age_ns;         /* since the first try */
    uint64_t retry_after_ns; /* the destination's wish, 0 = none */
    uint64_t random;         /* any 64 random bits, for the jitter */
};

struct judgement judge(const struct judge_case *given, const struct retry_policy *policy);

/* "rejected", "attempts", "age", "queue_full": a metric label, too. */
const char *judge_word(enum judge_reason reason);

/* Full jitter: evenly spread over [floor, min(max, initial * 2^(attempts-1))]. */
uint64_t judge_backoff(const struct retry_policy *policy, uint64_t attempts, uint64_t random);

#endif
