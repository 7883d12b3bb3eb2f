/* Does not hand on what the server said in Retry-After. */
#include "base_http.h"

static uint32_t forget(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    (void)answer;
    result->retry_after_ns = 0;
    return verdict;
}

HTTP_JUDGE(forget);
