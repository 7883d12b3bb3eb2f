#include "config/render_machine.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "config/codes.h"
#include "config/findings.h"

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
            findings_severity(diag->severity));
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

static bool is_used(const struct diag_list *diags, const char *id)
{
    for (size_t i = 0; i < diags->count; i++)
        if (!strcmp(diags->items[i].code, id))
            return true;
    return false;
}

/* The rules of the codes that occur; the caller frees them. */
static struct finding_rule *make_rules(const struct diag_list *diags, size_t *ret_n)
{
    struct finding_rule *rules = NULL;
    size_t capacity = 0;
    const struct code *code;

    *ret_n = 0;
    for (size_t i = 0; (code = code_at(i)); i++) {
        if (!is_used(diags, code->id))
            continue;
        MEM_GROW(rules, *ret_n, capacity);
        rules[(*ret_n)++] = (struct finding_rule){code->id, code->title, code->cause, code->fix};
    }
    return rules;
}

/* The caller frees the items and their texts. */
static struct finding *make_findings(const struct diag_list *diags)
{
    struct finding *findings = mem_calloc(diags->count + 1, sizeof *findings);

    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        struct buf text = {0};

        join(&text, diag);
        findings[i] = (struct finding){.rule = diag->code,
            .severity = diag->severity,
            .place = {diag->file, diag->line, diag->column, diag->length},
            .text = buf_take(&text)};
    }
    return findings;
}

static void put_findings(const struct diag_list *diags, struct buf *out,
    void (*put)(const struct findings *findings, struct buf *out))
{
    size_t n_rules = 0;
    struct finding_rule *rules = make_rules(diags, &n_rules);
    struct finding *items = make_findings(diags);
    const struct findings findings = {"weir", rules, n_rules, items, diags->count};

    put(&findings, out);
    for (size_t i = 0; i < diags->count; i++)
        free((void *)(uintptr_t)items[i].text);
    free(items);
    free(rules);
}

void render_sarif(const struct diag_list *diags, struct buf *out)
{
    put_findings(diags, out, findings_put_sarif);
}

void render_github(const struct diag_list *diags, struct buf *out)
{
    put_findings(diags, out, findings_put_github);
}
