#include "convert.h"

#include <stdlib.h>
#include <strings.h>
#include <weir/json.h>
#include <weir/words.h>

static const char *const member_names[CONVERT_N_MEMBERS] = {
    [CONVERT_TIME] = "time", [CONVERT_CONTENTS] = "contents", [CONVERT_TAGS] = "tags"};

static bool starts_with(struct weir_str text, const char *prefix, struct weir_str *ret_rest)
{
    size_t size = strlen(prefix);

    if (text.size < size || memcmp(text.data, prefix, size) != 0)
        return false;
    *ret_rest = (struct weir_str){text.data + size, text.size - size};
    return true;
}

/* Where upstream has it from. */
static bool in_kubernetes(void)
{
    const char *flag = getenv("ALICLOUD_LOG_K8S_FLAG");

    return flag && (strcasecmp(flag, "true") == 0 || strcmp(flag, "1") == 0);
}

static struct weir_str member_key(const struct weir_convert_options *options, int kind)
{
    struct weir_str name = weir_str_of(member_names[kind]);
    const struct weir_str *other = convert_renamed(options->protocol_rename, name);

    return other ? *other : name;
}

/* Takes its place by key; where keys meet, the later kind stays. */
static void add_member(struct weir_convert *convert, int kind)
{
    struct convert_member member = {.key = member_key(convert->options, kind), .kind = kind};
    size_t at = 0, n = convert->n_members;
    int r = 1;

    while (at < n && (r = str_compare(member.key, convert->members[at].key)) > 0)
        at++;
    if (at < n && r == 0) {
        convert->members[at].kind = kind;
        return;
    }
    weir_json_string_go(&member.text, member.key);
    weir_buffer_append_byte(&member.text, ':');
    memmove(&convert->members[at + 1], &convert->members[at], (n - at) * sizeof member);
    convert->members[at] = member;
    convert->n_members++;
}

static bool members_failed(const struct weir_convert *convert)
{
    bool failed = false;

    for (size_t i = 0; i < convert->n_members; i++)
        failed |= convert->members[i].text.failed;
    return failed;
}

struct weir_convert *weir_convert_create(const struct weir_convert_options *options)
{
    struct weir_convert *convert = calloc(1, sizeof *convert);

    if (!convert)
        return NULL;
    convert->options = options;
    convert->kubernetes = in_kubernetes();
    for (int kind = 0; kind < CONVERT_N_MEMBERS; kind++)
        add_member(convert, kind);
    if (!members_failed(convert))
        return convert;
    weir_convert_destroy(convert);
    return NULL;
}

void weir_convert_destroy(struct weir_convert *convert)
{
    if (!convert)
        return;
    for (size_t i = 0; i < convert->n_members; i++)
        weir_buffer_finish(&convert->members[i].text);
    pairs_finish(&convert->group_tags);
    weir_buffer_finish(&convert->tags_object);
    pairs_finish(&convert->contents);
    pairs_finish(&convert->own_tags);
    pairs_finish(&convert->tags);
    pairs_finish(&convert->all);
    pairs_finish(&convert->labels);
    free(convert);
}

static void append_object(struct weir_buffer *out, const struct pairs *pairs)
{
    weir_buffer_append_byte(out, '{');
    weir_json_members_go(out, pairs_items(pairs), pairs_count(pairs));
    weir_buffer_append_byte(out, '}');
}

static bool is_json(uint32_t protocol)
{
    return protocol <= WEIR_CONVERT_JSONLINE;
}

void weir_convert_group(struct weir_convert *convert, const struct weir_group *group)
{
    convert->group = group;
    if (!is_json(convert->options->protocol)) {
        convert_named_tags(convert, group);
        return;
    }
    convert_group_tags(convert, group);
    weir_buffer_clear(&convert->tags_object);
    append_object(&convert->tags_object, &convert->group_tags);
    pairs_clear(&convert->tags);
}

/* The tags of the log: mostly those of the group and no others. */
static const struct pairs *log_tags(struct weir_convert *convert)
{
    if (!pairs_count(&convert->own_tags))
        return &convert->group_tags;
    pairs_clear(&convert->tags);
    pairs_merge(&convert->tags, &convert->own_tags, &convert->group_tags);
    return &convert->tags;
}

static const struct pairs *take_apart(struct weir_convert *convert, const struct weir_log *log)
{
    pairs_clear(&convert->contents);
    pairs_clear(&convert->own_tags);
    for (uint32_t i = 0; i < log->n_contents; i++)
        convert_sort_content(convert, &log->contents[i]);
    pairs_sort(&convert->contents);
    pairs_sort(&convert->own_tags);
    return log_tags(convert);
}

static void append_member(struct weir_convert *convert, const struct convert_member *member,
    const struct pairs *tags, const struct weir_log *log, struct weir_buffer *out)
{
    weir_buffer_append(out, member->text.data, member->text.size);
    if (member->kind == CONVERT_TIME)
        weir_buffer_append_uint(out, log->time_s);
    else if (member->kind == CONVERT_CONTENTS)
        append_object(out, &convert->contents);
    else if (tags == &convert->group_tags)
        weir_buffer_append(out, convert->tags_object.data, convert->tags_object.size);
    else
        append_object(out, tags);
}

static void append_single(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out)
{
    const struct pairs *tags = take_apart(convert, log);

    for (size_t i = 0; i < convert->n_members; i++) {
        weir_buffer_append_byte(out, i ? ',' : '{');
        append_member(convert, &convert->members[i], tags, log, out);
    }
    weir_buffer_append_byte(out, '}');
}

