#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <weir/words.h>
#include "convert.h"

/* Bytes of a number as text. Longer ones are none. */
#define NUMBER_MAX 64u

/* What a metric's log says. */
struct metric {
    struct weir_str name, labels, value, type, time, field;
};

static struct metric read_metric(const struct weir_log *log)
{
    struct metric metric = {0};

    for (uint32_t i = 0; i < log->n_contents; i++) {
        struct weir_str key = log->contents[i].key, value = log->contents[i].value;

        if (weir_str_is(key, "__name__"))
            metric.name = value;
        else if (weir_str_is(key, "__labels__"))
            metric.labels = value;
        else if (weir_str_is(key, "__value__"))
            metric.value = value;
        else if (weir_str_is(key, "__type__"))
            metric.type = value;
        else if (weir_str_is(key, "__time_nano__"))
            metric.time = value;
        else if (weir_str_is(key, "__field__"))
            metric.field = value;
    }
    return metric;
}

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

static struct weir_str until(struct weir_str text, const char *mark, size_t *ret_at)
{
    const char *found = text.size ? memmem(text.data, text.size, mark, strlen(mark)) : NULL;

    *ret_at = found ? (size_t)(found - text.data) : text.size;
    return (struct weir_str){text.data, *ret_at};
}

/* One piece between bars. Without a mark it belongs to the value in front of it, or to
 * the key behind it; both lie side by side in the text. */
static void read_piece(struct weir_convert *convert, struct weir_str piece, struct weir_str *key)
{
    size_t n = pairs_count(&convert->labels), split;
    struct weir_str name = until(piece, "#$#", &split);

    if (split < piece.size) {
        if (key->size)
            name = (struct weir_str){key->data, (size_t)(piece.data + split - key->data)};
        pairs_add(&convert->labels, name,
            (struct weir_str){piece.data + split + 3, piece.size - split - 3});
        key->size = 0;
    } else if (n) {
        struct weir_str *value = &pairs_items(&convert->labels)[n - 1].value;

        value->size = (size_t)(piece.data + piece.size - value->data);
    } else if (key->size) {
        key->size = (size_t)(piece.data + piece.size - key->data);
    } else {
        *key = piece;
    }
}

/* NULL, or what is wrong. */
static const char *read_labels(struct weir_convert *convert, struct weir_str text)
{
    struct weir_str key = {0};

    pairs_clear(&convert->labels);
    while (text.size) {
        size_t end;
        struct weir_str piece = until(text, "|", &end);

        read_piece(convert, piece, &key);
        end += end < text.size;
        text = (struct weir_str){text.data + end, text.size - end};
    }
    if (key.size) {
        snprintf(convert->words, sizeof convert->words, "found miss matching key: %.*s",
            (int)(key.size < 64 ? key.size : 64), key.data);
        return convert->words;
    }
    pairs_sort(&convert->labels);
    return NULL;
}

static bool ends_in_backslash(struct weir_str text)
{
    return text.size && text.data[text.size - 1] == '\\';
}

/* The name without `:field`, which metrics of several fields have at its end. */
static struct weir_str measurement(const struct metric *metric)
{
    struct weir_str name = metric->name, field = metric->field;

    if (field.size && name.size > field.size && name.data[name.size - field.size - 1] == ':' &&
        memcmp(name.data + name.size - field.size, field.data, field.size) == 0 &&
        !weir_str_is(field, "value"))
        name.size -= field.size + 1;
    return name;
}

/* False: a part of it ends in a backslash, which line protocol cannot say. */
static bool append_series(
    const struct weir_convert *convert, const struct metric *metric, struct weir_buffer *out)
{
    const struct weir_kv *labels = pairs_items(&convert->labels);
    struct weir_str field = metric->field.size ? metric->field : weir_str_of("value");
    bool bad = ends_in_backslash(measurement(metric)) || ends_in_backslash(field);

    append_name(out, measurement(metric), ", ");
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

/* The text with a NUL behind it; false: it is too long for a number, or empty. */
static bool copy_number(char number[NUMBER_MAX], struct weir_str text)
{
    if (!text.size || text.size >= NUMBER_MAX || memchr(text.data, '\0', text.size) ||
        strchr(" \t\n\v\f\r", text.data[0]))
        return false;
    memcpy(number, text.data, text.size);
    number[text.size] = '\0';
    return true;
}

static bool read_int(struct weir_str text, int64_t *ret_number)
{
    char number[NUMBER_MAX], *end;

    if (!copy_number(number, text))
        return false;
    errno = 0;
    *ret_number = strtoll(number, &end, 10);
    return !errno && !*end;
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
    char number[NUMBER_MAX], *end;
    int64_t integer;
    double value;

    if (weir_str_is(metric->type, "bool"))
        return append_bool(out, metric->value);
    if (weir_str_is(metric->type, "string")) {
        append_text(out, metric->value);
        return true;
    }
    if (weir_str_is(metric->type, "int")) {
        if (!read_int(metric->value, &integer))
            return false;
        append_int(out, integer);
        weir_buffer_append_byte(out, 'i');
        return true;
    }
    if (!copy_number(number, metric->value))
        return false;
    value = strtod(number, &end);
    if (*end || !isfinite(value))
        return false;
    append_float(out, value);
    return true;
}

/* Seconds, milliseconds, microseconds are told by the number of digits. */
static int64_t to_ns(int64_t time)
{
    static const struct {
        int64_t from, factor;
    } units[] = {{1000000000, 1000000000}, {1000000000000, 1000000}, {1000000000000000, 1000}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (time >= units[i].from && time / 10 < units[i].from)
            return time * units[i].factor;
    return time;
}

static const char *append_metric(
    struct weir_convert *convert, const struct metric *metric, struct weir_buffer *out)
{
    const char *why = read_labels(convert, metric->labels);
    int64_t time = 0;

    if (why)
        return why;
    if (metric->time.size && !read_int(metric->time, &time))
        return "__time_nano__ is no number";
    if (!append_series(convert, metric, out))
        return "a name or label ends in a backslash, which line protocol cannot say";
    if (!append_value(out, metric))
        return "__value__ is not what __type__ says (float, if it says nothing)";
    if (metric->time.size) {
        weir_buffer_append_byte(out, ' ');
        append_int(out, to_ns(time));
    }
    weir_buffer_append_byte(out, '\n');
    return NULL;
}

const char *convert_influx(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out)
{
    struct metric metric = read_metric(log);
    size_t before = out->size;
    const char *why;

    if (!measurement(&metric).size || (!metric.value.size && !weir_str_is(metric.type, "string")))
        return "no metric: it must have __name__ and __value__";
    why = append_metric(convert, &metric, out);
    if (why)
        out->size = before;
    return why;
}
