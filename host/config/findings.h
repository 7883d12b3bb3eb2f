/*
 * What is wrong somewhere, in the forms that other programs read: SARIF, and workflow
 * commands of GitHub. One writer for all commands that find something. [control]
 */
#ifndef CONFIG_FINDINGS_H
#define CONFIG_FINDINGS_H

#include "base/buf.h"
#include "config/diag.h"

/* All texts are borrowed. */
struct finding {
    const char *rule; /* id */
    enum diag_severity severity;
    struct place place; /* file NULL: none; line 0: the file as a whole */
    const char *text;
};

struct finding_rule {
    const char *id, *title, *cause, *fix; /* cause and fix: NULL, not said */
};

struct findings {
    const char *tool; /* "weir" */
    const struct finding_rule *rules;
    size_t n_rules;
    const struct finding *items;
    size_t count;
};

/* One SARIF 2.1.0 document. */
void findings_put_sarif(const struct findings *findings, struct buf *out);
/* One line for each. */
void findings_put_github(const struct findings *findings, struct buf *out);

/* "error", "warning", "note". */
const char *findings_severity(enum diag_severity severity);

#endif
