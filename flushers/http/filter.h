/*
 * What FlushInterceptor asks for (ext_groupinfo_filter): which groups are sent, by their
 * tags. A group must meet all conditions. Belongs to one thread at a time.
 */
#ifndef FLUSHERS_HTTP_FILTER_H
#define FLUSHERS_HTTP_FILTER_H

#include "http/options.h"

struct condition;

/* Starts zeroed. */
struct filter {
    struct condition *conditions;
    size_t count;
};

/* 0, or what weir_refuse() gives. */
int filter_init(
    struct filter *filter, const struct http_options *options, struct weir_error *error);
void filter_finish(struct filter *filter);

bool filter_passes(const struct filter *filter, const struct weir_group *group);

#endif
