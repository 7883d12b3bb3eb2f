/* What a type does and its options, from its option table. [control] */
#ifndef CONFIG_DESCRIBE_H
#define CONFIG_DESCRIBE_H

#include "base/buf.h"
#include "config/catalog.h"

/* For people, with an example that can be pasted. */
void describe_text(const struct config_class *class, enum config_section section, struct buf *out);
/* One JSON object: type, section, description, version, options with nested `fields`. */
void describe_json(const struct config_class *class, enum config_section section, struct buf *out);

/* "inputs", "flushers", ... */
const char *describe_section(enum config_section section);

#endif
