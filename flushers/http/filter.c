#define PCRE2_CODE_UNIT_WIDTH 8
#include "http/filter.h"

#include <errno.h>
#include <json-c/json.h>
#include <pcre2.h>
#include <stdlib.h>
#include <strings.h>
#include <weir/words.h>

/* Steps for one value; what takes more matches nothing. */
#define STEPS_MAX 1000000U
#define HEAP_KIB_MAX 4096U
/* Conditions of a filter. */
#define CONDITIONS_MAX 256U

struct condition {
    char *key;
    size_t key_size;
    bool reverse; /* must not match */
    pcre2_code *pattern;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

/* As Go reads expressions: text is UTF-8, $ is only the very end. */
static int compile(
    struct condition *condition, const char *text, size_t size, struct weir_error *error)
{
    unsigned char words[160] = "";
    size_t at;
    int code;

    condition->pattern = pcre2_compile((PCRE2_SPTR)text, size,
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &code,
        &at, NULL);
    if (!condition->pattern) {
        pcre2_get_error_message(code, words, sizeof words);
        return weir_refuse(error, 0, "FlushInterceptor: the Pattern of %s: character %zu: %s",
            condition->key, at, (const char *)words);
    }
    condition->match = pcre2_match_data_create(1, NULL);
    condition->context = pcre2_match_context_create(NULL);
    if (!condition->match || !condition->context)
        return weir_refuse(error, ENOMEM, "no memory");
    pcre2_set_match_limit(condition->context, STEPS_MAX);
    pcre2_set_heap_limit(condition->context, HEAP_KIB_MAX);
    return 0;
}

/* {"Pattern": text, "Reverse": bool} */
static int read_condition(
    struct condition *condition, struct json_object *json, struct weir_error *error)
{
    struct json_object *pattern = NULL;

    if (!json_object_is_type(json, json_type_object))
        return weir_refuse(error, 0,
            "FlushInterceptor: the condition of %s is written like {\"Pattern\": \"^a\"}",
            condition->key);
    json_object_object_foreach(json, name, value)
    {
        if (!strcasecmp(name, "Pattern") && json_object_is_type(value, json_type_string))
            pattern = value;
        else if (!strcasecmp(name, "Reverse") && json_object_is_type(value, json_type_boolean))
            condition->reverse = json_object_get_boolean(value);
        else
            return weir_refuse(error, 0,
                "FlushInterceptor: the condition of %s has %s, which is neither a text Pattern "
                "nor a Reverse that is true or false",
                condition->key, name);
    }
    if (!pattern)
        return weir_refuse(
            error, 0, "FlushInterceptor: the condition of %s has no Pattern", condition->key);
    return compile(condition, json_object_get_string(pattern),
        (size_t)json_object_get_string_len(pattern), error);
}

static int add(
    struct filter *filter, const char *key, struct json_object *json, struct weir_error *error)
{
    struct condition *more;

    if (filter->count == CONDITIONS_MAX)
        return weir_refuse(
            error, 0, "FlushInterceptor has more than %u conditions", CONDITIONS_MAX);
    more = realloc(filter->conditions, (filter->count + 1) * sizeof *more);
    if (!more)
        return weir_refuse(error, ENOMEM, "no memory");
    filter->conditions = more;
    more += filter->count;
    *more = (struct condition){.key = strdup(key), .key_size = strlen(key)};
    if (!more->key)
        return weir_refuse(error, ENOMEM, "no memory");
    filter->count++;
    return read_condition(more, json, error);
}

/* A map from tags to conditions, as JSON; "" is none. */
static int read_map(
    struct filter *filter, const char *name, struct weir_str text, struct weir_error *error)
{
    struct json_object *map = text.size ? json_tokener_parse(text.data) : NULL;
    int r = 0;

    if (map && !json_object_is_type(map, json_type_object))
        r = weir_refuse(error, 0,
            "FlushInterceptor: %s is written like {\"tag\": {\"Pattern\": \"^a\"}}", name);
    if (map && r == 0) {
        json_object_object_foreach(map, key, value)
        {
            r = r ? r : add(filter, key, value, error);
        }
    }
    json_object_put(map);
    return r;
}

static struct weir_str choose(struct weir_str first, struct weir_str second)
{
    return first.size ? first : second;
}

int filter_init(struct filter *filter, const struct http_options *options, struct weir_error *error)
{
    const struct flush_interceptor_options *given = &options->flush_interceptor;
    struct weir_str tags = choose(given->options.tags, given->filter.tags);
    struct weir_str metas = choose(given->options.metas, given->filter.metas);
    int r = 0;

    if (given->type == FLUSH_INTERCEPTOR_NONE && (tags.size || metas.size))
        r = weir_refuse(error, 0, "FlushInterceptor has conditions, but no Type");
    if (r == 0)
        r = read_map(filter, "Tags", tags, error);
    if (r == 0)
        r = read_map(filter, "Metas", metas, error);
    if (r)
        filter_finish(filter);
    return r;
}

void filter_finish(struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        pcre2_code_free(filter->conditions[i].pattern);
        pcre2_match_data_free(filter->conditions[i].match);
        pcre2_match_context_free(filter->conditions[i].context);
        free(filter->conditions[i].key);
    }
    free(filter->conditions);
    *filter = (struct filter){0};
}

/* The value of a tag, "" if there is none. */
static struct weir_str find(const struct weir_group *group, const struct condition *condition)
{
    for (uint32_t i = 0; i < group->n_tags; i++) {
        const struct weir_kv *tag = &group->tags[i];

        if (tag->key.size == condition->key_size &&
            (!tag->key.size || !memcmp(tag->key.data, condition->key, tag->key.size)))
            return tag->value;
    }
    return (struct weir_str){"", 0};
}

bool filter_passes(const struct filter *filter, const struct weir_group *group)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct condition *condition = &filter->conditions[i];
        struct weir_str value = find(group, condition);
        int r = pcre2_match(condition->pattern, (PCRE2_SPTR)(value.size ? value.data : ""),
            value.size, 0, 0, condition->match, condition->context);

        if ((r >= 0) == condition->reverse)
            return false;
    }
    return true;
}
