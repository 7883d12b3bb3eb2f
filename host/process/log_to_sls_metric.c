/* processor_log_to_sls_metric: makes metrics of logs. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/keys.h"
#include "process/labels.h"

#define LABELS_MAX 1024U /* of one log */

struct sls_metric_options {
    struct weir_str metric_time_key;
    struct weir_str_list metric_label_keys;
    struct weir_str_map metric_values, custom_metric_labels;
    bool ignore_error;
};

struct sls_metric {
    struct processor processor; /* first */
    const struct sls_metric_options *options;
    struct failures failures;
    struct labels labels;
    struct weir_str *names, *values; /* of the current log, by pair of MetricValues */
    bool *label_found;               /* by one of MetricLabelKeys */
};

/* One log being worked on. */
struct reading {
    struct sls_metric *self;
    const struct weir_log *log;
    struct weir_str time; /* digits, as they are in the log */
    uint32_t n_labels;    /* of MetricLabelKeys */
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct sls_metric_options, metric_time_key, "MetricTimeKey", 0, "",
        "Key of the field with the time: seconds, milli-, micro- or nanoseconds since 1970, told "
        "apart by 10, 13, 16 or 19 digits. Empty: the time of the log."),
    WEIR_OPTION(struct sls_metric_options, metric_label_keys, "MetricLabelKeys",
        WEIR_OPTION_STRING_LIST, 0, NULL, NULL, NULL, NULL,
        "Keys of the fields that become labels; a log must have all of them. Those of a field "
        "__labels__ are added."),
    WEIR_OPTION(struct sls_metric_options, metric_values, "MetricValues", WEIR_OPTION_STRING_MAP,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "For each metric to make of a log the key of the field with its name, and the key of the "
        "field with its value."),
    WEIR_OPTION(struct sls_metric_options, custom_metric_labels, "CustomMetricLabels",
        WEIR_OPTION_STRING_MAP, 0, NULL, NULL, NULL, NULL, "Labels that all metrics get."),
    WEIR_OPTION_BOOL_ROW(struct sls_metric_options, ignore_error, "IgnoreError", "false",
        "Do not report logs that make no metric. They are counted and dropped in any case."),
};

static bool is_name(struct weir_str text, bool colon)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c != '_' && !(colon && c == ':') && (unsigned)((c | 0x20) - 'a') >= 26 &&
            !(i && c >= '0' && c <= '9'))
            return false;
    }
    return text.size;
}

/* Whether a text may be the value of a label. */
static bool is_label_value(struct weir_str text)
{
    return !text.size ||
           (!memchr(text.data, LABELS_BETWEEN[0], text.size) &&
               !memmem(text.data, text.size, LABELS_INSIDE, sizeof LABELS_INSIDE - 1));
}

