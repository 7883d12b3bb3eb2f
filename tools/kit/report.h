/* What a plan has become, for people and for programs. [control] */
#ifndef KIT_REPORT_H
#define KIT_REPORT_H

#include <stdio.h>
#include "base/buf.h"
#include "kit/plan.h"

/* The facts of a run that stand beside its tasks. */
struct report_facts {
    unsigned level;
    uint64_t seed;
    uint64_t ms; /* that it took */
    bool colour;
};

/* One task, as it is done; then the end, whose last line programs read, too. */
void report_text_task(const struct task *task, const struct report_facts *facts, FILE *file);
void report_text_end(const struct plan *plan, const struct report_facts *facts, FILE *file);

/* In a form that programs read. */
void report_json(const struct plan *plan, const struct report_facts *facts, struct buf *out);
void report_junit(const struct plan *plan, const struct report_facts *facts, struct buf *out);
void report_tap(const struct plan *plan, const struct report_facts *facts, struct buf *out);
void report_sarif(const struct plan *plan, const struct report_facts *facts, struct buf *out);
void report_github(const struct plan *plan, const struct report_facts *facts, struct buf *out);

/* "FLU-03 flusher_acme": what a task is called where there is one name for it. */
void report_name(const struct task *task, struct buf *out);
/* What is to be said of a task, in one text of some lines: reason, stack, waiver. */
void report_words(const struct task *task, struct buf *out);

/* The list of all checks: "text", "json", "markdown" (docs/conformance.md). False: it is
 * none of them. */
bool report_list(const char *format, FILE *file);

#endif
