#include "plugin/probe.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include "base/mem.h"

static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"message", offsetof(struct refusal, message)},
    {"field", offsetof(struct refusal, field)},
    {"found", offsetof(struct refusal, found)},
    {"expected", offsetof(struct refusal, expected)},
    {"advice", offsetof(struct refusal, advice)},
};

static char **text_of(const struct refusal *refusal, size_t i)
{
    return (char **)(void *)((char *)(uintptr_t)refusal + texts[i].offset);
}

void probe_put_refusal(const struct refusal *refusal, struct buf *buf)
{
    buf_printf(buf, "{\"refusal\":{\"code\":\"%s\"", refusal->code);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const char *text = *text_of(refusal, i);

        if (!text)
            continue;
        buf_printf(buf, ",\"%s\":", texts[i].key);
        buf_json_string(buf, text, strlen(text));
    }
    buf_puts(buf, "}}\n");
}

static int take_refusal(struct json_object *object, struct refusal *ret_why)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, "code", &value);
    ret_why->code = value ? refusal_code(json_object_get_string(value)) : NULL;
    if (!ret_why->code)
        return -EPROTO;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (json_object_object_get_ex(object, texts[i].key, &value) && value)
            refusal_text(text_of(ret_why, i), "%s", json_object_get_string(value));
    return ret_why->message ? -ENOEXEC : -EPROTO;
}

int probe_take_reply(const char *line, struct descriptor **ret, struct refusal *ret_why)
{
    struct json_object *reply = json_tokener_parse(line), *part = NULL;
    int r = -EPROTO;

    if (!json_object_is_type(reply, json_type_object)) {
        r = -EPROTO;
    } else if (json_object_object_get_ex(reply, "refusal", &part)) {
        r = take_refusal(part, ret_why);
    } else if (json_object_object_get_ex(reply, "descriptor", &part)) {
        *ret = descriptor_from_json(json_object_to_json_string_ext(part, JSON_C_TO_STRING_PLAIN));
        r = *ret ? 0 : -EPROTO;
    }
    json_object_put(reply);
    if (r == -EPROTO)
        refusal_finish(ret_why);
    return r;
}
