#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"

#include <assert.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/chain.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Steps for one line (a million take about 2 ms); after EXPENSIVE_LINES_MAX lines of a
 * batch have used them up, what the others of that batch get. On top of it come some
 * for each byte: expressions that are linear, as most are, fail on no length. */
#define STEPS_MAX 1000000U
#define STEPS_MAX_TIGHT 10000U
#define STEPS_PER_BYTE 8U
#define EXPENSIVE_LINES_MAX 4U

/* All matches of one subject: how often the clock is looked at, and the time that a
 * subject gets after the expensive ones. */
#define SCAN_MATCHES_PER_LOOK 16U
#define SCAN_NS_MAX_TIGHT (1 * NS_PER_MS)

#define HEAP_KIB_MAX 4096U /* without JIT */
#define JIT_STACK_BYTES_MIN (32 * KIB)
#define JIT_STACK_BYTES_MAX (4 * MIB)

struct pattern {
    char *text; /* for the second compilation */
    size_t text_size;
    uint32_t options;
    uint32_t n_groups;
    pcre2_code *bytes; /* byte by byte, right for ASCII; NULL: cannot be */
    pcre2_code *utf;   /* made when the first other line comes */
    /* For lines that are no UTF-8 when there are no `bytes`; interpreted, since JIT takes
     * \S for ASCII there (10.42). Made when the first one comes. */
    pcre2_code *lenient;
    unsigned flags; /* PATTERN_* */
    bool utf_tried;
    struct chain *chain;        /* the short cut for most expressions; NULL: none */
    struct pattern_span *spans; /* what it finds */
    pcre2_match_data *match;    /* large enough for both */
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* larger than the machine's; made when first needed */
    uint32_t n_expensive;   /* lines of this batch */
};

static_assert(sizeof(struct pattern_span) == 2 * sizeof(PCRE2_SIZE), "spans are PCRE2's pairs");

static bool is_ascii(const char *data, size_t size)
{
    uint64_t bits = 0;
    size_t i = 0;

    for (; i + 8 <= size; i += 8) {
        uint64_t word;

        memcpy(&word, data + i, 8);
        bits |= word;
    }
    for (; i < size; i++)
        bits |= (unsigned char)data[i] & 0x80U;
    return !(bits & 0x8080808080808080U);
}

static pcre2_code *compile(
    const struct pattern *pattern, uint32_t more_options, char *why, size_t why_max)
{
    int code;
    size_t offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern->text, pattern->text_size,
        pattern->options | more_options, &code, &offset, NULL);

    if (!compiled) {
        unsigned char words[160];

        pcre2_get_error_message(code, words, sizeof words);
        snprintf(why, why_max, "character %zu: %s", offset, words);
        return NULL;
    }
    if (!(more_options & PCRE2_MATCH_INVALID_UTF))
        pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* without it the interpreter runs */
    return compiled;
}

/* Text that is not ASCII is compiled as UTF-8 only, the rest as bytes if it can be. */
static bool compile_first(struct pattern *pattern, char *why, size_t why_max)
{
    char ignored[PATTERN_WHY_MAX];

    if (is_ascii(pattern->text, pattern->text_size))
        pattern->bytes = compile(pattern, 0, ignored, sizeof ignored);
    if (pattern->bytes)
        return true;
    pattern->utf_tried = true;
    pattern->utf = compile(pattern, PCRE2_UTF, why, why_max);
    return pattern->utf != NULL;
}

static const pcre2_code *any_code(const struct pattern *pattern)
{
    return pattern->bytes ? pattern->bytes : pattern->utf;
}

/* A chain knows dots that match all; it is a whole match when a link says so. */
static void make_chain(struct pattern *pattern)
{
    bool whole = pattern->flags & PATTERN_WHOLE;
    SCOPED_FREE char *text = mem_zalloc(pattern->text_size + 1);

    if (!pattern->bytes ||
        ((pattern->flags & PATTERN_LINE_DOT) && memchr(pattern->text, '.', pattern->text_size)))
        return;
    memcpy(text, pattern->text, pattern->text_size);
    text[pattern->text_size] = '$';
    pattern->chain = chain_create((struct weir_str){text, pattern->text_size + whole});
    if (pattern->chain && chain_n_groups(pattern->chain) != pattern->n_groups) {
        chain_destroy(pattern->chain); /* read otherwise than PCRE2 does */
        pattern->chain = NULL;
    }
    pattern->spans = mem_calloc(pattern->n_groups + 1U, sizeof *pattern->spans);
}

static uint32_t compile_options(unsigned flags)
{
    uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;

    if (!(flags & PATTERN_LINE_DOT))
        options |= PCRE2_DOTALL;
    if (flags & (PATTERN_AT_START | PATTERN_WHOLE))
        options |= PCRE2_ANCHORED;
    if (flags & PATTERN_WHOLE)
        options |= PCRE2_ENDANCHORED;
    if (flags & PATTERN_DUPNAMES)
        options |= PCRE2_DUPNAMES;
    return options;
}

