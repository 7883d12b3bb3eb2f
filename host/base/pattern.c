#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"

#include <assert.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include "base/chain.h"
#include "base/mem.h"

/* Steps for one line (a million take about 2 ms); after EXPENSIVE_LINES_MAX lines of a
 * batch have used them up, what the others of that batch get. On top of it come some
 * for each byte: expressions that are linear, as most are, fail on no length. */
#define STEPS_MAX 1000000U
#define STEPS_MAX_TIGHT 10000U
#define STEPS_PER_BYTE 8U
#define EXPENSIVE_LINES_MAX 4U

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
    pattern->utf = compile(pattern, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, why, why_max);
    return pattern->utf != NULL;
}

static void make_chain(struct pattern *pattern)
{
    if (!pattern->bytes)
        return;
    pattern->chain = chain_create((struct weir_str){pattern->text, pattern->text_size});
    if (pattern->chain && chain_n_groups(pattern->chain) != pattern->n_groups) {
        chain_destroy(pattern->chain); /* read otherwise than PCRE2 does */
        pattern->chain = NULL;
    }
    pattern->spans = mem_calloc(pattern->n_groups + 1U, sizeof *pattern->spans);
}

struct pattern *pattern_create(struct weir_str text, bool at_start, char *why, size_t why_max)
{
    SCOPED(pattern_destroy) struct pattern *pattern = mem_zalloc(sizeof *pattern);
    pcre2_code *code;

    pattern->text = mem_strndup(text.data, text.size);
    pattern->text_size = text.size;
    pattern->options = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
                       (at_start ? PCRE2_ANCHORED : 0);
    if (!compile_first(pattern, why, why_max))
        return NULL;
    code = pattern->bytes ? pattern->bytes : pattern->utf;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &pattern->n_groups);
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

static int run(struct pattern *pattern, const pcre2_code *code, struct weir_str subject)
{
    const char *data = subject.size ? subject.data : "";
    int r =
        pcre2_match(code, (PCRE2_SPTR)data, subject.size, 0, 0, pattern->match, pattern->context);

    if (r != PCRE2_ERROR_JIT_STACKLIMIT || pattern->stack)
        return r;
    pattern->stack = pcre2_jit_stack_create(JIT_STACK_BYTES_MIN, JIT_STACK_BYTES_MAX, NULL);
    if (!pattern->stack)
        return r;
    pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
    return pcre2_match(
        code, (PCRE2_SPTR)data, subject.size, 0, 0, pattern->match, pattern->context);
}

/* A subject that is not ASCII. */
static int run_utf(struct pattern *pattern, struct weir_str subject)
{
    char ignored[PATTERN_WHY_MAX];
    int r;

    if (!pattern->utf_tried) {
        pattern->utf_tried = true;
        pattern->utf = compile(pattern, PCRE2_UTF, ignored, sizeof ignored);
    }
    if (!pattern->utf)
        return run(pattern, pattern->bytes, subject);
    r = run(pattern, pattern->utf, subject);
    if (r <= PCRE2_ERROR_UTF8_ERR1 && r >= PCRE2_ERROR_UTF8_ERR21 && pattern->bytes)
        return run(pattern, pattern->bytes, subject);
    return r;
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

enum pattern_result pattern_match(
    struct pattern *pattern, struct weir_str subject, const struct pattern_span **ret_spans)
{
    int r;

    if (match_chain(pattern, subject)) {
        *ret_spans = pattern->spans;
        return PATTERN_MATCH;
    }
    set_limit(pattern, subject.size);
    if (pattern->bytes && is_ascii(subject.data, subject.size))
        r = run(pattern, pattern->bytes, subject);
    else
        r = run_utf(pattern, subject);
    if (r > 0) {
        *ret_spans =
            (const struct pattern_span *)(const void *)pcre2_get_ovector_pointer(pattern->match);
        return PATTERN_MATCH;
    }
    if (r == PCRE2_ERROR_NOMATCH)
        return PATTERN_NO_MATCH;
    pattern->n_expensive++;
    return PATTERN_TOO_HARD;
}
