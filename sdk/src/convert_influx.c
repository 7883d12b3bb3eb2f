#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <weir/words.h>
#include "convert.h"
#include "metric.h"

/* A backslash in front of what ends a name; line ends would end the line. */
static void append_name(struct weir_buffer *out, struct weir_str text, const char *special)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c == '\n' || c == '\r' || c == '\t') {
            weir_buffer_append_byte(out, '\\');
            c = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        } else if (c && strchr(special, c)) {
            weir_buffer_append_byte(out, '\\');
        }
        weir_buffer_append_byte(out, c);
    }
}

static bool ends_in_backslash(struct weir_str text)
{
    return text.size && text.data[text.size - 1] == '\\';
}

/* False: a part of it ends in a backslash, which line protocol cannot say. */
static bool append_series(
    const struct weir_convert *convert, const struct metric *metric, struct weir_buffer *out)
{
    const struct weir_kv *labels = pairs_items(&convert->labels);
    struct weir_str field = metric->field.size ? metric->field : weir_str_of("value");
    bool bad = ends_in_backslash(metric_name(metric)) || ends_in_backslash(field);

    append_name(out, metric_name(metric), ", ");
    for (size_t i = 0; i < pairs_count(&convert->labels); i++) {
        if (!labels[i].key.size || !labels[i].value.size)
            continue;
        bad |= ends_in_backslash(labels[i].key) || ends_in_backslash(labels[i].value);
        weir_buffer_append_byte(out, ',');
        append_name(out, labels[i].key, ",= ");
        weir_buffer_append_byte(out, '=');
        append_name(out, labels[i].value, ",= ");
    }
    weir_buffer_append_byte(out, ' ');
    append_name(out, field, ",= ");
    weir_buffer_append_byte(out, '=');
    return !bad;
}

static void append_int(struct weir_buffer *out, int64_t number)
{
    if (number < 0)
        weir_buffer_append_byte(out, '-');
    weir_buffer_append_uint(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* The fewest digits that are read as the same number again, apart from zeros at the end:
 * 15 are right for every number that has no more, unless it is denormal. */
static void shortest(double number, char digits[32])
{
    int precision = fabs(number) < DBL_MIN ? 0 : 14;

    do
        snprintf(digits, 32, "%.*e", precision, number);
    while (strtod(digits, NULL) != number && ++precision < 17);
}

/* Where the digits end that say something: before the zeros behind a point. */
static char *significant_end(char *digits, char *mark)
{
    char *end = mark;

    if (!memchr(digits, '.', (size_t)(mark - digits)))
        return end;
    while (end[-1] == '0')
        end--;
    return end - (end[-1] == '.');
}

/* As Go's 'g' has it: 30, 0.25, 1e+06, 1e-05. */
static void append_float(struct weir_buffer *out, double number)
{
    char digits[32], *mark, *end;
    int exponent, n_digits;

    shortest(number, digits);
    mark = strchr(digits, 'e');
    exponent = atoi(mark + 1);
    end = significant_end(digits, mark);
    if (exponent < -4 || exponent >= 6) {
        weir_buffer_append(out, digits, (size_t)(end - digits));
        snprintf(digits, sizeof digits, "e%+03d", exponent);
        weir_buffer_append_text(out, digits);
        return;
    }
    n_digits = (int)(end - digits) - (digits[0] == '-');
    n_digits -= n_digits > 1; /* the point */
    snprintf(digits, sizeof digits, "%.*f", n_digits - 1 > exponent ? n_digits - 1 - exponent : 0,
        number);
    weir_buffer_append_text(out, digits);
}

static bool append_bool(struct weir_buffer *out, struct weir_str text)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (weir_str_is(text, yes[i]) || weir_str_is(text, no[i])) {
            weir_buffer_append_text(out, weir_str_is(text, yes[i]) ? "true" : "false");
            return true;
        }
    }
    return false;
}

static void append_text(struct weir_buffer *out, struct weir_str text)
{
    weir_buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            weir_buffer_append_byte(out, '\\');
        weir_buffer_append_byte(out, text.data[i]);
    }
    weir_buffer_append_byte(out, '"');
}

static bool append_value(struct weir_buffer *out, const struct metric *metric)
{
    int64_t integer;
    double value;

    if (weir_str_is(metric->type, "bool"))
        return append_bool(out, metric->value);
    if (weir_str_is(metric->type, "string")) {
        append_text(out, metric->value);
        return true;
    }
    if (weir_str_is(metric->type, "int")) {
        if (!metric_int(metric->value, &integer))
            return false;
        append_int(out, integer);
        weir_buffer_append_byte(out, 'i');
        return true;
    }
    if (!metric_double(metric->value, &value) || !isfinite(value))
        return false;
    append_float(out, value);
    return true;
}

static const char *append_metric(
    struct weir_convert *convert, const struct metric *metric, struct weir_buffer *out)
{
    const char *why = metric_labels(metric, &convert->labels, convert->words);
    int64_t time;

    if (why)
        return why;
    if (!metric_time_ns(metric, &time))
        return "__time_nano__ is no time";
    if (!append_series(convert, metric, out))
        return "a name or label ends in a backslash, which line protocol cannot say";
    if (!append_value(out, metric))
        return "__value__ is not what __type__ says (float, if it says nothing)";
    if (metric->time.size) {
        weir_buffer_append_byte(out, ' ');
        append_int(out, time);
    }
    weir_buffer_append_byte(out, '\n');
    return NULL;
}

const char *convert_influx(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out)
{
    struct metric metric = metric_read(log);
    struct weir_str name = metric_name(&metric);
    size_t before = out->size;
    const char *why;

    if (!name.size || (!metric.value.size && !weir_str_is(metric.type, "string")))
        return "no metric: it must have __name__ and __value__";
    if (name.data[0] == '#')
        return "the name begins with #, which makes a comment of the line";
    why = append_metric(convert, &metric, out);
    if (why)
        out->size = before;
    return why;
}
