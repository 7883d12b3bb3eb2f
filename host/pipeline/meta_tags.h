/*
 * What every group of a pipeline says of the host it comes from: the tag __hostname__,
 * tags from the environment (ALIYUN_LOG_ENV_TAGS names the variables), and the tags of
 * `global`. They come behind the tags of the source, whose keys go before theirs. [loop]
 */
#ifndef PIPELINE_META_TAGS_H
#define PIPELINE_META_TAGS_H

#include "base/host_facts.h"
#include "config/pipeline_config.h"
#include "event/batch.h"

/* Variables, "|" between their names, whose values are tags. */
#define META_TAGS_ENV "ALIYUN_LOG_ENV_TAGS"

struct meta_tags;

struct meta_tags *meta_tags_create(
    const struct global_config *global, const struct host_facts *host);
void meta_tags_destroy(struct meta_tags *tags);

/* Adds them to a batch that has come from an input. With UsingOldContentTag all tags
 * then become contents of each log, "__tag__:" before their keys. */
void meta_tags_add(const struct meta_tags *tags, struct batch *batch);

#endif
