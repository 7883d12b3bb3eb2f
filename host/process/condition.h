/*
 * Conditions on the fields of a log, as upstream's ConditionExp has them:
 *   {"key": "a", "exp": "regular expression", "type": "regex"}
 *   {"operator": "and", "operands": [CONDITION, CONDITION]}    or, not
 * An expression must match the whole field. Belongs to one thread.
 */
#ifndef PROCESS_CONDITION_H
#define PROCESS_CONDITION_H

#include "event/batch.h"
#include "process/failures.h"

#define CONDITION_DEPTH_MAX 32U

struct condition;

/* Of JSON text. NULL with the reason in `why`. */
struct condition *condition_create(struct weir_str json, char *why, size_t why_max);
void condition_destroy(struct condition *condition);
/* Before each batch. */
void condition_renew(const struct condition *condition);
bool condition_holds(
    const struct condition *condition, const struct weir_log *log, struct failures *failures);

#endif
