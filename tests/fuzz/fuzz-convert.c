/*
 * Upstream's protocols, compared with a slow and plain model: what a log's contents and tags
 * are is computed here once more, and the JSON is read by json-c. Lines of influxdb are
 * looked at for their form. Templates are read and filled in.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <weir/convert.h>
#include <weir/template.h>
#include <weir/words.h>

#include "pieces.h"
#include "repair.h"

#define PAIRS_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pairs that are there once each, the later value wins. */
struct model {
    struct weir_kv pairs[3 * PAIRS_MAX];
    size_t n;
};

struct given {
    struct weir_kv contents[PAIRS_MAX], tags[PAIRS_MAX], renames[PAIRS_MAX];
    uint32_t n_contents, n_tags;
    size_t n_renames;
    struct weir_str topic, source;
    struct weir_buffer keys; /* memory of keys, which json-c wants without NULs */
};

static bool same(struct weir_str a, struct weir_str b)
{
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

static int compare(struct weir_str a, struct weir_str b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++)
        if (a.data[i] != b.data[i])
            return (unsigned char)a.data[i] < (unsigned char)b.data[i] ? -1 : 1;
    return a.size < b.size ? -1 : a.size > b.size;
}

static void put(struct model *model, struct weir_str key, struct weir_str value)
{
    size_t i = 0;

    while (i < model->n && !same(model->pairs[i].key, key))
        i++;
    model->pairs[i] = (struct weir_kv){key, value};
    model->n += i == model->n;
}

/* Names of half of the keys, so that they mean something and meet. */
static struct weir_str make_key(struct given *given, struct pieces *pieces)
{
    static const char *const known[] = {"__tag__:a", "a", "__path__", "__tag__:__path__",
        "log.file.path", "__log_topic__", "log.topic", "host.ip", "time", "tags",
        "__tag__:", "_pod_name_", "__tag__:__user_defined_id__", "__pack_id__", "__name__",
        "__value__", "__labels__", "__time_nano__", "__type__", "__field__", "content"};
    uint8_t choice = pieces_byte(pieces);
    struct weir_str text;
    size_t from = given->keys.size;

    if (choice < sizeof known / sizeof known[0])
        return weir_str_of(known[choice]);
    text = pieces_text(pieces);
    for (size_t i = 0; i < text.size; i++)
        weir_buffer_append_byte(&given->keys, text.data[i] ? text.data[i] : '0');
    return (struct weir_str){given->keys.data + from, text.size};
}

static uint32_t make_pairs(struct given *given, struct weir_kv *pairs, struct pieces *pieces)
{
    uint32_t n = pieces_byte(pieces) % PAIRS_MAX;

    for (uint32_t i = 0; i < n; i++) {
        pairs[i].key = make_key(given, pieces);
        pairs[i].value = pieces_text(pieces);
    }
    return n;
}

/* -- the model -- */

