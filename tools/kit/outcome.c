#include "kit/outcome.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[VERDICT_N] = {
        [VERDICT_NONE] = "NONE",
        [VERDICT_PASS] = "PASS",
        [VERDICT_WARN] = "WARN",
        [VERDICT_FAIL] = "FAIL",
        [VERDICT_CRASH] = "CRASH",
        [VERDICT_TIMEOUT] = "TIMEOUT",
        [VERDICT_SKIP] = "SKIP",
    };

    return names[verdict];
}

const char *skip_name(enum skip skip)
{
    static const char *const names[] = {
        [SKIP_NONE] = "",
        [SKIP_LACKS] = "lacks",
        [SKIP_FOREIGN] = "does not apply",
        [SKIP_BLOCKED] = "blocked",
    };

    return names[skip];
}

bool verdict_is_bad(enum verdict verdict, enum skip skip)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_CRASH || verdict == VERDICT_TIMEOUT ||
           verdict == VERDICT_NONE || (verdict == VERDICT_SKIP && skip == SKIP_LACKS);
}
