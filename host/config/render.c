#include "config/render.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "config/findings.h"
#include "config/render_machine.h"
#include "config/snippet.h"

struct painter {
    struct buf out;
    bool colour;
};

#define RESET "\033[0m"
#define BOLD "\033[1m"
#define BLUE "\033[1;34m"

static const char *const severity_colours[] = {
    [DIAG_ERROR] = "\033[1;31m",
    [DIAG_WARNING] = "\033[1;33m",
    [DIAG_NOTE] = "\033[1;36m",
};

static void paint(struct painter *painter, const char *colour)
{
    if (painter->colour)
        buf_puts(&painter->out, colour);
}

static void put_place(struct painter *painter, const struct diag *diag)
{
    paint(painter, BOLD);
    snippet_visible(&painter->out, diag->file ? diag->file : "weir");
    if (diag->line)
        buf_printf(&painter->out, ":%u:%u", diag->line, diag->column);
    buf_puts(&painter->out, ": ");
    paint(painter, RESET);
}

static void put_head(struct painter *painter, const struct diag *diag)
{
    put_place(painter, diag);
    paint(painter, severity_colours[diag->severity]);
    buf_printf(&painter->out, "%s[%s]", findings_severity(diag->severity), diag->code);
    paint(painter, RESET);
    buf_puts(&painter->out, ": ");
    snippet_visible(&painter->out, diag->message);
    buf_putc(&painter->out, '\n');
}

static void put_gutter(struct painter *painter, unsigned line, const char *mark)
{
    paint(painter, BLUE);
    if (line)
        buf_printf(&painter->out, "%5u %s ", line, mark);
    else
        buf_printf(&painter->out, "%5s %s ", "", mark);
    paint(painter, RESET);
}

static void put_source(struct painter *painter, const struct diag *diag)
{
    struct snippet snippet;

    snippet_make(&snippet, diag->source_line, diag->column, diag->length);
    put_gutter(painter, diag->line, "|");
    buf_append(&painter->out, snippet.text.data, snippet.text.size);
    buf_putc(&painter->out, '\n');
    put_gutter(painter, 0, "|");
    for (size_t i = 0; i < snippet.indent; i++)
        buf_putc(&painter->out, ' ');
    paint(painter, severity_colours[diag->severity]);
    buf_putc(&painter->out, '^');
    for (size_t i = 1; i < snippet.underline; i++)
        buf_putc(&painter->out, '~');
    if (diag->suggestion) {
        buf_putc(&painter->out, ' ');
        snippet_visible(&painter->out, diag->suggestion);
    }
    paint(painter, RESET);
    buf_putc(&painter->out, '\n');
    snippet_finish(&snippet);
}

static void put_remark(struct painter *painter, const char *word, const char *text)
{
    put_gutter(painter, 0, "=");
    buf_puts(&painter->out, word);
    snippet_visible(&painter->out, text);
    buf_putc(&painter->out, '\n');
}

static void put_diag(struct painter *painter, const struct diag *diag)
{
    bool has_source = diag->source_line && diag->line;

    put_head(painter, diag);
    if (has_source)
        put_source(painter, diag);
    else if (diag->suggestion)
        put_remark(painter, "", diag->suggestion);
    if (diag->expected)
        put_remark(painter, "expected ", diag->expected);
}

static void put_count(struct buf *out, size_t count, const char *word)
{
    if (!count)
        return;
    if (out->size && out->data[out->size - 1] != '\n')
        buf_puts(out, ", ");
    buf_printf(out, "%zu %s%s", count, word, count == 1 ? "" : "s");
}

/* The code whose explanation helps first: of an error, else of a warning. */
static const char *first_code(const struct diag_list *diags)
{
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i].severity == DIAG_ERROR)
            return diags->items[i].code;
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i].severity == DIAG_WARNING)
            return diags->items[i].code;
    return "";
}

void render_diags_text(const struct diag_list *diags, FILE *file)
{
    struct painter painter = {0};
    const char *no_colour = getenv("NO_COLOR");

    if (!diags->n_errors && !diags->n_warnings)
        return;
    painter.colour = !(no_colour && *no_colour) && isatty(fileno(file));
    for (size_t i = 0; i < diags->count; i++)
        put_diag(&painter, &diags->items[i]);
    put_count(&painter.out, diags->n_errors, "error");
    put_count(&painter.out, diags->n_warnings, "warning");
    if (diags->n_hidden)
        buf_printf(&painter.out, " (%zu of them not shown)", diags->n_hidden);
    buf_printf(&painter.out, "; 'weir explain %s' tells more\n", first_code(diags));
    fwrite(painter.out.data, 1, painter.out.size, file);
    buf_finish(&painter.out);
}

bool render_format_parse(const char *text, enum render_format *ret)
{
    static const char *const names[] = {
        [RENDER_TEXT] = "text",
        [RENDER_JSON] = "json",
        [RENDER_SARIF] = "sarif",
        [RENDER_GITHUB] = "github",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i], text)) {
            *ret = (enum render_format)i;
            return true;
        }
    return false;
}

void render_diags(const struct diag_list *diags, enum render_format format, FILE *file)
{
    SCOPED_BUF struct buf out = {0};

    switch (format) {
    case RENDER_JSON:
        render_json(diags, &out);
        break;
    case RENDER_SARIF:
        render_sarif(diags, &out);
        break;
    case RENDER_GITHUB:
        render_github(diags, &out);
        break;
    case RENDER_TEXT:
    default:
        render_diags_text(diags, file);
        return;
    }
    if (out.size)
        fwrite(out.data, 1, out.size, file);
}
