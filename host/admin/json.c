#include "admin/json.h"

#include "base/buf.h"
#include "base/util.h"

struct json_object *json_text(const char *text)
{
    SCOPED_BUF struct buf clean = {0};

    while (*text)
        text += buf_put_character(&clean, text);
    return json_object_new_string(buf_text(&clean));
}

void json_put_text(struct json_object *to, const char *key, const char *text)
{
    json_object_object_add(to, key, text ? json_text(text) : NULL);
}

void json_put_count(struct json_object *to, const char *key, uint64_t number)
{
    json_object_object_add(to, key, json_object_new_uint64(number));
}

void json_put_flag(struct json_object *to, const char *key, bool flag)
{
    json_object_object_add(to, key, json_object_new_boolean(flag));
}

/* To the millisecond. */
void json_put_seconds(struct json_object *to, const char *key, uint64_t ns)
{
    struct json_object *number = json_object_new_double((double)ns / (double)NS_PER_S);

    json_object_set_serializer(
        number, json_object_double_to_json_string, (char *)(uintptr_t) "%.3f", NULL);
    json_object_object_add(to, key, number);
}
