/* Reports as JSON, JUnit XML and TAP. */
#include "kit/report.h"

#include <string.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const char *subject_name(const struct task *task)
{
    return task->type ? task->type : last_part(task->subject->path);
}

void report_name(const struct task *task, struct buf *out)
{
    buf_printf(out, "%s %s", task->check->id, subject_name(task));
}

void report_words(const struct task *task, struct buf *out)
{
    const struct child_report *report = &task->report;

    buf_puts(out, task->check->asserts);
    if (report->reason && *report->reason)
        buf_printf(out, "\n%s", report->reason);
    if (report->frames)
        buf_printf(out, "\n%s", report->frames);
    if (task_is_waived(task))
        buf_printf(out, "\nwaived until %s: %s", task->waiver->until, task->waiver->reason);
    else if (task_is_bad(task) && task->waiver_expired)
        buf_printf(
            out, "\nits waiver is over since %s: %s", task->waiver->until, task->waiver->reason);
}

/* -- json -- */

static void put_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    if (text && *text)
        buf_json_string(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_task(const struct task *task, struct buf *out)
{
    const struct child_report *report = &task->report;

    buf_printf(out, "{\"check\":\"%s\",\"level\":%u", task->check->id, task->check->level);
    put_member(out, "file", task->subject->path);
    put_member(out, "type", task->type);
    put_member(out, "verdict", verdict_name(report->verdict));
    put_member(out, "skip", skip_name(report->skip));
    put_member(out, "reason", report->reason);
    put_member(out, "note", report->note);
    put_member(out, "stack", report->frames);
    put_member(out, "waived_until", task_is_waived(task) ? task->waiver->until : NULL);
    buf_printf(out, ",\"bad\":%s,\"ms\":%llu}", task_is_bad(task) ? "true" : "false",
        (unsigned long long)report->ms);
}

void report_json(const struct plan *plan, const struct report_facts *facts, struct buf *out)
{
    const struct plan_sums sums = plan_sum(plan);

    buf_printf(out, "{\"weir\":\"" WEIR_VERSION "\",\"level\":%u,\"seed\":%llu,\"ms\":%llu",
        facts->level, (unsigned long long)facts->seed, (unsigned long long)facts->ms);
    buf_printf(out,
        ",\"passed\":%zu,\"warned\":%zu,\"failed\":%zu,\"crashed\":%zu,\"timed_out\":%zu,"
        "\"skipped\":%zu,\"lacking\":%zu,\"waived\":%zu,\"bad\":%zu,\"checks\":[",
        sums.by_verdict[VERDICT_PASS], sums.by_verdict[VERDICT_WARN], sums.by_verdict[VERDICT_FAIL],
        sums.by_verdict[VERDICT_CRASH], sums.by_verdict[VERDICT_TIMEOUT],
        sums.by_verdict[VERDICT_SKIP], sums.lacking, sums.waived, sums.bad);
    for (size_t i = 0; i < plan->n_tasks; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        put_task(&plan->tasks[i], out);
    }
    buf_puts(out, "\n]}\n");
}

/* -- junit -- */

/* Text for XML 1.0, in UTF-8: what may not stand in it becomes '?'. */
static void put_xml(struct buf *out, const char *text)
{
    SCOPED_BUF struct buf good = {0};

    buf_json_string(&good, text, strlen(text)); /* valid UTF-8, control bytes escaped */
    buf_putc(&good, '\0');
    for (const char *at = good.data + 1; at[1]; at++) {
        if (*at == '\\' && at[1] == 'n') {
            buf_putc(out, '\n');
            at++;
        } else if (*at == '\\' && at[1] == 'u') {
            buf_putc(out, '?');
            at += 5;
        } else if (*at == '\\') {
            at++;
            buf_puts(out, *at == '"' ? "&quot;" : *at == '\\' ? "\\" : *at == '/' ? "/" : " ");
        } else {
            switch (*at) {
            case '<':
                buf_puts(out, "&lt;");
                break;
            case '>':
                buf_puts(out, "&gt;");
                break;
            case '&':
                buf_puts(out, "&amp;");
                break;
            default:
                buf_putc(out, *at);
            }
        }
    }
}

static void put_outcome(const struct task *task, struct buf *out)
{
    SCOPED_BUF struct buf words = {0};
    const struct child_report *report = &task->report;
    const char *element =
        task_is_bad(task)
            ? (report->verdict == VERDICT_CRASH || report->verdict == VERDICT_TIMEOUT ? "error"
                                                                                      : "failure")
        : report->verdict == VERDICT_SKIP || task_is_waived(task) ? "skipped"
                                                                  : NULL;

    report_words(task, &words);
    if (!element) {
        buf_puts(out, "/>\n");
        return;
    }
    buf_printf(out, "><%s message=\"", element);
    put_xml(out, report->reason ? report->reason : "");
    if (strcmp(element, "skipped") != 0)
        buf_printf(out, "\" type=\"%s", verdict_name(report->verdict));
    buf_puts(out, "\">");
    put_xml(out, buf_text(&words));
    buf_printf(out, "</%s></testcase>\n", element);
}

static void count_junit(const struct plan *plan, size_t *failures, size_t *errors, size_t *skipped)
{
    *failures = *errors = *skipped = 0;
    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct task *task = &plan->tasks[i];
        const bool error =
            task->report.verdict == VERDICT_CRASH || task->report.verdict == VERDICT_TIMEOUT;

        if (task_is_bad(task))
            ++*(error ? errors : failures);
        else if (task->report.verdict == VERDICT_SKIP || task_is_waived(task))
            ++*skipped;
    }
}

void report_junit(const struct plan *plan, const struct report_facts *facts, struct buf *out)
{
    size_t failures, errors, skipped;

    count_junit(plan, &failures, &errors, &skipped);
    buf_printf(out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        "<testsuite name=\"weir-plugin verify\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
        "skipped=\"%zu\" time=\"%llu.%03llu\">\n",
        plan->n_tasks, failures, errors, skipped, (unsigned long long)(facts->ms / 1000),
        (unsigned long long)(facts->ms % 1000));
    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct task *task = &plan->tasks[i];

        buf_puts(out, "<testcase classname=\"");
        put_xml(out, subject_name(task));
        buf_printf(out, "\" name=\"%s\" time=\"%llu.%03llu\"", task->check->id,
            (unsigned long long)(task->report.ms / 1000),
            (unsigned long long)(task->report.ms % 1000));
        put_outcome(task, out);
    }
    buf_puts(out, "</testsuite>\n</testsuites>\n");
}

/* -- tap -- */

/* Each line as a diagnostic. */
static void put_comment(struct buf *out, const char *text)
{
    while (*text) {
        const size_t size = strcspn(text, "\n");

        buf_printf(out, "# %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

void report_tap(const struct plan *plan, const struct report_facts *facts, struct buf *out)
{
    buf_printf(out, "TAP version 13\n# level %u, seed %llu\n1..%zu\n", facts->level,
        (unsigned long long)facts->seed, plan->n_tasks);
    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct task *task = &plan->tasks[i];
        SCOPED_BUF struct buf words = {0};

        buf_printf(out, "%s %zu - ", task_is_bad(task) ? "not ok" : "ok", i + 1);
        report_name(task, out);
        if (!task_is_bad(task) && task->report.verdict == VERDICT_SKIP)
            buf_printf(out, " # SKIP %s", skip_name(task->report.skip));
        buf_putc(out, '\n');
        report_words(task, &words);
        if (task_is_bad(task) || task->report.verdict == VERDICT_WARN || task_is_waived(task))
            put_comment(out, buf_text(&words));
    }
}
