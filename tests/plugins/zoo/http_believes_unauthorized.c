/* 401 counts as delivered: only 5xx are looked at. */
#include "base_http.h"

static uint32_t believe(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    (void)result;
    return answer->status == 401 || answer->status == 403 ? WEIR_DELIVERED : verdict;
}

HTTP_JUDGE(believe);