struct pattern *pattern_create(struct weir_str text, unsigned flags, char *why, size_t why_max)
{
    SCOPED(pattern_destroy) struct pattern *pattern = mem_zalloc(sizeof *pattern);

    pattern->text = mem_strndup(text.data, text.size);
    pattern->text_size = text.size;
    pattern->flags = flags;
    pattern->options = compile_options(flags);
    if (!compile_first(pattern, why, why_max))
        return NULL;
    pcre2_pattern_info(any_code(pattern), PCRE2_INFO_CAPTURECOUNT, &pattern->n_groups);
    pattern->match = pcre2_match_data_create(pattern->n_groups + 1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->match || !pattern->context) {
        snprintf(why, why_max, "out of memory");
        return NULL;
    }
    make_chain(pattern);
    pcre2_set_heap_limit(pattern->context, HEAP_KIB_MAX);
    pattern_renew(pattern);
    return take_ptr(pattern);
}

void pattern_destroy(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->bytes);
    pcre2_code_free(pattern->utf);
    pcre2_code_free(pattern->lenient);
    pcre2_match_data_free(pattern->match);
    pcre2_match_context_free(pattern->context);
    pcre2_jit_stack_free(pattern->stack);
    chain_destroy(pattern->chain);
    free(pattern->spans);
    free(pattern->text);
    free(pattern);
}

uint32_t pattern_n_groups(const struct pattern *pattern)
{
    return pattern->n_groups;
}

