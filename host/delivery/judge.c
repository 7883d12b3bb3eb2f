#include "delivery/judge.h"

#include <weir/flusher.h>
#include "base/util.h"

/* A retry is never sooner than this: a destination that refuses at once must not
 * make the host spin. */
#define BACKOFF_FLOOR_NS (10 * NS_PER_MS)
/* A destination's Retry-After is believed up to here. */
#define RETRY_AFTER_MAX_NS (3600 * NS_PER_S)

uint64_t judge_backoff(const struct retry_policy *policy, uint64_t attempts, uint64_t random)
{
    uint64_t ceiling = MAX(policy->initial_delay_ns, (uint64_t)1);

    for (uint64_t i = 1; i < attempts && ceiling < policy->max_delay_ns; i++)
        ceiling = ceiling > UINT64_MAX / 2 ? UINT64_MAX : ceiling * 2;
    ceiling = MIN(ceiling, policy->max_delay_ns);
    if (ceiling <= BACKOFF_FLOOR_NS)
        return BACKOFF_FLOOR_NS;
    return BACKOFF_FLOOR_NS + random % (ceiling - BACKOFF_FLOOR_NS + 1);
}

static struct judgement judge_retry(
    const struct judge_case *given, const struct retry_policy *policy)
{
    if (policy->max_attempts && given->attempts >= policy->max_attempts)
        return (struct judgement){JUDGE_DROP, 0, JUDGE_ATTEMPTS};
    if (policy->max_age_ns && given->age_ns >= policy->max_age_ns)
        return (struct judgement){JUDGE_DROP, 0, JUDGE_AGE};
    if (given->retry_after_ns)
        return (struct judgement){JUDGE_AGAIN, MIN(given->retry_after_ns, RETRY_AFTER_MAX_NS), 0};
    return (struct judgement){
        JUDGE_AGAIN, judge_backoff(policy, given->attempts, given->random), 0};
}

struct judgement judge(const struct judge_case *given, const struct retry_policy *policy)
{
    switch (given->verdict) {
    case WEIR_DELIVERED:
        return (struct judgement){JUDGE_DONE, 0, 0};
    case WEIR_REJECTED:
        return (struct judgement){JUDGE_DROP, 0, JUDGE_REJECTED};
    case WEIR_PENDING:
        return (struct judgement){JUDGE_WAIT, 0, 0};
    default: /* WEIR_RETRY, WEIR_BROKEN, and what a newer plugin may say */
        return judge_retry(given, policy);
    }
}

const char *judge_word(enum judge_reason reason)
{
    static const char *const words[] = {
        [JUDGE_REJECTED] = "rejected",
        [JUDGE_ATTEMPTS] = "attempts",
        [JUDGE_AGE] = "age",
        [JUDGE_QUEUE_FULL] = "queue_full",
    };

    return words[reason];
}