static size_t skip_digits(struct weir_str text, size_t at)
{
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

static bool is_word(struct weir_str text, size_t at, const char *word)
{
    return text.size - at == strlen(word) && !strncasecmp(text.data + at, word, text.size - at);
}

/* A number in decimal, or one of the words for what is none. */
static bool is_number(struct weir_str text)
{
    size_t at = text.size && (text.data[0] == '+' || text.data[0] == '-'), start = at, n_digits;

    if (is_word(text, at, "inf") || is_word(text, at, "infinity") || is_word(text, at, "nan"))
        return true;
    at = skip_digits(text, at);
    n_digits = at - start;
    if (at < text.size && text.data[at] == '.') {
        start = ++at;
        at = skip_digits(text, at);
        n_digits += at - start;
    }
    if (n_digits && at < text.size && (text.data[at] | 0x20) == 'e') {
        at++;
        at += at < text.size && (text.data[at] == '+' || text.data[at] == '-');
        start = at;
        at = skip_digits(text, at);
        n_digits = at - start;
    }
    return n_digits && at == text.size;
}

/* Whether a key is taken that was not before; `seen` has room for it. */
static bool once(struct weir_str *seen, size_t *n_seen, struct weir_str key)
{
    if (keys_find(seen, *n_seen, key) < *n_seen)
        return false;
    seen[(*n_seen)++] = key;
    return true;
}

/* The words of what is wrong with the options, NULL: nothing. */
static const char *wrong(const struct sls_metric_options *given, struct weir_str *seen)
{
    const struct weir_str_map *custom = &given->custom_metric_labels,
                              *values = &given->metric_values;
    size_t n_seen = 1;

    seen[0] = str_of("__labels__");
    if (!given->metric_label_keys.count && !custom->count)
        return "neither MetricLabelKeys nor CustomMetricLabels names a label";
    for (size_t i = 0; i < given->metric_label_keys.count; i++) {
        if (!is_name(given->metric_label_keys.items[i], false))
            return "MetricLabelKeys: a key is letters, digits and _, and begins with no digit";
        if (!once(seen, &n_seen, given->metric_label_keys.items[i]))
            return "a key is named twice";
    }
    for (size_t i = 0; i < custom->count; i++) {
        if (!is_name(custom->items[i].key, false) || !is_label_value(custom->items[i].value))
            return "CustomMetricLabels: a key is letters, digits and _, and a value has no | or "
                   "#$#";
        if (!once(seen, &n_seen, custom->items[i].key))
            return "a key is named twice";
    }
    for (size_t i = 0; i < values->count; i++)
        if (!once(seen, &n_seen, values->items[i].key) ||
            !once(seen, &n_seen, values->items[i].value))
            return "a key is named twice";
    return NULL;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct sls_metric_options *given = context->config->options->values;
    size_t n_pairs = given->metric_values.count, n_labels = given->metric_label_keys.count;
    SCOPED_FREE struct weir_str *seen =
        mem_calloc(1 + n_labels + given->custom_metric_labels.count + 2 * n_pairs, sizeof *seen);
    const char *words = wrong(given, seen);
    struct sls_metric *self;

    if (words) {
        snprintf(why, why_max, "%s", words);
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_log_to_sls_metric;
    self->options = given;
    self->names = mem_calloc(n_pairs, sizeof *self->names);
    self->values = mem_calloc(n_pairs, sizeof *self->values);
    self->label_found = mem_calloc(n_labels + 1, sizeof *self->label_found);
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct sls_metric *self = (struct sls_metric *)processor;

    labels_finish(&self->labels);
    free(self->names);
    free(self->values);
    free(self->label_found);
    free(self);
}

/* -- reading a log; the words of what is wrong with it, NULL: nothing -- */

static const char *read_labels(struct reading *reading, struct weir_str text)
{
    const struct weir_str_list *keys = &reading->self->options->metric_label_keys;

    do {
        struct weir_kv label = labels_take(&text);

        if (!label.value.data || !is_name(label.key, false) || !is_label_value(label.value))
            return "the field __labels__ does not hold labels";
        if (keys_find(keys->items, keys->count, label.key) < keys->count)
            return "a label is there twice";
        if (reading->self->labels.count == LABELS_MAX)
            return "a log has too many labels";
        labels_add(&reading->self->labels, label.key, label.value);
    } while (text.size);
    return NULL;
}

static const char *read_label(struct reading *reading, size_t which, struct weir_str value)
{
    struct sls_metric *self = reading->self;

    if (self->label_found[which])
        return "a label is there twice";
    if (!is_label_value(value))
        return "the value of a label has a | or #$#";
    self->label_found[which] = true;
    reading->n_labels++;
    labels_add(&self->labels, self->options->metric_label_keys.items[which], value);
    return NULL;
}

static const char *read_pair(struct reading *reading, const struct weir_kv *content)
{
    struct sls_metric *self = reading->self;
    const struct weir_str_map *pairs = &self->options->metric_values;

    for (size_t i = 0; i < pairs->count; i++) {
        if (str_equal(pairs->items[i].key, content->key)) {
            self->names[i] = content->value;
            return is_name(content->value, true) ? NULL : "a field is no name of a metric";
        }
        if (str_equal(pairs->items[i].value, content->key)) {
            self->values[i] = content->value;
            return is_number(content->value) ? NULL : "the value of a metric is no number";
        }
    }
    if (!self->options->metric_time_key.size ||
        !str_equal(content->key, self->options->metric_time_key))
        return NULL;
    reading->time = content->value;
    return (content->value.size == 10 || content->value.size == 13 || content->value.size == 16 ||
               content->value.size == 19) &&
                   skip_digits(content->value, 0) == content->value.size
               ? NULL
               : "the time of a metric is none";
}

static const char *read_content(struct reading *reading, const struct weir_kv *content)
{
    const struct weir_str_list *keys = &reading->self->options->metric_label_keys;
    size_t which;

    if (str_equal(content->key, str_of("__labels__")))
        return read_labels(reading, content->value);
    which = keys_find(keys->items, keys->count, content->key);
    return which < keys->count ? read_label(reading, which, content->value)
                               : read_pair(reading, content);
}

static const char *read_log(struct reading *reading)
{
    struct sls_metric *self = reading->self;
    size_t n_pairs = self->options->metric_values.count;
    const char *words = NULL;

    self->labels.count = 0;
    memset(self->names, 0, n_pairs * sizeof *self->names);
    memset(self->values, 0, n_pairs * sizeof *self->values);
    memset(self->label_found, 0, self->options->metric_label_keys.count * sizeof(bool));
    for (uint32_t i = 0; i < reading->log->n_contents && !words; i++)
        words = read_content(reading, &reading->log->contents[i]);
    if (words)
        return words;
    if (reading->n_labels < self->options->metric_label_keys.count)
        return "a log lacks a label";
    if (self->options->metric_time_key.size && !reading->time.data)
        return "a log lacks the time of its metric";
    for (size_t i = 0; i < n_pairs; i++)
        if (!self->names[i].data || !self->values[i].data)
            return "a log lacks the name or the value of a metric";
    return NULL;
}

/* -- making metrics -- */

/* Nanoseconds in digits. */
static struct weir_str time_text(const struct reading *reading, struct batch *batch)
{
    char text[40];
    int size;

    if (!reading->time.data)
        size = snprintf(text, sizeof text, "%u%09u", reading->log->time_s, reading->log->time_ns);
    else
        size = snprintf(text, sizeof text, "%.*s%.*s", (int)reading->time.size, reading->time.data,
            19 - (int)reading->time.size, "000000000");
    return batch_copy(batch, (struct weir_str){text, (size_t)size});
}

static void add_metrics(const struct reading *reading, struct batch *batch)
{
    struct sls_metric *self = reading->self;
    const struct weir_str_map *custom = &self->options->custom_metric_labels;
    struct weir_str labels, time = time_text(reading, batch);

    for (size_t i = 0; i < custom->count; i++)
        labels_add(&self->labels, custom->items[i].key, custom->items[i].value);
    labels = labels_text(&self->labels, batch);
    for (size_t i = 0; i < self->options->metric_values.count; i++) {
        struct weir_log *log = batch_add_log(batch, 4);

        log->time_s = reading->log->time_s;
        log->time_ns = reading->log->time_ns;
        batch_add_content(batch, log, str_of("__name__"), self->names[i]);
        batch_add_content(batch, log, str_of("__time_nano__"), time);
        batch_add_content(batch, log, str_of("__labels__"), labels);
        batch_add_content(batch, log, str_of("__value__"), self->values[i]);
    }
}

static void process(struct processor *processor, struct batch *batch)
{
    struct sls_metric *self = (struct sls_metric *)processor;
    const struct weir_log *logs = batch->logs;
    uint32_t n_logs = batch->n_logs;

    batch->logs = batch_alloc(batch, batch->cap_logs * sizeof *batch->logs);
    batch->n_logs = 0;
    for (uint32_t i = 0; i < n_logs; i++) {
        struct reading reading = {.self = self, .log = &logs[i]};
        const char *words = read_log(&reading);

        if (!words) {
            add_metrics(&reading, batch);
            continue;
        }
        failures_add(&self->failures, !self->options->ignore_error, words,
            logs[i].n_contents ? logs[i].contents[0].value : str_of(""));
        processor->n_dropped++;
    }
    failures_report(&self->failures, processor);
}

const struct processor_class processor_log_to_sls_metric = {
    .config =
        BUILTIN_CONFIG("processor_log_to_sls_metric", "Makes metrics, in the form of SLS, of logs.",
            struct sls_metric_options, options, &processor_log_to_sls_metric),
    .create = create,
    .process = process,
    .destroy = destroy,
};
