/* What the files of the converter share: convert.c (life, JSON), convert_tags.c (contents
 * and tags), convert_influx.c (line protocol), convert_prometheus.c (remote write). */
#ifndef SDK_CONVERT_H
#define SDK_CONVERT_H

#include <weir/convert.h>
#include "metric.h"
#include "pairs.h"

/* A member of the outermost object, as it is renamed. */
struct convert_member {
    struct weir_str key;
    struct weir_buffer text; /* "key": */
    int kind;                /* CONVERT_TIME ... */
};

enum { CONVERT_TIME, CONVERT_CONTENTS, CONVERT_TAGS, CONVERT_N_MEMBERS };

struct weir_convert {
    const struct weir_convert_options *options;
    bool kubernetes; /* containers have k8s names */
    const struct weir_group *group;

    struct convert_member members[CONVERT_N_MEMBERS]; /* sorted by key */
    size_t n_members;                                 /* fewer when renaming makes them meet */

    struct pairs group_tags;        /* sorted; of influxdb and raw: as selectors name them */
    struct weir_buffer tags_object; /* {...} of group_tags */
    struct pairs contents;          /* of the log, sorted */
    struct pairs own_tags;          /* of the log; with those of the group in `tags` */
    struct pairs tags, all;
    struct pairs labels; /* of influxdb and prometheus */
    char words[METRIC_WORDS_MAX];
};

/* convert_tags.c: where a content goes: contents, own_tags, or nowhere. */
void convert_sort_content(struct weir_convert *convert, const struct weir_kv *content);
void convert_group_tags(struct weir_convert *convert, const struct weir_group *group);
/* For the other protocols: tags by the names that selectors have for them. */
void convert_named_tags(struct weir_convert *convert, const struct weir_group *group);
/* The name of the tag that upstream makes of a key such as __path__; NULL: of another. */
const struct weir_str *convert_known_name(const struct weir_convert *convert, struct weir_str key);
/* What a renaming makes of a name; NULL: it is not renamed. */
const struct weir_str *convert_renamed(struct weir_str_map map, struct weir_str name);

/* convert_influx.c, convert_prometheus.c */
const char *convert_prometheus(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out);
const char *convert_influx(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out);

#endif
