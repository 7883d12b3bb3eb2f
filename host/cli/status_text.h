/* The answer of the status command as people read it. Pure. */
#ifndef CLI_STATUS_TEXT_H
#define CLI_STATUS_TEXT_H

#include <json-c/json.h>
#include "base/buf.h"

void status_text(struct json_object *status, struct buf *out);

#endif
