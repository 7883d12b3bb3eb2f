/*
 * aggregator_logstore_router: a log goes to the logstore of the first expression that
 * matches all of one of its values; what none matches goes to the pipeline's logstore,
 * or nowhere.
 */
#include <stdio.h>
#include "aggregate/builtin.h"
#include "aggregate/complaint.h"
#include "base/mem.h"
#include "base/pattern.h"

#define NO_ROUTE UINT32_MAX

struct router_options {
    uint64_t max_log_group_count, max_log_count;
    bool pack_flag, drop_dis_match, no_match_error;
    struct weir_str topic, source_key;
    struct weir_str_list router_regex, router_logstore;
};

static const struct weir_option table[] = {
    MAX_LOG_GROUP_COUNT_ROW(struct router_options, max_log_group_count, "4"),
    MAX_LOG_COUNT_ROW(struct router_options, max_log_count, "MaxLogCount"),
    PACK_ID_ROW(struct router_options, pack_flag, "PackFlag"),
    TOPIC_ROW(struct router_options, topic),
    WEIR_OPTION_STRING_ROW(struct router_options, source_key, "SourceKey", 0, "",
        "The key whose value says where a log goes. Empty: the first field."),
    WEIR_OPTION(struct router_options, router_regex, "RouterRegex", WEIR_OPTION_STRING_LIST,
        WEIR_PATTERN, NULL, NULL, NULL, NULL,
        "Regular expressions; the first that matches the whole value counts."),
    WEIR_OPTION(struct router_options, router_logstore, "RouterLogstore", WEIR_OPTION_STRING_LIST,
        0, NULL, NULL, NULL, NULL,
        "The category that groups of these logs get, in the order of RouterRegex."),
    WEIR_OPTION_BOOL_ROW(struct router_options, drop_dis_match, "DropDisMatch", "false",
        "Leave out logs that no expression matches or that lack SourceKey. Otherwise they go to "
        "the pipeline's logstore."),
    WEIR_OPTION_BOOL_ROW(struct router_options, no_match_error, "NoMatchError", "false",
        "Report logs that are left out."),
};

struct by_match {
    struct router router; /* first */
    struct aggregator_context context;
    const struct router_options *options;
    struct pattern **patterns;
    uint32_t n_patterns;
    uint32_t route; /* of the log last looked at */
    struct complaint unmatched, too_hard;
};

/* The value that decides, NULL if there is none. */
static const struct weir_str *deciding_value(
    const struct by_match *self, const struct weir_log *log)
{
    uint32_t at = self->options->source_key.size ? log_find(log, self->options->source_key) : 0;

    return at < log->n_contents ? &log->contents[at].value : NULL;
}

static uint32_t route_of(struct by_match *self, const struct weir_str *value)
{
    for (uint32_t i = 0; i < self->n_patterns; i++) {
        const struct pattern_span *spans;
        enum pattern_result result = pattern_match(self->patterns[i], *value, &spans);

        if (result == PATTERN_MATCH && spans[0].end == value->size)
            return i;
        self->too_hard.n_logs += result == PATTERN_TOO_HARD;
    }
    return NO_ROUTE;
}

static bool find(struct router *router, const struct batch *batch, const struct weir_log *log,
    struct route *ret_route)
{
    struct by_match *self = (struct by_match *)router;
    const struct weir_str *value = deciding_value(self, log);

    (void)batch;
    self->route = value ? route_of(self, value) : NO_ROUTE;
    if (self->route == NO_ROUTE && self->options->drop_dis_match) {
        self->unmatched.n_logs += self->options->no_match_error;
        return false;
    }
    ret_route->key = (struct weir_str){(const char *)&self->route, sizeof self->route};
    if (self->route != NO_ROUTE)
        ret_route->category = self->options->router_logstore.items[self->route];
    return true;
}

static void report(struct router *router)
{
    struct by_match *self = (struct by_match *)router;

    complaint_report(&self->unmatched, &self->context);
    complaint_report(&self->too_hard, &self->context);
    for (uint32_t i = 0; i < self->n_patterns; i++)
        pattern_renew(self->patterns[i]);
}

static void destroy(struct router *router)
{
    struct by_match *self = (struct by_match *)router;

    for (uint32_t i = 0; i < self->n_patterns; i++)
        pattern_destroy(self->patterns[i]);
    free((void *)self->patterns);
    free(self);
}

static int add_patterns(struct by_match *self, char *why, size_t why_max)
{
    const struct weir_str_list *regexes = &self->options->router_regex;

    self->patterns = (struct pattern **)mem_calloc(regexes->count, sizeof *self->patterns);
    for (size_t i = 0; i < regexes->count; i++) {
        char reason[PATTERN_WHY_MAX];

        self->patterns[i] = pattern_create(regexes->items[i], true, reason, sizeof reason);
        if (!self->patterns[i]) {
            snprintf(why, why_max, "RouterRegex, entry %zu: %s", i + 1, reason);
            return -1;
        }
        self->n_patterns++;
    }
    return 0;
}

static struct by_match *create_router(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct router_options *options = context->config->options->values;
    struct by_match *self;

    if (options->router_regex.count != options->router_logstore.count) {
        snprintf(why, why_max, "RouterRegex has %zu entries and RouterLogstore has %zu",
            options->router_regex.count, options->router_logstore.count);
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->router = (struct router){find, report, destroy};
    self->context = *context;
    self->options = options;
    self->unmatched.message = "logs are left out: no route is for them";
    self->too_hard.message = "an expression of RouterRegex took too long; it counts as no match";
    if (!add_patterns(self, why, why_max))
        return self;
    destroy(&self->router);
    return NULL;
}

static struct aggregator *create(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct router_options *options = context->config->options->values;
    struct by_match *self = create_router(context, why, why_max);
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->max_log_count,
        .max_bytes = COLLECT_GROUP_BYTES_MAX,
        .pack_ids = options->pack_flag,
        .pack_by_source = true,
        .topic = options->topic,
        .topic_overrides = true,
    };

    if (!self)
        return NULL;
    settings.router = &self->router;
    return collector_create(&aggregator_logstore_router, context, &settings);
}

const struct aggregator_class aggregator_logstore_router = AGGREGATOR("aggregator_logstore_router",
    "Collects logs by logstore, which regular expressions choose.", struct router_options, table,
    create, &aggregator_logstore_router);
