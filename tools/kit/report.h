/* What a plan has become, for people and for programs. [control] */
#ifndef KIT_REPORT_H
#define KIT_REPORT_H

#include <stdio.h>
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

/* The list of all checks: "text", "json", "markdown" (docs/conformance.md). False: it is
 * none of them. */
bool report_list(const char *format, FILE *file);

#endif
