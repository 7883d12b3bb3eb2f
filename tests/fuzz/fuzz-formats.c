/*
 * What operators write that has a grammar of its own: formats of strptime(3), layouts of
 * Go's, grok expressions, replacements, conditions. Any text must be taken or refused.
 * The text up to the first newline is the format, the rest what it is used on.
 */
#include <stdint.h>
#include <string.h>
#include "base/log.h"
#include "process/condition.h"
#include "process/go_layout.h"
#include "process/grok_library.h"
#include "process/replacement.h"
#include "process/strptime_format.h"

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)
#define EXPRESSION_BYTES_MAX 300U /* compiling is slow */

static struct grok_library *library;

static void use_strptime(struct weir_str format, struct weir_str text)
{
    struct zone zone = {.offset_s = 3600};
    struct strptime_parts parts;
    char letter;

    strptime_format_check(format, &letter);
    if (strptime_format_parse(format, text, &parts))
        strptime_moment(&parts, &zone, 0, 1700000000);
}

/* What was written by a layout can be written again. */
static void use_layout(struct weir_str format, struct weir_str text)
{
    struct go_layout *layout = go_layout_create(format);
    struct zone zone = {.offset_s = -3600};
    struct moment moment = {1700000000, 123456789};
    struct buf first = {0}, second = {0};

    go_layout_format(layout, moment, &zone, &first);
    go_layout_format(layout, moment, &zone, &second);
    CHECK(
        first.size == second.size && (!first.size || !memcmp(first.data, second.data, first.size)));
    go_layout_parse(layout, text, &zone, &moment);
    if (first.size)
        go_layout_parse(layout, (struct weir_str){first.data, first.size}, &zone, &moment);
    buf_finish(&first);
    buf_finish(&second);
    go_layout_destroy(layout);
}

static void use_grok(struct weir_str format, struct weir_str text)
{
    const struct pattern_span *spans;
    struct pattern_scan scan;
    struct grok grok;
    char why[300];

    if (format.size > EXPRESSION_BYTES_MAX || !grok_init(&grok, library, format, why, sizeof why))
        return;
    pattern_scan_init(&scan, grok.pattern, text, 10 * NS_PER_MS);
    for (int i = 0; i < 100 && pattern_scan_next(&scan, &spans) == PATTERN_MATCH; i++)
        CHECK(spans[0].start <= spans[0].end && spans[0].end <= text.size);
    grok_finish(&grok);
}

static void use_replacement(struct weir_str format, struct weir_str text)
{
    static struct pattern *pattern;
    const struct pattern_span *spans;
    struct replacement *replacement;
    struct buf to = {0};
    char why[300];

    if (!pattern)
        pattern = pattern_create(
            (struct weir_str){"(?<name>.)(x)?", 14}, PATTERN_LINE_DOT, why, sizeof why);
    replacement = replacement_create(format, pattern, why, sizeof why);
    if (replacement && pattern_match(pattern, text, &spans) == PATTERN_MATCH)
        replacement_put(replacement, text, spans, &to);
    replacement_destroy(replacement);
    buf_finish(&to);
}

static void use_condition(struct weir_str format)
{
    char why[300];

    if (format.size <= EXPRESSION_BYTES_MAX)
        condition_destroy(condition_create(format, why, sizeof why));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
    library = grok_library_create();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = memcpy(malloc(size + 1), data, size), *end = memchr(copy, '\n', size);
    struct weir_str format, text;

    copy[size] = '\0';
    format = (struct weir_str){copy, end ? (size_t)(end - copy) : size};
    copy[format.size] = '\0'; /* as options have it */
    text =
        (struct weir_str){copy + format.size + (end != NULL), size - format.size - (end != NULL)};
    use_strptime(format, text);
    use_layout(format, text);
    use_grok(format, text);
    use_replacement(format, text);
    use_condition(format);
    free(copy);
    return 0;
}
