#include "process/json_flatten.h"

#include <stdio.h>
#include "base/util.h"
#include "process/json_text.h"

/* The most room for new contents that a log is given beforehand. */
#define ROOM_MAX 256U

/* One log being worked on. */
struct flattening {
    struct json_flatten *self;
    struct batch *batch;
    struct weir_log *log;
    struct json_text text;
};

void json_flatten_init(struct json_flatten *flatten)
{
    json_keys_init(&flatten->keys);
}

void json_flatten_finish(struct json_flatten *flatten)
{
    json_keys_finish(&flatten->keys);
}

struct json_path json_flatten_reset(struct json_flatten *flatten, struct weir_str root)
{
    return json_keys_reset(&flatten->keys, root);
}

static void add_content(struct flattening *flattening, struct weir_str key, struct weir_str value)
{
    struct weir_log *log = flattening->log;

    if (log->n_contents == log->reserved)
        batch_reserve(flattening->batch, log, MAX(log->n_contents, 8U));
    log_contents(log)[log->n_contents++] = (struct weir_kv){key, value};
}

/* The string itself; with escapes, what they stand for, in the batch. */
static bool plain_text(
    struct flattening *flattening, const struct json_string *string, struct weir_str *ret_text)
{
    char *text;
    size_t size;

    if (!string->escaped) {
        *ret_text = string->raw;
        return true;
    }
    text = batch_alloc(flattening->batch, string->raw.size);
    if (!json_unescape(string->raw, text, &size))
        return false;
    *ret_text = (struct weir_str){text, size};
    return true;
}

static bool member_path(struct flattening *flattening, const struct json_path *parent,
    unsigned depth, struct weir_str member, struct json_path *ret_path)
{
    const struct json_flatten_options *given = &flattening->self->options;
    bool joined = depth > 1 || !given->ignore_first_connector;

    return json_keys_get(&flattening->self->keys, flattening->batch, parent,
        joined ? given->connector : (struct weir_str){"", 0}, member, ret_path);
}

static bool add_string(struct flattening *flattening, const struct json_path *path)
{
    struct json_string string;
    struct weir_str text;

    if (!json_take_string(&flattening->text, &string) || !plain_text(flattening, &string, &text))
        return false;
    add_content(flattening, path->text, text);
    return true;
}

/* Any value but a string, as its JSON text. */
static bool add_raw(struct flattening *flattening, const struct json_path *path, unsigned depth)
{
    const char *start;

    char c = json_peek(&flattening->text);

    start = flattening->text.at;
    if (!json_take_value(&flattening->text, JSON_DEPTH_MAX - depth))
        return false;
    if (c == 'n' && flattening->self->options.null_is_empty)
        start = flattening->text.at;
    add_content(
        flattening, path->text, (struct weir_str){start, (size_t)(flattening->text.at - start)});
    return true;
}

static bool flatten_object(
    struct flattening *flattening, const struct json_path *path, unsigned depth);

/* key[0], key[1] ...; the text is at the bracket, `depth` is that of the array. */
static bool flatten_array(struct flattening *flattening, const struct json_path *parent,
    struct weir_str key, unsigned depth)
{
    struct json_text *text = &flattening->text;
    char *member = batch_alloc(flattening->batch, key.size + 24);
    size_t index = 0;

    memcpy(member, key.data, key.size);
    text->at++;
    if (json_take(text, ']'))
        return true;
    do {
        int size = snprintf(member + key.size, 24, "[%zu]", index++);
        struct json_path path;
        char c = json_peek(text);

        if (!member_path(flattening, parent, depth,
                (struct weir_str){member, key.size + (size_t)size}, &path))
            return false;
        if (!(c == '{'     ? flatten_object(flattening, &path, depth + 1)
                : c == '"' ? add_string(flattening, &path)
                           : add_raw(flattening, &path, depth)))
            return false;
    } while (json_take(text, ','));
    return json_take(text, ']');
}

/* The value of a member of an object that is `depth` - 1 deep. */
static bool flatten_member(struct flattening *flattening, const struct json_path *parent,
    struct weir_str key, unsigned depth)
{
    const struct json_flatten_options *given = &flattening->self->options;
    char c = json_peek(&flattening->text);
    struct json_path path;

    if (c == '[' && given->expand_array && depth != given->depth)
        return flatten_array(flattening, parent, key, depth);
    if (!member_path(flattening, parent, depth, key, &path))
        return false;
    if (c == '{' && depth != given->depth)
        return flatten_object(flattening, &path, depth + 1);
    return c == '"' ? add_string(flattening, &path) : add_raw(flattening, &path, depth);
}

/* An object whose members are `depth` deep, the outermost ones 1. */
static bool flatten_object(
    struct flattening *flattening, const struct json_path *path, unsigned depth)
{
    struct json_text *text = &flattening->text;
    struct json_string string;
    struct weir_str key;

    if (depth > JSON_DEPTH_MAX || !json_take(text, '{'))
        return false;
    if (json_take(text, '}'))
        return true;
    do {
        if (!json_take_string(text, &string) || !plain_text(flattening, &string, &key) ||
            !json_take(text, ':') || !flatten_member(flattening, path, key, depth))
            return false;
    } while (json_take(text, ','));
    return json_take(text, '}');
}

bool json_flatten(struct json_flatten *flatten, struct batch *batch, struct weir_log *log,
    const struct json_path *root, struct weir_str text)
{
    struct flattening flattening = {flatten, batch, log, {text.data, text.data + text.size}};
    uint32_t n_before = log->n_contents;
    bool complete;

    json_keys_restart(&flatten->keys, text.size);
    batch_reserve(batch, log, MIN(flatten->typical, ROOM_MAX));
    complete = flatten_object(&flattening, root, 1) && !json_peek(&flattening.text) &&
               flattening.text.at == flattening.text.end;
    flatten->typical = log->n_contents - n_before;
    return complete;
}