static struct weir_str known_name(struct weir_str key)
{
    static const char *const names[][2] = {{"__path__", "log.file.path"},
        {"__hostname__", "host.name"}, {"_node_ip_", "k8s.node.ip"},
        {"_node_name_", "k8s.node.name"}, {"_namespace_", "k8s.namespace.name"},
        {"_pod_name_", "k8s.pod.name"}, {"_pod_ip_", "k8s.pod.ip"}, {"_pod_uid_", "k8s.pod.uid"},
        {"_container_name_", "container.name"}, {"_container_ip_", "container.ip"},
        {"_image_name_", "container.image.name"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (same(key, weir_str_of(names[i][0])))
            return weir_str_of(names[i][1]);
    return (struct weir_str){0};
}

static void put_tag(
    const struct given *given, struct model *tags, struct weir_str name, struct weir_str value)
{
    for (size_t i = 0; i < given->n_renames; i++) {
        if (!same(given->renames[i].key, name))
            continue;
        if (given->renames[i].value.size)
            put(tags, given->renames[i].value, value);
        return;
    }
    put(tags, name, value);
}

static void model_content(const struct given *given, const struct weir_kv *content,
    struct model *contents, struct model *tags)
{
    struct weir_str key = content->key, name = known_name(key);
    const size_t prefix = strlen("__tag__:");

    if (same(key, weir_str_of("__tag__:__user_defined_id__")))
        return;
    if (same(key, weir_str_of("__log_topic__")))
        name = weir_str_of("log.topic");
    if (key.size > prefix && !memcmp(key.data, "__tag__:", prefix)) {
        struct weir_str rest = {key.data + prefix, key.size - prefix};

        name = known_name(rest);
        if (!name.size)
            name = rest;
    }
    if (name.size)
        put_tag(given, tags, name, content->value);
    else
        put(contents, key, content->value);
}

static void make_model(const struct given *given, struct model *contents, struct model *tags)
{
    for (uint32_t i = 0; i < given->n_contents; i++)
        model_content(given, &given->contents[i], contents, tags);
    for (uint32_t i = 0; i < given->n_tags; i++) {
        struct weir_str key = given->tags[i].key, name = known_name(key);

        if (!same(key, weir_str_of("__pack_id__")) &&
            !same(key, weir_str_of("__user_defined_id__")))
            put_tag(given, tags, name.size ? name : key, given->tags[i].value);
    }
    put_tag(given, tags, weir_str_of("host.ip"), given->source);
    if (given->topic.size)
        put_tag(given, tags, weir_str_of("log.topic"), given->topic);
}

static void add_string(struct json_object *object, struct weir_kv pair)
{
    struct weir_buffer key = {0}, value = {0};

    repair(&key, pair.key);
    repair(&value, pair.value);
    weir_buffer_append_byte(&key, '\0');
    json_object_object_add(object, key.data,
        json_object_new_string_len(value.size ? value.data : "", (int)value.size));
    weir_buffer_finish(&key);
    weir_buffer_finish(&value);
}

/* In the order of keys: where two are one after repair, the second stays. */
static struct json_object *object_of(struct model *model)
{
    struct json_object *object = json_object_new_object();

    for (size_t i = 0; i < model->n; i++) {
        size_t least = i;
        struct weir_kv pair;

        for (size_t j = i + 1; j < model->n; j++)
            if (compare(model->pairs[j].key, model->pairs[least].key) < 0)
                least = j;
        pair = model->pairs[least];
        model->pairs[least] = model->pairs[i];
        model->pairs[i] = pair;
        add_string(object, pair);
    }
    return object;
}

static struct json_object *expect_single(const struct given *given, uint32_t time_s)
{
    struct model contents = {.n = 0}, tags = {.n = 0};
    struct json_object *object = json_object_new_object();

    make_model(given, &contents, &tags);
    json_object_object_add(object, "contents", object_of(&contents));
    json_object_object_add(object, "tags", object_of(&tags));
    json_object_object_add(object, "time", json_object_new_int64(time_s));
    return object;
}

static struct json_object *expect_flat(const struct given *given, uint32_t time_s)
{
    struct model contents = {.n = 0}, tags = {.n = 0};
    struct json_object *object;

    make_model(given, &contents, &tags);
    for (size_t i = 0; i < tags.n; i++)
        put(&contents, tags.pairs[i].key, tags.pairs[i].value);
    put(&contents, weir_str_of("time"), weir_str_of("here"));
    object = object_of(&contents);
    json_object_object_add(object, "time", json_object_new_int64(time_s));
    return object;
}

/* -- what came -- */

static struct json_object *parse(const struct weir_buffer *text)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *value;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    value = json_tokener_parse_ex(tokener, text->data, (int)text->size + 1);
    CHECK(json_tokener_get_error(tokener) == json_tokener_success);
    CHECK(json_tokener_get_parse_end(tokener) == text->size);
    json_tokener_free(tokener);
    return value;
}

static void check_json(const struct weir_buffer *out, struct json_object *expected)
{
    struct json_object *found = parse(out);

    CHECK(json_object_equal(found, expected));
    /* The same order, too: json-c keeps that of the text. */
    CHECK(!strcmp(json_object_to_json_string(found), json_object_to_json_string(expected)));
    json_object_put(found);
    json_object_put(expected);
}

/* series, a space, field=value, maybe a space and a time, a newline: no other of these. */
static void check_line(const struct weir_buffer *out)
{
    bool quoted = false;
    int n_spaces = 0;

    CHECK(out->size > 4 && out->data[out->size - 1] == '\n');
    for (size_t i = 0; i + 1 < out->size; i++) {
        char c = out->data[i];

        if (c == '\\') {
            i++;
            CHECK(i + 1 < out->size);
        } else if (c == '"' && (quoted || (i && out->data[i - 1] == '='))) {
            quoted = n_spaces == 1 ? !quoted : quoted;
        } else if (!quoted) {
            CHECK(c != '\n');
            n_spaces += c == ' ';
        }
    }
    CHECK(!quoted && (n_spaces == 1 || n_spaces == 2));
}

static void check_protocol(const struct given *given, uint32_t protocol, uint32_t time_s)
{
    struct weir_convert_options options = {
        .protocol = protocol, .tag_rename = {given->renames, given->n_renames}};
    struct weir_group group = {.tags = given->tags,
        .n_tags = given->n_tags,
        .topic = given->topic,
        .source = given->source};
    struct weir_log log = {
        .time_s = time_s, .contents = given->contents, .n_contents = given->n_contents};
    struct weir_convert *convert = weir_convert_create(&options);
    struct weir_buffer out = {0};
    const char *why;

    weir_convert_group(convert, &group);
    why = weir_convert_log(convert, &log, &out);
    weir_convert_find(convert, weir_str_of("tag.a"));
    weir_convert_find(convert, weir_str_of("content.a"));
    CHECK(!why || !out.size);
    weir_buffer_append_byte(&out, '\0');
    CHECK(!out.failed);
    out.size--;
    if (protocol == WEIR_CONVERT_CUSTOM_SINGLE)
        check_json(&out, expect_single(given, time_s));
    else if (protocol <= WEIR_CONVERT_JSONLINE)
        check_json(&out, expect_flat(given, time_s));
    else if (protocol == WEIR_CONVERT_INFLUXDB && !why)
        check_line(&out);
    weir_buffer_finish(&out);
    weir_convert_destroy(convert);
}

static const struct weir_str *find_nothing(void *owner, struct weir_str name)
{
    (void)owner;
    CHECK(name.size);
    return NULL;
}

static void check_template(struct weir_str text)
{
    struct weir_template made = {0};
    struct weir_buffer out = {0};
    const char *why = NULL;

    if (weir_template_parse(&made, text, &why) != 0) {
        CHECK(why);
        return;
    }
    weir_template_append(&made, &out, find_nothing, NULL);
    CHECK(out.size <= text.size);
    if (text.size && !memchr(text.data, '\\', text.size) && !memmem(text.data, text.size, "%{", 2))
        CHECK(same(text, (struct weir_str){out.data, out.size}));
    weir_buffer_finish(&out);
    weir_template_finish(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pieces pieces = {data, size};
    struct given given = {.n_contents = 0};
    uint32_t time_s;

    /* Keys lie in memory that must not move. */
    CHECK(weir_buffer_reserve(&given.keys, size + 1));
    time_s = (uint32_t)pieces_byte(&pieces) << 24 | pieces_byte(&pieces);
    given.topic = pieces_text(&pieces);
    given.source = pieces_text(&pieces);
    given.n_contents = make_pairs(&given, given.contents, &pieces);
    given.n_tags = make_pairs(&given, given.tags, &pieces);
    given.n_renames = make_pairs(&given, given.renames, &pieces);
    for (size_t i = 0; i < given.n_renames; i++) /* they become keys */
        if (given.renames[i].value.size &&
            memchr(given.renames[i].value.data, '\0', given.renames[i].value.size))
            given.renames[i].value = weir_str_of("renamed");
    for (uint32_t protocol = 0; protocol <= WEIR_CONVERT_RAW; protocol++)
        check_protocol(&given, protocol, time_s);
    check_template((struct weir_str){(const char *)data, size});
    weir_buffer_finish(&given.keys);
    return 0;
}
