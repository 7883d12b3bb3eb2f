/* What the server will never take is sent again and again. */
#include "base_http.h"

static uint32_t retry(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    (void)answer;
    (void)result;
    return verdict == WEIR_REJECTED ? WEIR_RETRY : verdict;
}

HTTP_JUDGE(retry);
