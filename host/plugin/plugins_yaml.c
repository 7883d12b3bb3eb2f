#include "plugin/plugins_yaml.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"

/* Without an error there was nothing in the file, which is fine. */
static void report_errors(const char *path, struct fy_diag *collected, struct diag_list *diags)
{
    struct fy_diag_error *error;
    void *at = NULL;

    while ((error = fy_diag_errors_iterate(collected, &at))) {
        struct place place = {.file = path,
            .line = (unsigned)MAX(error->line, 0),
            .column = (unsigned)MAX(error->column, 0)};

        diag_add(diags, DIAG_ERROR, "W2002", place, "this is not valid YAML: %s", error->msg);
        return; /* what follows the first one is mostly its echo */
    }
}

static struct fy_diag *collecting_diag(void)
{
    struct fy_diag_cfg config;
    struct fy_diag *diag;

    fy_diag_cfg_default(&config);
    config.fp = NULL;
    config.level = FYET_ERROR;
    diag = fy_diag_create(&config);
    if (diag)
        fy_diag_set_collect_errors(diag, true);
    return diag;
}

struct fy_document *yaml_parse(
    const char *path, const char *text, size_t size, struct diag_list *diags)
{
    struct fy_diag *collected = collecting_diag();
    const struct fy_parse_cfg config = {.flags = FYPCF_JSON_NONE, .diag = collected};
    struct fy_document *document = fy_document_build_from_string(&config, text, size);

    if (!document)
        report_errors(path, collected, diags);
    fy_diag_destroy(collected);
    return document;
}

/* "---" at the start of a line is a marker wherever it stands. */
static bool is_marker(const char *line, size_t size)
{
    return size >= 3 && !memcmp(line, "---", 3) && (size == 3 || strchr(" \t\r", line[3]));
}

static bool is_content(const char *line, size_t size)
{
    size_t blank = 0;

    while (blank < size && memchr(" \t\r", line[blank], 3))
        blank++;
    return blank < size && line[blank] != '#' && line[0] != '%';
}

void yaml_refuse_second(const char *path, const char *text, size_t size, struct diag_list *diags)
{
    const char *end = text + size, *line_end;
    bool content = false;
    unsigned number = 1;

    for (const char *line = text; line < end; line = line_end + 1, number++) {
        size_t length;

        line_end = memchr(line, '\n', (size_t)(end - line));
        line_end = line_end ? line_end : end;
        length = (size_t)(line_end - line);
        if (content && is_marker(line, length)) {
            struct place place = {.file = path, .line = number, .column = 1, .length = 3};

            diag_add(diags, DIAG_ERROR, "W2002", place, "a second document begins here")->expected =
                mem_strdup("one document: take this line out, or make it another file");
            return;
        }
        content |= is_content(line, length) || is_marker(line, length);
    }
}

/* The first scalar in a node, in file order. */
static struct fy_node *first_scalar(struct fy_node *node)
{
    while (node && !fy_node_is_scalar(node)) {
        void *at = NULL;

        if (fy_node_is_sequence(node)) {
            node = fy_node_sequence_iterate(node, &at);
        } else {
            struct fy_node_pair *pair = fy_node_mapping_iterate(node, &at);

            node = pair ? fy_node_pair_key(pair) : NULL;
        }
    }
    return node;
}

struct place yaml_place(const char *path, struct fy_node *node)
{
    struct fy_node *scalar = first_scalar(node);
    enum fy_node_style style = scalar ? fy_node_get_style(scalar) : FYNS_PLAIN;
    int quote = style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED; /* not in a token */
    struct fy_token *token = scalar ? fy_node_get_scalar_token(scalar) : NULL;
    const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;
    struct place place = {.file = path};

    if (!start)
        return place;
    place.line = (unsigned)start->line + 1;
    place.column = (unsigned)(start->column + 1 - quote);
    if (end && end->line == start->line && end->column > start->column)
        place.length = (unsigned)(end->column - start->column + 2 * quote);
    return place;
}

const char *yaml_text(struct fy_node *node, size_t *ret_size)
{
    if (!node || !fy_node_is_scalar(node) || fy_node_is_alias(node))
        return NULL;
    return fy_node_get_scalar(node, ret_size);
}

const char *yaml_kind(struct fy_node *node)
{
    if (fy_node_is_null(node))
        return "nothing";
    if (fy_node_is_alias(node))
        return "an alias (they are not taken here)";
    if (fy_node_is_sequence(node))
        return "a list";
    return fy_node_is_mapping(node) ? "a mapping" : "a single value";
}

static char *copy_line(const char *text, size_t size, unsigned line)
{
    const char *at = text, *end = text + size, *line_end;

    while (--line && at < end) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return NULL;
        at++;
    }
    line_end = memchr(at, '\n', (size_t)(end - at));
    return mem_strndup(at, (size_t)((line_end ? line_end : end) - at));
}

void yaml_add_source_lines(
    const char *path, const char *text, size_t size, struct diag_list *diags, size_t from)
{
    for (size_t i = from; i < diags->count; i++) {
        struct diag *diag = &diags->items[i];

        if (diag->line && !diag->source_line && diag->file && !strcmp(diag->file, path))
            diag->source_line = copy_line(text, size, diag->line);
    }
}
