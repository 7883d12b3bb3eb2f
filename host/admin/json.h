/* Members of JSON answers. A NULL text is null; durations are seconds, to the
 * millisecond. [any] */
#ifndef ADMIN_JSON_H
#define ADMIN_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

void json_put_text(struct json_object *to, const char *key, const char *text);
void json_put_count(struct json_object *to, const char *key, uint64_t number);
void json_put_flag(struct json_object *to, const char *key, bool flag);
void json_put_seconds(struct json_object *to, const char *key, uint64_t ns);

#endif
