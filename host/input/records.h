/* Private to lines: the longer way from bytes to logs, for rules that ask for more than
 * a log a line. */
#ifndef INPUT_RECORDS_H
#define INPUT_RECORDS_H

#include "input/lines.h"

/* The logs that have become whole with the newlines in the scratch. NULL: none. */
struct batch *records_take(struct lines *lines);
/* What is held, as logs; nothing of it is held then. NULL: none. */
struct batch *records_rest(struct lines *lines);

#endif
