#include "metric.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <weir/words.h>

/* Bytes of a number as text. Longer ones are none. */
#define NUMBER_MAX 64u

struct metric metric_read(const struct weir_log *log)
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

struct weir_str metric_name(const struct metric *metric)
{
    struct weir_str name = metric->name, field = metric->field;

    if (field.size && name.size > field.size && name.data[name.size - field.size - 1] == ':' &&
        memcmp(name.data + name.size - field.size, field.data, field.size) == 0 &&
        !weir_str_is(field, "value"))
        name.size -= field.size + 1;
    return name;
}

struct weir_str metric_field(const struct metric *metric)
{
    return weir_str_is(metric->field, "value") ? (struct weir_str){"", 0} : metric->field;
}

static struct weir_str until(struct weir_str text, const char *mark, size_t *ret_at)
{
    const char *found = text.size ? memmem(text.data, text.size, mark, strlen(mark)) : NULL;

    *ret_at = found ? (size_t)(found - text.data) : text.size;
    return (struct weir_str){text.data, *ret_at};
}

/* One piece between bars. Without a mark it belongs to the value in front of it, or to
 * the key behind it; both lie side by side in the text. */
static void read_piece(struct pairs *labels, struct weir_str piece, struct weir_str *key)
{
    size_t n = pairs_count(labels), split;
    struct weir_str name = until(piece, "#$#", &split);

    if (split < piece.size) {
        if (key->size)
            name = (struct weir_str){key->data, (size_t)(piece.data + split - key->data)};
        pairs_add(labels, name, (struct weir_str){piece.data + split + 3, piece.size - split - 3});
        key->size = 0;
    } else if (n) {
        struct weir_str *value = &pairs_items(labels)[n - 1].value;

        value->size = (size_t)(piece.data + piece.size - value->data);
    } else if (key->size) {
        key->size = (size_t)(piece.data + piece.size - key->data);
    } else {
        *key = piece;
    }
}

const char *metric_labels(
    const struct metric *metric, struct pairs *labels, char words[METRIC_WORDS_MAX])
{
    struct weir_str key = {0}, text = metric->labels;

    pairs_clear(labels);
    while (text.size) {
        size_t end;
        struct weir_str piece = until(text, "|", &end);

        read_piece(labels, piece, &key);
        end += end < text.size;
        text = (struct weir_str){text.data + end, text.size - end};
    }
    if (key.size) {
        snprintf(words, METRIC_WORDS_MAX, "found miss matching key: %.*s",
            (int)(key.size < 64 ? key.size : 64), key.data);
        return words;
    }
    pairs_sort(labels);
    return NULL;
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

bool metric_int(struct weir_str text, int64_t *ret_number)
{
    char number[NUMBER_MAX], *end;

    if (!copy_number(number, text))
        return false;
    errno = 0;
    *ret_number = strtoll(number, &end, 10);
    return !errno && !*end;
}

bool metric_double(struct weir_str text, double *ret_number)
{
    char number[NUMBER_MAX], *end;

    if (!copy_number(number, text))
        return false;
    *ret_number = strtod(number, &end);
    return !*end;
}

/* Seconds, milliseconds, microseconds are told by the number of digits. False: nanoseconds
 * of it are none of 64 bits (it is after 2262). */
static bool to_ns(int64_t time, int64_t *ret_ns)
{
    static const struct {
        int64_t from, factor;
    } units[] = {{1000000000, 1000000000}, {1000000000000, 1000000}, {1000000000000000, 1000}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (time >= units[i].from && time / 10 < units[i].from)
            return !__builtin_mul_overflow(time, units[i].factor, ret_ns);
    *ret_ns = time;
    return true;
}

bool metric_time_ns(const struct metric *metric, int64_t *ret_time)
{
    int64_t time;

    *ret_time = 0;
    return !metric->time.size || (metric_int(metric->time, &time) && to_ns(time, ret_time));
}
