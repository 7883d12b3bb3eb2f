/* A redirect counts as delivered. */
#include "base_http.h"

static uint32_t believe(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    (void)result;
    return answer->status >= 300 && answer->status < 400 ? WEIR_DELIVERED : verdict;
}

HTTP_JUDGE(believe);
