#include "config/render_machine.h"

#include <stdbool.h>
#include <string.h>
#include "config/codes.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static void put_string(struct buf *out, const char *text)
{
    if (text)
        buf_json_string(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    put_string(out, value);
}

void render_json(const struct diag_list *diags, struct buf *out)
{
    buf_printf(out, "{\"errors\":%zu,\"warnings\":%zu,\"diagnostics\":[", diags->n_errors,
        diags->n_warnings);
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];

        buf_printf(out, "%s{\"code\":\"%s\",\"severity\":\"%s\"", i ? ",\n" : "\n", diag->code,
            render_severity(diag->severity));
        put_member(out, "file", diag->file);
        buf_printf(out, ",\"line\":%u,\"column\":%u,\"length\":%u", diag->line, diag->column,
            diag->length);
        put_member(out, "message", diag->message);
        put_member(out, "expected", diag->expected);
        put_member(out, "suggestion", diag->suggestion);
        buf_putc(out, '}');
    }
    buf_puts(out, diags->count ? "\n]}\n" : "]}\n");
}

/* Message, expectation and suggestion as one text. */
static void join(struct buf *out, const struct diag *diag)
{
    buf_puts(out, diag->message);
    if (diag->expected)
        buf_printf(out, "; expected %s", diag->expected);
    if (diag->suggestion)
        buf_printf(out, "; %s", diag->suggestion);
}

/* A relative URI reference (RFC 3986) of a path; absolute paths become file: URIs. */
static void put_uri(struct buf *out, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-._~/";

    buf_putc(out, '"');
    if (path[0] == '/')
        buf_puts(out, "file://");
    for (; *path; path++)
        if (strchr(plain, *path))
            buf_putc(out, *path);
        else
            buf_printf(out, "%%%02X", (unsigned char)*path);
    buf_putc(out, '"');
}

static void put_region(struct buf *out, const struct diag *diag)
{
    unsigned column = diag->column ? diag->column : 1;

    if (!diag->line)
        return;
    buf_printf(out, ",\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endColumn\":%u}",
        diag->line, column, column + (diag->length ? diag->length : 1));
}

static void put_result(struct buf *out, const struct diag *diag)
{
    SCOPED_BUF struct buf text = {0};

    join(&text, diag);
    buf_printf(out, "{\"ruleId\":\"%s\",\"level\":\"%s\",\"message\":{\"text\":", diag->code,
        render_severity(diag->severity));
    put_string(out, buf_text(&text));
    buf_putc(out, '}');
    if (diag->file) {
        buf_puts(out, ",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
        put_uri(out, diag->file);
        buf_putc(out, '}');
        put_region(out, diag);
        buf_puts(out, "}}]");
    }
    buf_putc(out, '}');
}

static bool is_used(const struct diag_list *diags, const char *id)
{
    for (size_t i = 0; i < diags->count; i++)
        if (!strcmp(diags->items[i].code, id))
            return true;
    return false;
}

/* The rules of the codes that occur. */
static void put_rules(struct buf *out, const struct diag_list *diags)
{
    const struct code *code;
    const char *comma = "";

    for (size_t i = 0; (code = code_at(i)); i++) {
        if (!is_used(diags, code->id))
            continue;
        buf_printf(out, "%s\n{\"id\":\"%s\",\"shortDescription\":{\"text\":", comma, code->id);
        put_string(out, code->title);
        buf_puts(out, "},\"fullDescription\":{\"text\":");
        put_string(out, code->cause);
        buf_puts(out, "},\"help\":{\"text\":");
        put_string(out, code->fix);
        buf_puts(out, "}}");
        comma = ",";
    }
}

void render_sarif(const struct diag_list *diags, struct buf *out)
{
    buf_puts(out, "{\"$schema\":\"" SARIF_SCHEMA "\",\"version\":\"2.1.0\",\"runs\":[{"
                  "\"columnKind\":\"unicodeCodePoints\","
                  "\"tool\":{\"driver\":{\"name\":\"weir\",\"rules\":[");
    put_rules(out, diags);
    buf_puts(out, "]}},\"results\":[");
    for (size_t i = 0; i < diags->count; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        put_result(out, &diags->items[i]);
    }
    buf_puts(out, "]}]}\n");
}

/* Escapes as workflow commands want it; properties also ':' and ','. */
static void put_escaped(struct buf *out, const char *text, bool is_property)
{
    for (; *text; text++) {
        bool special = *text == '%' || (unsigned char)*text < 0x20 ||
                       (is_property && (*text == ':' || *text == ','));

        if (special)
            buf_printf(out, "%%%02X", (unsigned char)*text);
        else
            buf_putc(out, *text);
    }
}

void render_github(const struct diag_list *diags, struct buf *out)
{
    static const char *const commands[] = {
        [DIAG_ERROR] = "error",
        [DIAG_WARNING] = "warning",
        [DIAG_NOTE] = "notice",
    };

    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        SCOPED_BUF struct buf text = {0};

        join(&text, diag);
        buf_printf(out, "::%s title=%s", commands[diag->severity], diag->code);
        if (diag->file) {
            buf_puts(out, ",file=");
            put_escaped(out, diag->file, true);
        }
        if (diag->line)
            buf_printf(out, ",line=%u,col=%u", diag->line, diag->column);
        buf_puts(out, "::");
        put_escaped(out, buf_text(&text), false);
        buf_putc(out, '\n');
    }
}