static const struct pairs *without_time(struct weir_convert *convert, const struct pairs *tags)
{
    if (convert->options->only_contents || !pairs_count(tags))
        return &convert->contents;
    pairs_clear(&convert->all);
    pairs_merge(&convert->all, &convert->contents, tags);
    return &convert->all;
}

static void append_time(struct weir_buffer *out, struct weir_str key, const struct weir_log *log)
{
    if (out->size && out->data[out->size - 1] != '{')
        weir_buffer_append_byte(out, ',');
    weir_json_string_go(out, key);
    weir_buffer_append_byte(out, ':');
    weir_buffer_append_uint(out, log->time_s);
}

/* The pairs in front of the time, the time, the others. */
static void append_flat(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out)
{
    const struct pairs *pairs = without_time(convert, take_apart(convert, log));
    struct weir_str key = member_key(convert->options, CONVERT_TIME);
    const struct weir_kv *items = pairs_items(pairs);
    size_t n = pairs_count(pairs), before = 0, behind;

    while (before < n && str_compare(items[before].key, key) < 0)
        before++;
    behind = before + (before < n && str_compare(items[before].key, key) == 0);
    weir_buffer_append_byte(out, '{');
    weir_json_members_go(out, items, before);
    append_time(out, key, log);
    if (behind < n)
        weir_json_members_go(out, items + behind, n - behind);
    weir_buffer_append_byte(out, '}');
}

static const char *append_raw(const struct weir_log *log, struct weir_buffer *out)
{
    const struct weir_str *content = weir_log_get(log, "content");

    if (!content)
        return "the log has no field `content`, which is all that protocol raw sends";
    weir_buffer_append_str(out, *content);
    return NULL;
}

static bool out_of_memory(const struct weir_convert *convert)
{
    return convert->group_tags.memory.failed || convert->tags_object.failed ||
           convert->contents.memory.failed || convert->own_tags.memory.failed ||
           convert->tags.memory.failed || convert->all.memory.failed ||
           convert->labels.memory.failed;
}

const char *weir_convert_log(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out)
{
    const char *why = NULL;

    switch (convert->options->protocol) {
    case WEIR_CONVERT_CUSTOM_SINGLE:
        append_single(convert, log, out);
        break;
    case WEIR_CONVERT_INFLUXDB:
        why = convert_influx(convert, log, out);
        break;
    case WEIR_CONVERT_RAW:
        why = append_raw(log, out);
        break;
    case WEIR_CONVERT_PROMETHEUS:
        why = convert_prometheus(convert, log, out);
        break;
    default:
        append_flat(convert, log, out);
    }
    out->failed |= out_of_memory(convert);
    return why;
}

static const struct weir_str *find_named_tag(
    const struct weir_convert *convert, struct weir_str name)
{
    const struct pairs *tags =
        pairs_count(&convert->own_tags) ? &convert->tags : &convert->group_tags;
    const struct weir_str *value = pairs_find(tags, name);
    const struct weir_str *other =
        value ? NULL : convert_renamed(convert->options->tag_rename, name);

    return other ? pairs_find(tags, *other) : value;
}

/* Also by the key that upstream makes the tag of, as its own page has it. */
static const struct weir_str *find_tag(const struct weir_convert *convert, struct weir_str name)
{
    const struct weir_str *value = find_named_tag(convert, name);
    const struct weir_str *known = value ? NULL : convert_known_name(convert, name);

    return known ? find_named_tag(convert, *known) : value;
}

/* By the names that upstream has for them: tag.x for the group's tag __tag__:x. */
static const struct weir_str *find_influx(
    const struct weir_convert *convert, struct weir_str selector)
{
    static const char prefix[] = "__tag__:";
    struct weir_str name;

    if (!starts_with(selector, "tag.", &name))
        return pairs_find(&convert->group_tags, selector);
    for (size_t i = 0; i < pairs_count(&convert->group_tags); i++) {
        const struct weir_kv *tag = &pairs_items(&convert->group_tags)[i];
        struct weir_str rest;

        if (starts_with(tag->key, prefix, &rest) && str_compare(rest, name) == 0)
            return &tag->value;
    }
    return pairs_find(&convert->group_tags, selector);
}

static const struct weir_str *find_raw(const struct weir_convert *convert, struct weir_str selector)
{
    static const struct weir_str none = {"", 0};
    const struct weir_str *value;
    struct weir_str name;

    if (!starts_with(selector, "tag.", &name) && !starts_with(selector, "metadata.", &name))
        return NULL;
    value = pairs_find(&convert->group_tags, name);
    return value ? value : &none;
}

const struct weir_str *weir_convert_find(struct weir_convert *convert, struct weir_str selector)
{
    struct weir_str name;

    switch (convert->options->protocol) {
    case WEIR_CONVERT_INFLUXDB:
        return find_influx(convert, selector);
    case WEIR_CONVERT_RAW:
    case WEIR_CONVERT_PROMETHEUS:
        return find_raw(convert, selector);
    default:
        if (starts_with(selector, "content.", &name))
            return pairs_find(&convert->contents, name);
        return starts_with(selector, "tag.", &name) ? find_tag(convert, name) : NULL;
    }
}

bool weir_convert_selects(uint32_t protocol, struct weir_str selector)
{
    struct weir_str name;

    if (protocol == WEIR_CONVERT_INFLUXDB || starts_with(selector, "tag.", &name))
        return true;
    return starts_with(selector, is_json(protocol) ? "content." : "metadata.", &name);
}
