/* What became of one check on one plugin or class. [any] */
#ifndef KIT_OUTCOME_H
#define KIT_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum verdict {
    VERDICT_NONE, /* not yet */
    VERDICT_PASS,
    VERDICT_WARN,
    VERDICT_FAIL,
    VERDICT_CRASH,   /* the process died of a signal, or of a sanitizer */
    VERDICT_TIMEOUT, /* it was killed with all that it had started */
    VERDICT_SKIP,
    VERDICT_N,
};

/* Why a check was skipped. */
enum skip {
    SKIP_NONE,
    SKIP_LACKS,   /* a config, a sink, a tool, a right is missing: counts against the plugin */
    SKIP_FOREIGN, /* it is about something this class does not have */
    SKIP_BLOCKED, /* a check before it has failed */
};

/* "PASS" ...; "lacks" ... */
const char *verdict_name(enum verdict verdict);
const char *skip_name(enum skip skip);

/* Whether it makes the exit code 1. */
bool verdict_is_bad(enum verdict verdict, enum skip skip);

#endif
