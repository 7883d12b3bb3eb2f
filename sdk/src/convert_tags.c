#include <weir/words.h>
#include "convert.h"

#define STR(LITERAL) \
    { \
        LITERAL, sizeof LITERAL - 1 \
    }

static const struct weir_str tag_prefix = STR("__tag__:");
static const struct weir_str host_ip = STR("host.ip"), log_topic = STR("log.topic");

/* What upstream calls the tags it makes. In Kubernetes the last three differ. */
static const struct {
    struct weir_str from, to, in_kubernetes;
} names[] = {
    {STR("__path__"), STR("log.file.path"), STR("log.file.path")},
    {STR("__hostname__"), STR("host.name"), STR("host.name")},
    {STR("_node_ip_"), STR("k8s.node.ip"), STR("k8s.node.ip")},
    {STR("_node_name_"), STR("k8s.node.name"), STR("k8s.node.name")},
    {STR("_namespace_"), STR("k8s.namespace.name"), STR("k8s.namespace.name")},
    {STR("_pod_name_"), STR("k8s.pod.name"), STR("k8s.pod.name")},
    {STR("_pod_ip_"), STR("k8s.pod.ip"), STR("k8s.pod.ip")},
    {STR("_pod_uid_"), STR("k8s.pod.uid"), STR("k8s.pod.uid")},
    {STR("_container_name_"), STR("container.name"), STR("k8s.container.name")},
    {STR("_container_ip_"), STR("container.ip"), STR("k8s.container.ip")},
    {STR("_image_name_"), STR("container.image.name"), STR("k8s.container.image.name")},
};

static bool equal(struct weir_str a, struct weir_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

/* Most keys are told by their first byte. */
const struct weir_str *convert_known_name(const struct weir_convert *convert, struct weir_str key)
{
    if (!key.size || key.data[0] != '_')
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (equal(names[i].from, key))
            return convert->kubernetes ? &names[i].in_kubernetes : &names[i].to;
    return NULL;
}

const struct weir_str *convert_renamed(struct weir_str_map map, struct weir_str name)
{
    for (size_t i = 0; i < map.count; i++)
        if (equal(map.items[i].key, name))
            return &map.items[i].value;
    return NULL;
}

static void add_tag(const struct weir_convert *convert, struct pairs *tags, struct weir_str name,
    struct weir_str value)
{
    const struct weir_str *other = convert_renamed(convert->options->tag_rename, name);

    if (!other)
        pairs_add(tags, name, value);
    else if (other->size)
        pairs_add(tags, *other, value);
}

static bool has_prefix(struct weir_str key)
{
    return key.size >= tag_prefix.size && memcmp(key.data, tag_prefix.data, tag_prefix.size) == 0;
}

static struct weir_str without_prefix(struct weir_str key)
{
    return (struct weir_str){key.data + tag_prefix.size, key.size - tag_prefix.size};
}

static void sort_prefixed(struct weir_convert *convert, const struct weir_kv *content)
{
    struct weir_str name = without_prefix(content->key);
    const struct weir_str *known = convert_known_name(convert, name);

    if (weir_str_is(name, "__user_defined_id__"))
        return;
    if (name.size)
        add_tag(convert, &convert->own_tags, known ? *known : name, content->value);
    else
        pairs_add(&convert->contents, content->key, content->value);
}

void convert_sort_content(struct weir_convert *convert, const struct weir_kv *content)
{
    struct weir_str key = content->key;
    const struct weir_str *known;

    if (!key.size || key.data[0] != '_') {
        pairs_add(&convert->contents, key, content->value);
        return;
    }
    if (has_prefix(key)) {
        sort_prefixed(convert, content);
        return;
    }
    known = weir_str_is(key, "__log_topic__") ? &log_topic : convert_known_name(convert, key);
    if (known)
        add_tag(convert, &convert->own_tags, *known, content->value);
    else
        pairs_add(&convert->contents, key, content->value);
}

static bool is_internal(struct weir_str tag)
{
    return weir_str_is(tag, "__pack_id__") || weir_str_is(tag, "__user_defined_id__");
}

void convert_group_tags(struct weir_convert *convert, const struct weir_group *group)
{
    pairs_clear(&convert->group_tags);
    for (uint32_t i = 0; i < group->n_tags; i++) {
        const struct weir_kv *tag = &group->tags[i];
        const struct weir_str *known = convert_known_name(convert, tag->key);

        if (!is_internal(tag->key))
            add_tag(convert, &convert->group_tags, known ? *known : tag->key, tag->value);
    }
    add_tag(convert, &convert->group_tags, host_ip, group->source);
    if (group->topic.size)
        add_tag(convert, &convert->group_tags, log_topic, group->topic);
    pairs_sort(&convert->group_tags);
}

void convert_named_tags(struct weir_convert *convert, const struct weir_group *group)
{
    pairs_clear(&convert->group_tags);
    for (uint32_t i = 0; i < group->n_tags; i++)
        pairs_add(&convert->group_tags, group->tags[i].key, group->tags[i].value);
    pairs_sort(&convert->group_tags);
}
