#include "config/findings.h"

#include <stdbool.h>
#include <string.h>

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

const char *findings_severity(enum diag_severity severity)
{
    static const char *const words[] = {
        [DIAG_ERROR] = "error",
        [DIAG_WARNING] = "warning",
        [DIAG_NOTE] = "note",
    };

    return words[severity];
}

static void put_string(struct buf *out, const char *text)
{
    buf_json_string(out, text, strlen(text));
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

static void put_region(struct buf *out, struct place place)
{
    const unsigned column = place.column ? place.column : 1;

    if (!place.line)
        return;
    buf_printf(out, ",\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endColumn\":%u}",
        place.line, column, column + (place.length ? place.length : 1));
}

static void put_result(struct buf *out, const struct finding *finding)
{
    buf_puts(out, "{\"ruleId\":");
    put_string(out, finding->rule);
    buf_printf(
        out, ",\"level\":\"%s\",\"message\":{\"text\":", findings_severity(finding->severity));
    put_string(out, finding->text);
    buf_putc(out, '}');
    if (finding->place.file) {
        buf_puts(out, ",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
        put_uri(out, finding->place.file);
        buf_putc(out, '}');
        put_region(out, finding->place);
        buf_puts(out, "}}]");
    }
    buf_putc(out, '}');
}

static void put_rule_text(struct buf *out, const char *member, const char *text)
{
    if (!text)
        return;
    buf_printf(out, ",\"%s\":{\"text\":", member);
    put_string(out, text);
    buf_putc(out, '}');
}

static void put_rule(struct buf *out, const struct finding_rule *rule)
{
    buf_puts(out, "{\"id\":");
    put_string(out, rule->id);
    put_rule_text(out, "shortDescription", rule->title);
    put_rule_text(out, "fullDescription", rule->cause);
    put_rule_text(out, "help", rule->fix);
    buf_putc(out, '}');
}

void findings_put_sarif(const struct findings *findings, struct buf *out)
{
    buf_puts(out, "{\"$schema\":\"" SARIF_SCHEMA "\",\"version\":\"2.1.0\",\"runs\":[{"
                  "\"columnKind\":\"unicodeCodePoints\",\"tool\":{\"driver\":{\"name\":");
    put_string(out, findings->tool);
    buf_puts(out, ",\"version\":\"" WEIR_VERSION "\",\"rules\":[");
    for (size_t i = 0; i < findings->n_rules; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        put_rule(out, &findings->rules[i]);
    }
    buf_puts(out, "]}},\"results\":[");
    for (size_t i = 0; i < findings->count; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        put_result(out, &findings->items[i]);
    }
    buf_puts(out, "]}]}\n");
}

/* Escapes as workflow commands want it; properties also ':' and ','. */
static void put_escaped(struct buf *out, const char *text, bool is_property)
{
    for (; *text; text++) {
        const bool special = *text == '%' || (unsigned char)*text < 0x20 ||
                             (is_property && (*text == ':' || *text == ','));

        if (special)
            buf_printf(out, "%%%02X", (unsigned char)*text);
        else
            buf_putc(out, *text);
    }
}

void findings_put_github(const struct findings *findings, struct buf *out)
{
    static const char *const commands[] = {
        [DIAG_ERROR] = "error",
        [DIAG_WARNING] = "warning",
        [DIAG_NOTE] = "notice",
    };

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        buf_printf(out, "::%s title=", commands[finding->severity]);
        put_escaped(out, finding->rule, true);
        if (finding->place.file) {
            buf_puts(out, ",file=");
            put_escaped(out, finding->place.file, true);
        }
        if (finding->place.line)
            buf_printf(out, ",line=%u,col=%u", finding->place.line, finding->place.column);
        buf_puts(out, "::");
        put_escaped(out, finding->text, false);
        buf_putc(out, '\n');
    }
}
