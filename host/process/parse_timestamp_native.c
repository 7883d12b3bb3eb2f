/* processor_parse_timestamp_native: sets the time of logs from a content. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/clock.h"
#include "base/mem.h"
#include "process/failures.h"
#include "process/filter.h"
#include "process/log_time.h"
#include "process/strptime_format.h"

struct timestamp_options {
    struct weir_str source_key, source_format, source_timezone;
    int64_t source_year;
};

struct timestamp {
    struct processor processor; /* first */
    const struct timestamp_options *options;
    struct failures failures;
    struct zone zone;
    bool epoch; /* the format is "%s" */
    bool nanoseconds;
    struct log_time_cache cache;
    int64_t now_s; /* of this batch */
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct timestamp_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field with the time; it is kept."),
    WEIR_OPTION_STRING_ROW(struct timestamp_options, source_format, "SourceFormat", WEIR_REQUIRED,
        NULL,
        "How the time is written, as for strptime(3); %f is a fraction of a second, %s seconds "
        "since 1970 with what follows as their fraction, %z an offset. What is behind it is not "
        "looked at."),
    WEIR_OPTION_STRING_ROW(struct timestamp_options, source_timezone, "SourceTimezone", 0, "",
        "The zone of times without one: GMT+08:00, GMT-03:30. Empty: this machine's."),
    WEIR_OPTION(struct timestamp_options, source_year, "SourceYear", WEIR_OPTION_INT, 0, "-1", "-1",
        "9999", NULL,
        "The year of times without one; 0 and -1: the one that makes them the latest up to now."),
};

static bool set_zone(struct timestamp *self)
{
    struct weir_str text = self->options->source_timezone;

    self->zone.local = !text.size;
    if (self->zone.local)
        return true;
    if (text.size != 9 || memcmp(text.data, "GMT", 3) != 0 || text.data[6] != ':')
        return false;
    return zone_take_offset((struct weir_str){text.data + 3, 6}, &self->zone.offset_s) == 6;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct timestamp_options *given = context->config->options->values;
    struct timestamp *self = mem_zalloc(sizeof *self);
    char letter;

    self->processor.class = &processor_parse_timestamp_native;
    self->options = given;
    self->epoch = str_equal(given->source_format, str_of("%s"));
    self->nanoseconds = context->global->enable_timestamp_nanosecond;
    failures_init(&self->failures, context);
    if (strptime_format_check(given->source_format, &letter) && set_zone(self))
        return &self->processor;
    if (!strptime_format_check(given->source_format, &letter))
        snprintf(why, why_max, "SourceFormat: %%%c is not known", letter);
    else
        snprintf(why, why_max, "SourceTimezone: \"%s\" is not of the form GMT+08:00",
            given->source_timezone.data);
    free(self);
    return NULL;
}

static void destroy(struct processor *processor)
{
    free(processor);
}

/* Digits behind ten of them are milliseconds and so on. */
static bool parse_epoch(struct weir_str text, struct moment *ret_moment)
{
    struct strptime_parts parts = {0};
    struct weir_str seconds = {text.data, MIN(text.size, (size_t)10)};
    struct weir_str rest = {text.data + seconds.size, text.size - seconds.size};

    if (!strptime_format_parse((struct weir_str){"%s", 2}, seconds, &parts))
        return false;
    ret_moment->s = parts.epoch_s;
    ret_moment->ns =
        strptime_format_parse((struct weir_str){"%f", 2}, rest, &parts) ? parts.civil.ns : 0;
    return true;
}

static bool parse(struct timestamp *self, struct weir_str text, struct moment *ret_moment)
{
    struct strptime_parts parts = {0};

    if (log_time_cached(&self->cache, text)) {
        *ret_moment = self->cache.moment;
        return true;
    }
    if (self->epoch) {
        if (!parse_epoch(text, ret_moment))
            return false;
    } else {
        if (!strptime_format_parse(self->options->source_format, text, &parts))
            return false;
        *ret_moment =
            strptime_moment(&parts, &self->zone, MAX(self->options->source_year, 0), self->now_s);
    }
    log_time_remember(&self->cache, text, *ret_moment);
    return true;
}

/* A log of a time before 1970 is dropped, as upstream does. */
static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct timestamp *self = (struct timestamp *)processor;
    uint32_t source = log_find(log, self->options->source_key);
    struct moment moment;

    (void)batch;
    if (source == log->n_contents)
        return true;
    if (parse(self, log->contents[source].value, &moment)) {
        if (log_time_set(log, moment, self->nanoseconds) || moment.s <= 0)
            return moment.s > 0;
    }
    failures_add(
        &self->failures, true, "a field is not a time of that format", log->contents[source].value);
    return true;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct timestamp *self = (struct timestamp *)processor;

    self->now_s = (int64_t)(clock_wall_ns() / NS_PER_S);
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_parse_timestamp_native = {
    .config = BUILTIN_CONFIG("processor_parse_timestamp_native",
        "Sets the time of logs from a field, by a format of strptime(3).", struct timestamp_options,
        options, &processor_parse_timestamp_native),
    .create = create,
    .process = process,
    .destroy = destroy,
};
