/* What an option table becomes in JSON Schema. For schema.c. [control] */
#ifndef CONFIG_SCHEMA_OPTION_H
#define CONFIG_SCHEMA_OPTION_H

#include <json-c/json.h>
#include "config/catalog.h"

/* An object with the options of the class; {"properties", "required", ...}. The
 * caller's reference. */
struct json_object *schema_of_class(const struct config_class *class);

/* Whether a file without any of the class's options is wrong. */
bool schema_class_needs(const struct config_class *class);

/* {"type": TYPE}, and {"pattern": PATTERN} if it is not NULL. The caller's. */
struct json_object *schema_typed(const char *type, const char *pattern);
/* object[key] = text. */
void schema_put(struct json_object *object, const char *key, const char *text);
/* Only the listed properties, $schema and x-... are allowed. */
void schema_close(struct json_object *object);

#endif
