#include "config/units.h"

#include <string.h>
#include <strings.h>
#include "base/util.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit durations[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", NS_PER_MS},
    {"s", NS_PER_S},
    {"m", 60 * NS_PER_S},
    {"h", 3600 * NS_PER_S},
    {"d", 86400 * NS_PER_S},
};

static const struct unit sizes[] = {
    {"", 1},
    {"B", 1},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
    {"KiB", 1ULL << 10},
    {"MiB", 1ULL << 20},
    {"GiB", 1ULL << 30},
    {"TiB", 1ULL << 40},
};

/* A decimal number with up to nine places, times the unit behind it. */
static bool parse_part(const char **at, const char *end, const struct unit *units, size_t n_units,
    bool any_case, uint64_t *ret_value)
{
    uint64_t whole = 0, fraction = 0, scale = 1, low, high;
    const char *start = *at, *word;

    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(**at - '0'), &whole))
            return false;
    if (*at == start)
        return false;
    if (*at < end && **at == '.') {
        (*at)++;
        start = *at;
        for (; *at < end && **at >= '0' && **at <= '9' && scale < NS_PER_S; (*at)++) {
            fraction = fraction * 10 + (uint64_t)(**at - '0');
            scale *= 10;
        }
        if (*at == start)
            return false;
    }
    for (word = *at; *at < end && (unsigned)((**at | 0x20) - 'a') < 26; (*at)++)
        ;
    for (size_t i = 0; i < n_units; i++) {
        size_t size = strlen(units[i].name);

        if (size != (size_t)(*at - word) || (any_case ? strncasecmp(word, units[i].name, size)
                                                      : strncmp(word, units[i].name, size)))
            continue;
        low = (uint64_t)((unsigned __int128)fraction * units[i].factor / scale);
        return !__builtin_mul_overflow(whole, units[i].factor, &high) &&
               !__builtin_add_overflow(high, low, ret_value);
    }
    return false;
}

bool duration_parse(const char *text, size_t size, uint64_t *ret_ns)
{
    const char *at = text, *end = text + size;
    uint64_t sum = 0, part;

    if (size == 1 && *text == '0') {
        *ret_ns = 0;
        return true;
    }
    do {
        if (!parse_part(&at, end, durations, ARRAY_SIZE(durations), false, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return false;
    } while (at < end);
    *ret_ns = sum;
    return true;
}

bool size_parse(const char *text, size_t size, uint64_t *ret_bytes)
{
    const char *at = text, *end = text + size;

    return parse_part(&at, end, sizes, ARRAY_SIZE(sizes), true, ret_bytes) && at == end;
}
