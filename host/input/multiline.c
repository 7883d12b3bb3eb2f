#include "input/multiline.h"

#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "base/pattern.h"

struct multiline {
    enum multiline_mode mode;
    struct pattern *start, *further, *end; /* NULL: not given */
    bool discard;
    uint64_t n_too_hard;
};

/* An end that every line has is left off, as upstream does: $ and any .* before it. */
static struct weir_str trim(struct weir_str text)
{
    if (text.size && text.data[text.size - 1] == '$')
        text.size--;
    while (text.size >= 2 && !memcmp(text.data + text.size - 2, ".*", 2))
        text.size -= 2;
    return text;
}

static bool compile(struct weir_str text, const char *option, struct pattern **ret_pattern,
    char *why, size_t why_max)
{
    char reason[PATTERN_WHY_MAX];

    text = trim(text);
    if (!text.size)
        return true;
    *ret_pattern = pattern_create(text, true, reason, sizeof reason);
    if (!*ret_pattern)
        snprintf(why, why_max, "Multiline.%s, %s", option, reason);
    return *ret_pattern != NULL;
}

static bool compile_all(
    struct multiline *multiline, const struct multiline_options *options, char *why, size_t why_max)
{
    return compile(options->start_pattern, "StartPattern", &multiline->start, why, why_max) &&
           compile(
               options->continue_pattern, "ContinuePattern", &multiline->further, why, why_max) &&
           compile(options->end_pattern, "EndPattern", &multiline->end, why, why_max);
}

bool multiline_create(const struct multiline_options *options, struct multiline **ret_multiline,
    char *why, size_t why_max)
{
    SCOPED(multiline_destroy) struct multiline *multiline = mem_zalloc(sizeof *multiline);

    *ret_multiline = NULL;
    multiline->mode = (enum multiline_mode)options->mode;
    multiline->discard = options->unmatched == MULTILINE_DISCARD;
    if (multiline->mode == MULTILINE_JSON) {
        *ret_multiline = take_ptr(multiline);
        return true;
    }
    if (!compile_all(multiline, options, why, why_max))
        return false;
    if (multiline->further && !multiline->start && !multiline->end) {
        snprintf(why, why_max, "Multiline.ContinuePattern needs StartPattern or EndPattern");
        return false;
    }
    if (multiline->further && multiline->start && multiline->end) {
        log_warn("Multiline has StartPattern, ContinuePattern and EndPattern; ContinuePattern is "
                 "not used");
        pattern_destroy(take_ptr(multiline->further));
    }
    if (multiline->start || multiline->end)
        *ret_multiline = take_ptr(multiline);
    return true;
}

void multiline_destroy(struct multiline *multiline)
{
    if (!multiline)
        return;
    pattern_destroy(multiline->start);
    pattern_destroy(multiline->further);
    pattern_destroy(multiline->end);
    free(multiline);
}

static bool matches(struct multiline *multiline, struct pattern *pattern, struct weir_str line)
{
    const struct pattern_span *spans;
    enum pattern_result result;

    if (!pattern)
        return false;
    result = pattern_match(pattern, line, &spans);
    multiline->n_too_hard += result == PATTERN_TOO_HARD;
    return result == PATTERN_MATCH;
}

/* No log is open. */
static enum line_role judge_first(struct multiline *multiline, struct weir_str line)
{
    if (multiline->start)
        return matches(multiline, multiline->start, line) ? LINE_BEGINS : LINE_UNMATCHED;
    if (multiline->further && matches(multiline, multiline->further, line))
        return LINE_BEGINS;
    if (matches(multiline, multiline->end, line))
        return LINE_ALONE;
    return multiline->further ? LINE_UNMATCHED : LINE_BEGINS;
}

static enum line_role judge_next(struct multiline *multiline, struct weir_str line)
{
    if (matches(multiline, multiline->further, line))
        return LINE_JOINS;
    if (multiline->end) {
        if (matches(multiline, multiline->end, line))
            return LINE_ENDS;
        return multiline->further ? LINE_BREAKS : LINE_JOINS;
    }
    if (matches(multiline, multiline->start, line))
        return LINE_BEGINS;
    return multiline->further ? LINE_UNMATCHED : LINE_JOINS;
}

static bool is_blank(struct weir_str line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

/* Counts braces outside of strings; false when they or the quotes cannot be JSON's. A
 * string does not go over the end of a line. */
static bool count_braces(struct weir_str line, uint32_t *depth)
{
    bool quoted = false;

    for (size_t i = 0; i < line.size; i++) {
        char c = line.data[i];

        if (c == '"')
            quoted = !quoted;
        else if (quoted)
            i += c == '\\';
        else if (c == '{')
            ++*depth;
        else if (c == '}' && (*depth)-- == 0)
            return false;
    }
    return !quoted;
}

static enum line_role judge_json(struct multiline_state *state, struct weir_str line)
{
    bool was_open = state->open;
    size_t first = 0;

    if (!was_open) {
        if (is_blank(line))
            return LINE_BLANK;
        while (line.data[first] == ' ' || line.data[first] == '\t')
            first++;
        state->depth = 0;
    }
    if ((!was_open && line.data[first] != '{') || !count_braces(line, &state->depth))
        return was_open ? LINE_BREAKS : LINE_UNMATCHED;
    if (state->depth)
        return was_open ? LINE_JOINS : LINE_BEGINS;
    return was_open ? LINE_ENDS : LINE_ALONE;
}

enum line_role multiline_judge(
    struct multiline *multiline, struct multiline_state *state, struct weir_str line, bool whole)
{
    enum line_role role;

    if (multiline->mode == MULTILINE_JSON && !whole)
        role = state->open ? LINE_BREAKS : LINE_UNMATCHED; /* what it closes is not known */
    else if (multiline->mode == MULTILINE_JSON)
        role = judge_json(state, line);
    else
        role = state->open ? judge_next(multiline, line) : judge_first(multiline, line);
    state->open = role == LINE_BEGINS || role == LINE_JOINS;
    return role;
}

void multiline_pass(
    const struct multiline *multiline, struct multiline_state *state, struct weir_str lines)
{
    state->open = true;
    if (multiline->mode == MULTILINE_JSON)
        count_braces(lines, &state->depth);
}

bool multiline_may_end(const struct multiline *multiline)
{
    return multiline->mode == MULTILINE_CUSTOM && !multiline->end;
}

bool multiline_discards(const struct multiline *multiline)
{
    return multiline->discard;
}

static void renew(struct pattern *pattern)
{
    if (pattern)
        pattern_renew(pattern);
}

void multiline_renew(struct multiline *multiline)
{
    renew(multiline->start);
    renew(multiline->further);
    renew(multiline->end);
}

uint64_t multiline_too_hard(struct multiline *multiline)
{
    uint64_t n = multiline->n_too_hard;

    multiline->n_too_hard = 0;
    return n;
}
