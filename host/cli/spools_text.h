/* Spools that no flusher uses, as people read them. Pure. */
#ifndef CLI_SPOOLS_TEXT_H
#define CLI_SPOOLS_TEXT_H

#include <json-c/json.h>
#include "base/buf.h"

/* A table of {"spools": [...], "left_out": n}; nothing when there are none. */
void spools_text(struct json_object *leftovers, struct buf *out);

#endif
