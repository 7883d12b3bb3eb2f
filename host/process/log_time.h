/* Setting the time of a log, and not reading the same text twice. */
#ifndef PROCESS_LOG_TIME_H
#define PROCESS_LOG_TIME_H

#include "event/batch.h"
#include "process/civil.h"

#define LOG_TIME_TEXT_MAX 64U

/* The text that was read last, and the moment it was. Zeroed: none. */
struct log_time_cache {
    char text[LOG_TIME_TEXT_MAX];
    size_t size;
    struct moment moment;
};

static inline bool log_time_cached(const struct log_time_cache *cache, struct weir_str text)
{
    return cache->size && str_equal(text, (struct weir_str){cache->text, cache->size});
}

static inline void log_time_remember(
    struct log_time_cache *cache, struct weir_str text, struct moment moment)
{
    cache->size = text.size <= LOG_TIME_TEXT_MAX ? text.size : 0;
    memcpy(cache->text, text.data, cache->size);
    cache->moment = moment;
}

/* False, and nothing is set: a log's time goes from 1970 to 2106. */
static inline bool log_time_set(struct weir_log *log, struct moment moment, bool nanoseconds)
{
    if (moment.s <= 0 || moment.s > UINT32_MAX)
        return false;
    log->time_s = (uint32_t)moment.s;
    log->time_ns = nanoseconds ? moment.ns : 0;
    return true;
}

#endif
