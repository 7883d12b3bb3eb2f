/* Members of JSON answers. A NULL text is null; durations are seconds, to the
 * millisecond. [any] */
#ifndef ADMIN_JSON_H
#define ADMIN_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* A string of its own; what is no UTF-8 in it becomes U+FFFD. */
struct json_object *json_text(const char *text);

void json_put_text(struct json_object *to, const char *key, const char *text);
void json_put_count(struct json_object *to, const char *key, uint64_t number);
void json_put_flag(struct json_object *to, const char *key, bool flag);
void json_put_seconds(struct json_object *to, const char *key, uint64_t ns);

#endif
