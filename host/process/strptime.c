/* processor_strptime: sets the time of logs from a content, by a format of strptime(3). */
#include "process/builtin.h"

#include <stdio.h>
#include "base/clock.h"
#include "base/mem.h"
#include "process/failures.h"
#include "process/log_time.h"
#include "process/strptime_format.h"

/* What upstream takes for an offset that is not set. */
#define OFFSET_UNSET (15 * 3600)
#define OFFSET_MIN (-12 * 3600)
#define OFFSET_MAX (14 * 3600)

enum unit { UNIT_MS, UNIT_US, UNIT_NS };

struct strptime_options {
    struct weir_str source_key, format, precise_timestamp_key;
    bool keep_source, adjust_utc_offset, alarm_if_fail, enable_precise_timestamp;
    int64_t utc_offset;
    uint32_t precise_timestamp_unit;
};

struct strptime_processor {
    struct processor processor; /* first */
    const struct strptime_options *options;
    struct failures failures;
    struct zone zone;
    bool nanoseconds; /* of the pipeline: logs have them */
    bool epoch;       /* the format is "%s" */
    int64_t shift_s;  /* taken off what has a zone of its own, as upstream does */
    struct log_time_cache cache;
};

static const char *const units[] = {"ms", "us", "ns", NULL};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct strptime_options, source_key, "SourceKey", 0, "time",
        "Key of the field with the time."),
    WEIR_OPTION_STRING_ROW(struct strptime_options, format, "Format", WEIR_REQUIRED, NULL,
        "How the time is written, as for strptime(3); %f is a fraction of a second, %s seconds "
        "since 1970, %z an offset. What follows is not looked at. Without a year, it is the one "
        "that makes the time the latest up to now."),
    WEIR_OPTION_BOOL_ROW(
        struct strptime_options, keep_source, "KeepSource", "true", "Keep the field."),
    WEIR_OPTION_BOOL_ROW(struct strptime_options, adjust_utc_offset, "AdjustUTCOffset", "false",
        "Take the time for one of the zone UTCOffset, not of this machine's. A time with an "
        "offset of its own is moved by UTCOffset."),
    WEIR_OPTION(struct strptime_options, utc_offset, "UTCOffset", WEIR_OPTION_INT, 0, "54000", NULL,
        NULL, "s", "How far the zone is ahead of UTC, -43200 to 50400; 54000 says nothing."),
    WEIR_OPTION_BOOL_ROW(struct strptime_options, alarm_if_fail, "AlarmIfFail", "true",
        "Report logs whose field is no such time. They are counted in any case."),
    WEIR_OPTION_BOOL_ROW(struct strptime_options, enable_precise_timestamp,
        "EnablePreciseTimestamp", "false", "Add the time as a field, too."),
    WEIR_OPTION_STRING_ROW(struct strptime_options, precise_timestamp_key, "PreciseTimestampKey", 0,
        "precise_timestamp", "Key of that field."),
    WEIR_OPTION_ENUM_ROW(struct strptime_options, precise_timestamp_unit, "PreciseTimestampUnit",
        units, "ms", "What that field counts since 1970: milli-, micro- or nanoseconds."),
};

static bool contains(struct weir_str text, const char *what)
{
    return memmem(text.data, text.size, what, strlen(what));
}

static void set_zone(struct strptime_processor *self)
{
    const struct strptime_options *given = self->options;
    bool own = contains(given->format, "%z") || contains(given->format, "%Z");

    self->zone.local = !given->adjust_utc_offset || given->utc_offset == OFFSET_UNSET;
    if (self->zone.local)
        return;
    self->zone.offset_s = (int32_t)given->utc_offset;
    if (own || self->epoch)
        self->shift_s = given->utc_offset;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct strptime_options *given = context->config->options->values;
    struct strptime_processor *self;
    char letter;

    if (!strptime_format_check(given->format, &letter)) {
        snprintf(why, why_max, "Format: %%%c is not known", letter);
        return NULL;
    }
    if (given->adjust_utc_offset && given->utc_offset != OFFSET_UNSET &&
        (given->utc_offset < OFFSET_MIN || given->utc_offset > OFFSET_MAX)) {
        snprintf(why, why_max, "UTCOffset: %jd s is no offset of a zone, which are -12 h to 14 h",
            (intmax_t)given->utc_offset);
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_strptime;
    self->options = given;
    self->nanoseconds = context->global->enable_timestamp_nanosecond;
    self->epoch = str_equal(given->format, str_of("%s"));
    set_zone(self);
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    free(processor);
}

static bool parse(
    struct strptime_processor *self, struct weir_str text, int64_t now_s, struct moment *ret_moment)
{
    struct strptime_parts parts = {0};

    if (log_time_cached(&self->cache, text)) {
        *ret_moment = self->cache.moment;
        return true;
    }
    if (self->epoch) /* what upstream looks at: milliseconds may follow */
        text.size = MIN(text.size, (size_t)10);
    if (!strptime_format_parse(self->options->format, text, &parts))
        return false;
    *ret_moment = strptime_moment(&parts, &self->zone, 0, now_s);
    if (parts.has_offset || parts.has_epoch)
        ret_moment->s -= self->shift_s;
    if (!self->epoch)
        log_time_remember(&self->cache, text, *ret_moment);
    return true;
}

/* Adds the field with the time as a number. */
static void add_precise(struct strptime_processor *self, struct batch *batch, struct weir_log *log,
    struct weir_str key, struct moment moment)
{
    static const struct {
        int digits;
        uint32_t ns;
    } by_unit[] = {{3, 1000000}, {6, 1000}, {9, 1}};
    uint32_t unit = self->options->precise_timestamp_unit;
    char text[40];
    int size = snprintf(text, sizeof text, "%jd%0*u", (intmax_t)moment.s, by_unit[unit].digits,
        moment.ns / by_unit[unit].ns);

    batch_add_content(batch, log, key, batch_copy(batch, (struct weir_str){text, (size_t)size}));
}

static void process_log(struct strptime_processor *self, struct batch *batch, struct weir_log *log,
    struct weir_str key, int64_t now_s)
{
    uint32_t source = log_find(log, self->options->source_key);
    struct moment moment;

    if (source == log->n_contents)
        return;
    if (!parse(self, log->contents[source].value, now_s, &moment) ||
        !log_time_set(log, moment, self->nanoseconds)) {
        failures_add(&self->failures, self->options->alarm_if_fail,
            "a field is not a time of that format", log->contents[source].value);
        return;
    }
    if (!self->options->keep_source)
        log_remove(log, source);
    if (self->options->enable_precise_timestamp)
        add_precise(self, batch, log, key, moment);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct strptime_processor *self = (struct strptime_processor *)processor;
    struct weir_str key = batch_copy(batch, self->options->precise_timestamp_key);
    int64_t now_s = (int64_t)(clock_wall_ns() / NS_PER_S);

    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], key, now_s);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_strptime = {
    .config = BUILTIN_CONFIG("processor_strptime",
        "Sets the time of logs from a field, by a format of strptime(3).", struct strptime_options,
        options, &processor_strptime),
    .create = create,
    .process = process,
    .destroy = destroy,
};
