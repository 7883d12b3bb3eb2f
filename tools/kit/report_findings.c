/* Reports by the writer that `weir check` uses, too: SARIF and GitHub's commands. */
#include "kit/report.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "config/findings.h"

/* Whether a task is worth a finding, and how grave it is. */
static bool is_finding(const struct task *task, enum diag_severity *ret_severity)
{
    *ret_severity = task_is_bad(task) ? DIAG_ERROR : DIAG_WARNING;
    return task_is_bad(task) || task->report.verdict == VERDICT_WARN || task_is_waived(task);
}

static bool is_used(const struct plan *plan, const struct check *check)
{
    enum diag_severity severity;

    for (size_t i = 0; i < plan->n_tasks; i++)
        if (plan->tasks[i].check == check && is_finding(&plan->tasks[i], &severity))
            return true;
    return false;
}

/* The caller frees it. */
static struct finding_rule *make_rules(const struct plan *plan, size_t *ret_n)
{
    struct finding_rule *rules = NULL;
    size_t capacity = 0;
    const struct check *check;

    *ret_n = 0;
    for (size_t i = 0; (check = check_at(i)); i++) {
        if (!is_used(plan, check))
            continue;
        MEM_GROW(rules, *ret_n, capacity);
        rules[(*ret_n)++] = (struct finding_rule){check->id, check->asserts, NULL, NULL};
    }
    return rules;
}

static char *make_text(const struct task *task)
{
    struct buf text = {0};

    buf_printf(&text, "%s: ", verdict_name(task->report.verdict));
    report_name(task, &text);
    buf_puts(&text, ": ");
    report_words(task, &text);
    return buf_take(&text);
}

static void put(const struct plan *plan, struct buf *out,
    void (*write)(const struct findings *findings, struct buf *out))
{
    struct findings findings = {.tool = "weir-plugin"};
    struct finding_rule *rules = make_rules(plan, &findings.n_rules);
    struct finding *items = mem_calloc(plan->n_tasks + 1, sizeof *items);

    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct task *task = &plan->tasks[i];
        enum diag_severity severity;

        if (!is_finding(task, &severity))
            continue;
        items[findings.count++] = (struct finding){.rule = task->check->id,
            .severity = severity,
            .place = {.file = task->subject->path},
            .text = make_text(task)};
    }
    findings.rules = rules;
    findings.items = items;
    write(&findings, out);
    for (size_t i = 0; i < findings.count; i++)
        free((void *)(uintptr_t)items[i].text);
    free(items);
    free(rules);
}

void report_sarif(const struct plan *plan, const struct report_facts *facts, struct buf *out)
{
    (void)facts;
    put(plan, out, findings_put_sarif);
}

void report_github(const struct plan *plan, const struct report_facts *facts, struct buf *out)
{
    (void)facts;
    put(plan, out, findings_put_github);
}
