/* Says nothing of what the server answered. */
#include "base_http.h"

static uint32_t silence(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    (void)answer;
    if (result->text_max)
        result->text[0] = '\0';
    return verdict;
}

HTTP_JUDGE(silence);
