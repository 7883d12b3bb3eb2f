#include "http/breaker.h"

bool breaker_allows(const struct breaker *breaker, uint64_t now_ns)
{
    return now_ns >= breaker->open_until_ns;
}

void breaker_sent(struct breaker *breaker, uint64_t now_ns)
{
    if (!breaker->open_until_ns || now_ns < breaker->open_until_ns)
        return;
    breaker->trying = true;
    breaker->open_until_ns = now_ns + breaker->window_ns; /* should it never be answered */
}

static void open(struct breaker *breaker, uint64_t now_ns)
{
    breaker->open_until_ns = now_ns + breaker->window_ns;
    breaker->trying = false;
    breaker->n_requests = breaker->n_failures = 0;
}

static void count(struct breaker *breaker, bool success, uint64_t now_ns)
{
    if (now_ns >= breaker->window_end_ns) {
        breaker->window_end_ns = now_ns + breaker->window_ns;
        breaker->n_requests = breaker->n_failures = 0;
    }
    breaker->n_requests++;
    breaker->n_failures += !success;
}

bool breaker_ended(struct breaker *breaker, bool success, uint64_t now_ns)
{
    if (breaker->ratio <= 0)
        return false;
    if (breaker->open_until_ns) {
        if (!breaker->trying) /* one from before */
            return false;
        if (success)
            breaker->open_until_ns = 0;
        else
            open(breaker, now_ns);
        breaker->trying = false;
        return !success;
    }
    count(breaker, success, now_ns);
    if (breaker->n_requests < BREAKER_REQUESTS_MIN ||
        (double)breaker->n_failures < breaker->ratio * (double)breaker->n_requests)
        return false;
    open(breaker, now_ns);
    return true;
}
