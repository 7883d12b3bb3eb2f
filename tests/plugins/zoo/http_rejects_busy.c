/* 429 and 503 are taken for a fault of the logs. */
#include "base_http.h"

static uint32_t reject(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    (void)result;
    return answer->status == 429 || answer->status == 503 ? WEIR_REJECTED : verdict;
}

HTTP_JUDGE(reject);
