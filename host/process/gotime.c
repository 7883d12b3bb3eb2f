/* processor_gotime: reads a time from a content by a layout of Go's and writes it by another. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/failures.h"
#include "process/go_layout.h"
#include "process/log_time.h"

/* Times counted since 1970 are taken from the years 0 up to this one, which can be written
 * in any zone. */
#define YEARS_MAX 1000000

/* What upstream takes for the machine's own zone; hours. */
#define ZONE_OF_MACHINE (-100)

struct gotime_options {
    struct weir_str source_key, source_format, dest_key, dest_format;
    int64_t source_location, dest_location;
    bool set_time, keep_source, no_key_error, alarm_if_fail;
};

struct gotime {
    struct processor processor; /* first */
    const struct gotime_options *options;
    struct failures failures;
    struct go_layout *source, *dest;
    int64_t per_second; /* the source counts so many since 1970; 0: it has a layout */
    struct zone source_zone, dest_zone;
    bool nanoseconds; /* of the pipeline: logs have them */
    struct log_time_cache cache;
    struct weir_str cached; /* in this batch: what was written for the cached text */
    struct buf text;        /* being written */
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct gotime_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field with the time."),
    WEIR_OPTION_STRING_ROW(struct gotime_options, source_format, "SourceFormat", WEIR_REQUIRED,
        NULL,
        "How it is written: a layout of Go's, as 2006-01-02 15:04:05.000 -0700, or one of "
        "seconds, milliseconds, microseconds, nanoseconds, for a number counted since 1970."),
    WEIR_OPTION(struct gotime_options, source_location, "SourceLocation", WEIR_OPTION_INT, 0,
        "-100", "-100", "24", "h",
        "How far the zone of a time without one is ahead of UTC; -100: this machine's zone."),
    WEIR_OPTION_STRING_ROW(
        struct gotime_options, dest_key, "DestKey", WEIR_REQUIRED, NULL, "Key of the new field."),
    WEIR_OPTION_STRING_ROW(struct gotime_options, dest_format, "DestFormat", WEIR_REQUIRED, NULL,
        "The layout to write the time by."),
    WEIR_OPTION(struct gotime_options, dest_location, "DestLocation", WEIR_OPTION_INT, 0, "-100",
        "-100", "24", "h",
        "How far the zone to write it in is ahead of UTC; -100: this machine's zone."),
    WEIR_OPTION_BOOL_ROW(
        struct gotime_options, set_time, "SetTime", "true", "Make it the time of the log, too."),
    WEIR_OPTION_BOOL_ROW(
        struct gotime_options, keep_source, "KeepSource", "true", "Keep the field."),
    WEIR_OPTION_BOOL_ROW(struct gotime_options, no_key_error, "NoKeyError", "true",
        "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct gotime_options, alarm_if_fail, "AlarmIfFail", "true",
        "Report logs whose field is no such time. They are counted in any case."),
};

static int64_t units_per_second(struct weir_str format)
{
    static const struct {
        const char *name;
        int64_t per_second;
    } units[] = {{"seconds", 1}, {"milliseconds", 1000}, {"microseconds", 1000000},
        {"nanoseconds", 1000000000}};

    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (str_equal(format, str_of(units[i].name)))
            return units[i].per_second;
    return 0;
}

static struct zone zone_of(int64_t hours)
{
    return (struct zone){.local = hours == ZONE_OF_MACHINE, .offset_s = (int32_t)(hours * 3600)};
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct gotime_options *given = context->config->options->values;
    struct gotime *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_gotime;
    self->options = given;
    self->per_second = units_per_second(given->source_format);
    self->source = go_layout_create(given->source_format);
    self->dest = go_layout_create(given->dest_format);
    self->source_zone = zone_of(given->source_location);
    self->dest_zone = zone_of(given->dest_location);
    self->nanoseconds = context->global->enable_timestamp_nanosecond;
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct gotime *self = (struct gotime *)processor;

    go_layout_destroy(self->source);
    go_layout_destroy(self->dest);
    buf_finish(&self->text);
    free(self);
}

/* A whole number, with a sign if there is one, in the range of 64 bits. */
static bool parse_number(struct weir_str text, int64_t *ret_number)
{
    bool negative = text.size && text.data[0] == '-';
    size_t i = negative || (text.size && text.data[0] == '+');
    uint64_t number = 0;

    if (i == text.size || text.size - i > 19)
        return false;
    for (; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = 10 * number + (unsigned)(text.data[i] - '0');
    }
    *ret_number = negative ? -(int64_t)number : (int64_t)number;
    return number <= INT64_MAX;
}

static bool parse(struct gotime *self, struct weir_str text, struct moment *ret_moment)
{
    int64_t number, rest;

    if (!self->per_second)
        return go_layout_parse(self->source, text, &self->source_zone, ret_moment);
    if (!parse_number(text, &number))
        return false;
    rest = number % self->per_second;
    *ret_moment = (struct moment){number / self->per_second, 0};
    if (rest < 0) {
        rest += self->per_second;
        ret_moment->s--;
    }
    ret_moment->ns = (uint32_t)(rest * (1000000000 / self->per_second));
    return ret_moment->s >= civil_days(0, 1, 1) * SECONDS_PER_DAY &&
           ret_moment->s < civil_days(YEARS_MAX, 1, 1) * SECONDS_PER_DAY;
}

static struct weir_str written(struct gotime *self, struct batch *batch, struct moment moment)
{
    self->text.size = 0;
    go_layout_format(self->dest, moment, &self->dest_zone, &self->text);
    return batch_copy(batch, (struct weir_str){buf_text(&self->text), self->text.size});
}

/* The moment of the field and the text it becomes. */
static bool convert(struct gotime *self, struct batch *batch, struct weir_str text,
    struct moment *ret_moment, struct weir_str *ret_text)
{
    if (log_time_cached(&self->cache, text)) {
        *ret_moment = self->cache.moment;
    } else {
        if (!parse(self, text, ret_moment))
            return false;
        log_time_remember(&self->cache, text, *ret_moment);
        self->cached.data = NULL;
    }
    if (!self->cached.data || !self->cache.size)
        self->cached = written(self, batch, *ret_moment);
    *ret_text = self->cached;
    return true;
}

static void process_log(
    struct gotime *self, struct batch *batch, struct weir_log *log, struct weir_str key)
{
    uint32_t source = log_find(log, self->options->source_key);
    struct moment moment;
    struct weir_str text;

    if (source == log->n_contents) {
        if (self->options->no_key_error)
            failures_add(
                &self->failures, true, "a log has no field with a time", self->options->source_key);
        return;
    }
    if (!convert(self, batch, log->contents[source].value, &moment, &text)) {
        failures_add(&self->failures, self->options->alarm_if_fail,
            "a field is not a time of that layout", log->contents[source].value);
        return;
    }
    if (self->options->set_time && !log_time_set(log, moment, self->nanoseconds))
        failures_add(&self->failures, self->options->alarm_if_fail,
            "a time is none that a log can have", log->contents[source].value);
    if (!self->options->keep_source)
        log_remove(log, source);
    batch_add_content(batch, log, key, text);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct gotime *self = (struct gotime *)processor;
    struct weir_str key = batch_copy(batch, self->options->dest_key);

    self->cached.data = NULL;
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], key);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_gotime = {
    .config = BUILTIN_CONFIG("processor_gotime",
        "Reads a time by a layout of Go's and writes it by another.", struct gotime_options,
        options, &processor_gotime),
    .create = create,
    .process = process,
    .destroy = destroy,
};
