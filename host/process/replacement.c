#include "process/replacement.h"

#include <stdbool.h>
#include <stdio.h>
#include "base/mem.h"

/* Text, and the group that follows it. */
struct piece {
    struct weir_str text;
    uint32_t group; /* UINT32_MAX: none */
};

struct replacement {
    struct piece *pieces;
    size_t count, capacity;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add(struct replacement *replacement, const char *from, const char *to, uint32_t group)
{
    MEM_GROW(replacement->pieces, replacement->count, replacement->capacity);
    replacement->pieces[replacement->count++] = (struct piece){{from, (size_t)(to - from)}, group};
}

/* The number or name in *at .. end, as a group; UINT32_MAX: there is none of it. */
static uint32_t group_of(const struct pattern *pattern, const char *at, const char *end)
{
    uint32_t number = 0;
    const char *digit = at;

    for (; digit < end && is_digit(*digit) && number <= pattern_n_groups(pattern); digit++)
        number = 10 * number + (uint32_t)(*digit - '0');
    if (digit == end && at < end)
        return number <= pattern_n_groups(pattern) ? number : UINT32_MAX;
    number = pattern_group(pattern, (struct weir_str){at, (size_t)(end - at)});
    return number ? number : UINT32_MAX;
}

/* The reference behind a dollar; *at goes behind it. UINT32_MAX: the dollar is one. */
static uint32_t take_reference(const struct pattern *pattern, const char **at, const char *end)
{
    const char *start = *at, *stop = start;
    uint32_t group = UINT32_MAX;

    if (start < end && *start == '&') {
        *at = start + 1;
        return 0;
    }
    if (start < end && *start == '{') {
        stop = memchr(start, '}', (size_t)(end - start));
        if (stop)
            group = group_of(pattern, start + 1, stop++);
    } else {
        while (stop < end && is_digit(*stop))
            stop++;
        group = group_of(pattern, start, stop);
    }
    if (group != UINT32_MAX)
        *at = stop;
    return group;
}

/* The reference that has no meaning here, NULL: there is none. */
static const char *find_unknown(const char *at, const char *end)
{
    for (; at + 1 < end; at++)
        if (*at == '$' && at[1] == '$')
            at++;
        else if (*at == '$' && memchr("`'+_", at[1], 4))
            return at;
    return NULL;
}

struct replacement *replacement_create(
    struct weir_str text, const struct pattern *pattern, char *why, size_t why_max)
{
    const char *at = text.data, *end = at + text.size, *start = at;
    const char *unknown = find_unknown(at, end);
    struct replacement *replacement;

    if (unknown) {
        snprintf(
            why, why_max, "ReplaceString: %.2s is not supported; write $$ for a dollar", unknown);
        return NULL;
    }
    replacement = mem_zalloc(sizeof *replacement);
    while ((at = memchr(at, '$', (size_t)(end - at)))) {
        const char *dollar = at++;
        uint32_t group;

        if (at < end && *at == '$') { /* one of the two */
            add(replacement, start, at, UINT32_MAX);
            start = ++at;
            continue;
        }
        group = take_reference(pattern, &at, end);
        if (group == UINT32_MAX)
            continue;
        add(replacement, start, dollar, group);
        start = at;
    }
    add(replacement, start, end, UINT32_MAX);
    return replacement;
}

void replacement_destroy(struct replacement *replacement)
{
    if (!replacement)
        return;
    free(replacement->pieces);
    free(replacement);
}

void replacement_put(const struct replacement *replacement, struct weir_str subject,
    const struct pattern_span *spans, struct buf *to)
{
    for (size_t i = 0; i < replacement->count; i++) {
        const struct piece *piece = &replacement->pieces[i];
        struct pattern_span span;

        buf_append(to, piece->text.data, piece->text.size);
        if (piece->group == UINT32_MAX)
            continue;
        span = spans[piece->group];
        if (span.start <= span.end && span.end <= subject.size)
            buf_append(to, subject.data + span.start, span.end - span.start);
    }
}
