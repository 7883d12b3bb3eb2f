#include "kit/report.h"

#include <stdlib.h>
#include <string.h>

#define RESET "\033[0m"
#define OUTPUT_LINES_MAX 20 /* shown of what a failed check printed */

static const char *const colours[VERDICT_N] = {
    [VERDICT_PASS] = "\033[32m",
    [VERDICT_WARN] = "\033[33m",
    [VERDICT_FAIL] = "\033[31m",
    [VERDICT_CRASH] = "\033[31m",
    [VERDICT_TIMEOUT] = "\033[31m",
    [VERDICT_SKIP] = "\033[36m",
};

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Each line of a text, indented; control bytes made visible. */
static void put_lines(const char *head, const char *text, size_t lines_max, FILE *file)
{
    for (size_t n = 0; *text && n < lines_max; n++) {
        const size_t size = strcspn(text, "\n");

        fprintf(file, "        %s", head);
        for (size_t i = 0; i < size; i++) {
            const unsigned char byte = (unsigned char)text[i];

            if (byte < ' ' || byte == 0x7f)
                fprintf(file, "\\x%02x", byte);
            else
                fputc(byte, file);
        }
        fputc('\n', file);
        text += size + (text[size] == '\n');
    }
}

static void put_reason(const struct task *task, FILE *file)
{
    const struct child_report *report = &task->report;

    if (report->reason && *report->reason)
        put_lines("", report->reason, SIZE_MAX, file);
    if (report->verdict == VERDICT_SKIP || report->verdict == VERDICT_PASS)
        return;
    if (report->frames)
        put_lines("at ", report->frames, SIZE_MAX, file);
    if (report->output && report->verdict != VERDICT_WARN)
        put_lines("| ", report->output, OUTPUT_LINES_MAX, file);
}

static void put_waiver(const struct task *task, FILE *file)
{
    if (task_is_waived(task))
        fprintf(file, "        waived until %s: %s\n", task->waiver->until, task->waiver->reason);
    else if (task_is_bad(task) && task->waiver_expired)
        fprintf(file, "        its waiver is over since %s: %s\n", task->waiver->until,
            task->waiver->reason);
}

void report_text_task(const struct task *task, const struct report_facts *facts, FILE *file)
{
    const struct child_report *report = &task->report;
    const char *name = task->type ? task->type : last_part(task->subject->path);

    fprintf(file, "%s%-7s%s %-6s  %s", facts->colour ? colours[report->verdict] : "",
        verdict_name(report->verdict), facts->colour ? RESET : "", task->check->id, name);
    if (report->verdict == VERDICT_SKIP)
        fprintf(file, ": %s\n", skip_name(report->skip));
    else
        fprintf(file, ": %s (%llu ms)\n", report->note ? report->note : task->check->asserts,
            (unsigned long long)report->ms);
    put_reason(task, file);
    put_waiver(task, file);
    fflush(file);
}

static void put_how_to(const struct plan *plan, const struct report_facts *facts, FILE *file)
{
    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct task *task = &plan->tasks[i];

        if (!task_is_bad(task) || task->report.skip == SKIP_LACKS)
            continue;
        fprintf(
            file, "\nTo look into it:\n  gdb --args weir-plugin verify %s", task->subject->path);
        if (task->subject->settings->path)
            fprintf(file, " --config %s", task->subject->settings->path);
        fprintf(file, " --include %s --seed %llu --in-process\n", task->check->id,
            (unsigned long long)facts->seed);
        return;
    }
}

void report_text_end(const struct plan *plan, const struct report_facts *facts, FILE *file)
{
    const struct plan_sums sums = plan_sum(plan);

    put_how_to(plan, facts, file);
    fprintf(file, "\n");
    if (sums.waived || sums.lacking || sums.expired)
        fprintf(file,
            "%zu excused by a waiver, %zu lack something, %zu have a waiver that is over\n",
            sums.waived, sums.lacking, sums.expired);
    fprintf(file, "level %u, seed %llu, %llu.%03llu s\n", facts->level,
        (unsigned long long)facts->seed, (unsigned long long)(facts->ms / 1000),
        (unsigned long long)(facts->ms % 1000));
    fprintf(file, "%zu passed, %zu warned, %zu failed, %zu crashed, %zu timed out, %zu skipped\n",
        sums.by_verdict[VERDICT_PASS], sums.by_verdict[VERDICT_WARN], sums.by_verdict[VERDICT_FAIL],
        sums.by_verdict[VERDICT_CRASH], sums.by_verdict[VERDICT_TIMEOUT],
        sums.by_verdict[VERDICT_SKIP] + sums.by_verdict[VERDICT_NONE]);
}
