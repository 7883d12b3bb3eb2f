#include "kit/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/option_rows.h"
#include "kit/settings.h"
#include "kit/sink.h"
#include "plugin/descriptor.h"

#define PLACE "${verify:"

bool config_given(const struct trial *trial)
{
    return settings_of(trial->settings, trial->type)->config != NULL;
}

/* What stands for a place of the kit; false: there is none of that name. */
static bool put_place(struct trial *trial, const char *name, size_t size, struct buf *out)
{
    const unsigned port = sink_port(trial->sink);
    const char *peer = trial->peer_name ? trial->peer_name : "127.0.0.1";

    if (size == 3 && !strncmp(name, "dir", size) && trial->place)
        buf_printf(out, "%s/%u", trial->folder, trial->place);
    else if (size == 3 && !strncmp(name, "dir", size))
        buf_puts(out, trial->folder);
    else if (size == 3 && !strncmp(name, "url", size) && trial->peer_url)
        buf_puts(out, trial->peer_url);
    else if (size == 3 && !strncmp(name, "url", size))
        buf_printf(out, "http://%s:%u", peer, port);
    else if (size == 7 && !strncmp(name, "address", size))
        buf_printf(out, "%s:%u", peer, port);
    else if (size == 4 && !strncmp(name, "host", size))
        buf_puts(out, peer);
    else if (size == 4 && !strncmp(name, "port", size))
        buf_printf(out, "%u", port);
    else
        return false;
    return true;
}

char *config_fill_places(struct trial *trial, const char *text)
{
    struct buf out = {0};
    const char *at, *end;

    while ((at = strstr(text, PLACE)) && (end = strchr(at, '}'))) {
        const char *name = at + strlen(PLACE);

        buf_append(&out, text, (size_t)(at - text));
        if (!put_place(trial, name, (size_t)(end - name), &out))
            trial_fail(trial,
                "weir-verify.json: there is no ${verify:%.*s}, but dir, url, "
                "address, host, port",
                (int)(end - name), name);
        text = end + 1;
    }
    buf_puts(&out, text);
    return buf_take(&out);
}

/* Whether an option of that name, in whatever depth, is a string. */
static bool is_text(
    const struct weir_option *rows, uint32_t n_rows, uint32_t stride, const char *name)
{
    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, stride, i);

        if (row->type == WEIR_OPTION_STRING && !strcasecmp(row->name, name))
            return true;
        if (row->n_fields && is_text(row->fields, row->n_fields, stride, name))
            return true;
    }
    return false;
}

/* A port alone is a number, unless the option `key` is a string. */
static struct json_object *fill_string(struct trial *trial, const char *key, const char *text)
{
    const struct config_class *class = &trial_class(trial)->config;
    SCOPED_FREE char *filled = config_fill_places(trial, text);

    if (!strcmp(text, PLACE "port}") &&
        !is_text(class->options, class->n_options, class->option_stride, key))
        return json_object_new_int64(strtoll(filled, NULL, 10));
    return json_object_new_string(filled);
}

static struct json_object *fill_value(
    struct trial *trial, const char *key, struct json_object *value)
{
    struct json_object *copy;

    switch (json_object_get_type(value)) {
    case json_type_string:
        return fill_string(trial, key, json_object_get_string(value));
    case json_type_array:
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(value); i++)
            json_object_array_add(
                copy, fill_value(trial, key, json_object_array_get_idx(value, i)));
        return copy;
    case json_type_object:
        copy = json_object_new_object();
        {
            json_object_object_foreach(value, member_key, member)
            {
                json_object_object_add(copy, member_key, fill_value(trial, member_key, member));
            }
        }
        return copy;
    default:
        return json_object_get(value);
    }
}

/* -- made up -- */

static struct json_object *value_from_text(const struct weir_option *row, const char *text)
{
    if (!text)
        return NULL;
    return option_wants_json(row->type) ? option_parse_json(text) : json_object_new_string(text);
}

static struct json_object *made_up_object(const struct weir_option *row, uint32_t stride)
{
    struct json_object *object = json_object_new_object();

    for (uint32_t i = 0; i < row->n_fields; i++) {
        const struct weir_option *field = option_row(row->fields, stride, i);

        if (field->flags & WEIR_REQUIRED)
            json_object_object_add(object, field->name, config_value_for(field, stride));
    }
    return object;
}

static struct json_object *in_array(struct json_object *value)
{
    struct json_object *array = json_object_new_array();

    json_object_array_add(array, value);
    return array;
}

static struct json_object *made_up(const struct weir_option *row, uint32_t stride)
{
    struct json_object *object;

    switch (row->type) {
    case WEIR_OPTION_BOOL:
        return json_object_new_boolean(1);
    case WEIR_OPTION_INT:
    case WEIR_OPTION_UINT:
    case WEIR_OPTION_FLOAT:
        return json_object_new_int64(1);
    case WEIR_OPTION_SIZE:
        return json_object_new_string("1KiB");
    case WEIR_OPTION_DURATION:
        return json_object_new_string("1s");
    case WEIR_OPTION_ENUM:
        return json_object_new_string(row->choices[0]);
    case WEIR_OPTION_STRING_LIST:
        return in_array(json_object_new_string("verify"));
    case WEIR_OPTION_STRING_MAP:
        object = json_object_new_object();
        json_object_object_add(object, "verify", json_object_new_string("verify"));
        return object;
    case WEIR_OPTION_OBJECT:
        return made_up_object(row, stride);
    case WEIR_OPTION_OBJECT_LIST:
        return in_array(made_up_object(row, stride));
    case WEIR_OPTION_JSON:
        return json_object_new_object();
    default:
        return json_object_new_string("verify");
    }
}

struct json_object *config_value_for(const struct weir_option *row, uint32_t stride)
{
    struct json_object *value = value_from_text(row, row->example);

    if (!value)
        value = option_default_json(row);
    if (!value)
        value = value_from_text(row, row->min);
    return value ? value : made_up(row, stride);
}

static struct json_object *made_up_config(struct trial *trial)
{
    const struct config_class *class = &trial_class(trial)->config;
    struct json_object *object = json_object_new_object();

    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);

        if (row->flags & WEIR_REQUIRED)
            json_object_object_add(object, row->name, config_value_for(row, class->option_stride));
    }
    return object;
}

struct json_object *config_object(struct trial *trial)
{
    const struct class_settings *class = settings_of(trial->settings, trial->type);

    return class->config ? fill_value(trial, "", class->config) : made_up_config(trial);
}

char *config_print(struct json_object *object)
{
    return mem_strdup(json_object_to_json_string_ext(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *config_text(struct trial *trial)
{
    struct json_object *object = config_object(trial);
    char *text = config_print(object);

    json_object_put(object);
    return text;
}

/* The key as it is written there; NULL: there is none. */
static const char *find_key(struct json_object *object, const char *name)
{
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        if (!strcasecmp(key, name))
            return key;
    }
    return NULL;
}

bool config_has(struct json_object *object, const char *name)
{
    return find_key(object, name) != NULL;
}

struct json_object *config_get(struct json_object *object, const char *name)
{
    const char *key = find_key(object, name);

    return key ? json_object_object_get(object, key) : NULL;
}

void config_remove(struct json_object *object, const char *name)
{
    const char *key = find_key(object, name);

    if (key)
        json_object_object_del(object, key);
}

void config_set(struct json_object *object, const char *name, struct json_object *value)
{
    const char *key = find_key(object, name);

    json_object_object_add(object, key ? key : name, value);
}