/* Names are stored as two bytes of the group's number and the text. */
static uint32_t name_table(
    const struct pattern *pattern, PCRE2_SPTR *ret_table, uint32_t *ret_entry_size)
{
    uint32_t count;

    pcre2_pattern_info(any_code(pattern), PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(any_code(pattern), PCRE2_INFO_NAMETABLE, ret_table);
    pcre2_pattern_info(any_code(pattern), PCRE2_INFO_NAMEENTRYSIZE, ret_entry_size);
    return count;
}

uint32_t pattern_group(const struct pattern *pattern, struct weir_str name)
{
    PCRE2_SPTR entry;
    uint32_t size, count = name_table(pattern, &entry, &size);

    for (uint32_t i = 0; i < count; i++, entry += size)
        if (strlen((const char *)entry + 2) == name.size &&
            memcmp(entry + 2, name.data, name.size) == 0)
            return (uint32_t)entry[0] << 8 | entry[1];
    return 0;
}

const char *pattern_group_name(const struct pattern *pattern, uint32_t group)
{
    PCRE2_SPTR entry;
    uint32_t size, count = name_table(pattern, &entry, &size);

    for (uint32_t i = 0; i < count; i++, entry += size)
        if (((uint32_t)entry[0] << 8 | entry[1]) == group)
            return (const char *)entry + 2;
    return NULL;
}

void pattern_renew(struct pattern *pattern)
{
    pattern->n_expensive = 0;
}

static void set_limit(struct pattern *pattern, size_t size)
{
    size_t steps = pattern->n_expensive < EXPENSIVE_LINES_MAX ? STEPS_MAX : STEPS_MAX_TIGHT;

    steps += STEPS_PER_BYTE * size;
    pcre2_set_match_limit(pattern->context, (uint32_t)MIN(steps, UINT32_MAX));
}

static int run(struct pattern *pattern, const pcre2_code *code, struct weir_str subject,
    size_t start, uint32_t options)
{
    PCRE2_SPTR data = (PCRE2_SPTR)(subject.size ? subject.data : "");
    int r = pcre2_match(code, data, subject.size, start, options, pattern->match, pattern->context);

    if (r != PCRE2_ERROR_JIT_STACKLIMIT || pattern->stack)
        return r;
    pattern->stack = pcre2_jit_stack_create(JIT_STACK_BYTES_MIN, JIT_STACK_BYTES_MAX, NULL);
    if (!pattern->stack)
        return r;
    pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
    return pcre2_match(code, data, subject.size, start, options, pattern->match, pattern->context);
}

static bool is_bad_utf8(int r)
{
    return r <= PCRE2_ERROR_UTF8_ERR1 && r >= PCRE2_ERROR_UTF8_ERR21;
}

static pcre2_code *utf_code(struct pattern *pattern)
{
    char ignored[PATTERN_WHY_MAX];

    if (!pattern->utf_tried) {
        pattern->utf_tried = true;
        pattern->utf = compile(pattern, PCRE2_UTF, ignored, sizeof ignored);
    }
    return pattern->utf;
}

static pcre2_code *lenient_code(struct pattern *pattern)
{
    char ignored[PATTERN_WHY_MAX];

    if (!pattern->lenient)
        pattern->lenient =
            compile(pattern, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, ignored, sizeof ignored);
    return pattern->lenient ? pattern->lenient : pattern->utf;
}

/* What the subject is found to be, so that it is not looked at again. */
static int run_as(
    struct pattern *pattern, enum pattern_text *kind, struct weir_str subject, size_t start)
{
    int r;

    if (*kind == PATTERN_TEXT_UNKNOWN) {
        r = utf_code(pattern) ? run(pattern, pattern->utf, subject, start, 0)
                              : PCRE2_ERROR_UTF8_ERR1;
        *kind = !is_bad_utf8(r)  ? PATTERN_TEXT_UTF
                : pattern->bytes ? PATTERN_TEXT_BYTES
                                 : PATTERN_TEXT_BROKEN;
        if (*kind == PATTERN_TEXT_UTF)
            return r;
    }
    if (*kind == PATTERN_TEXT_BYTES)
        return run(pattern, pattern->bytes, subject, start, 0);
    if (*kind == PATTERN_TEXT_BROKEN)
        return run(pattern, lenient_code(pattern), subject, start, 0);
    return run(pattern, pattern->utf, subject, start, PCRE2_NO_UTF_CHECK);
}

static enum pattern_text kind_of(const struct pattern *pattern, struct weir_str subject)
{
    return pattern->bytes && is_ascii(subject.data, subject.size) ? PATTERN_TEXT_BYTES
                                                                  : PATTERN_TEXT_UNKNOWN;
}

/* Whether the short cut leads there. */
static bool match_chain(struct pattern *pattern, struct weir_str subject)
{
    if (!pattern->chain)
        return false;
    if (!chain_fits_utf8(pattern->chain) && !is_ascii(subject.data, subject.size))
        return false;
    return chain_match(pattern->chain, subject, pattern->spans);
}

/* What PCRE2's answer means. A match that begins before `from` or behind its end, as \K in
 * a subroutine can have it, is given up. */
static enum pattern_result result_of(
    struct pattern *pattern, int r, size_t from, const struct pattern_span **ret_spans)
{
    const struct pattern_span *spans =
        (const struct pattern_span *)(const void *)pcre2_get_ovector_pointer(pattern->match);

    if (r > 0 && spans->start >= from && spans->start <= spans->end) {
        *ret_spans = spans;
        return PATTERN_MATCH;
    }
    if (r == PCRE2_ERROR_NOMATCH)
        return PATTERN_NO_MATCH;
    pattern->n_expensive++;
    return PATTERN_TOO_HARD;
}

enum pattern_result pattern_match(
    struct pattern *pattern, struct weir_str subject, const struct pattern_span **ret_spans)
{
    enum pattern_text kind;

    if (match_chain(pattern, subject)) {
        *ret_spans = pattern->spans;
        return PATTERN_MATCH;
    }
    set_limit(pattern, subject.size);
    kind = kind_of(pattern, subject);
    return result_of(pattern, run_as(pattern, &kind, subject, 0), 0, ret_spans);
}

/* -- all matches of a subject -- */

static uint64_t cpu_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void pattern_scan_init(
    struct pattern_scan *scan, struct pattern *pattern, struct weir_str subject, uint64_t limit_ns)
{
    *scan = (struct pattern_scan){
        .pattern = pattern,
        .subject = subject,
        .end_ns = pattern->n_expensive < EXPENSIVE_LINES_MAX ? limit_ns
                                                             : MIN(limit_ns, SCAN_NS_MAX_TIGHT),
        .kind = kind_of(pattern, subject),
    };
}

/* Looked at rarely: most subjects have few matches. The clock starts at the first look. */
static bool over_time(struct pattern_scan *scan)
{
    uint64_t now_ns;

    if (++scan->n_matches % SCAN_MATCHES_PER_LOOK)
        return false;
    now_ns = cpu_now_ns();
    if (scan->n_matches == SCAN_MATCHES_PER_LOOK)
        scan->end_ns += now_ns;
    return now_ns > scan->end_ns;
}

/* Bytes of the character at `at`. */
static size_t step(const struct pattern_scan *scan)
{
    const unsigned char *data = (const unsigned char *)scan->subject.data + scan->at;
    size_t size =
        scan->kind == PATTERN_TEXT_BYTES ? 1 : utf8_length(data, scan->subject.size - scan->at);

    return MAX(size, (size_t)1);
}

enum pattern_result pattern_scan_next(
    struct pattern_scan *scan, const struct pattern_span **ret_spans)
{
    enum pattern_result result;

    if (scan->at > scan->subject.size)
        return PATTERN_NO_MATCH;
    if (over_time(scan)) {
        scan->pattern->n_expensive++;
        result = PATTERN_TOO_HARD;
    } else {
        set_limit(scan->pattern, scan->subject.size - scan->at);
        result = result_of(scan->pattern,
            run_as(scan->pattern, &scan->kind, scan->subject, scan->at), scan->at, ret_spans);
    }
    if (result != PATTERN_MATCH) {
        scan->at = scan->subject.size + 1;
        return result;
    }
    scan->at = (*ret_spans)[0].end;
    if ((*ret_spans)[0].start == scan->at)
        scan->at += scan->at < scan->subject.size ? step(scan) : 1;
    return PATTERN_MATCH;
}
