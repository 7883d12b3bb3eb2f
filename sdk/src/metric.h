/* A log that is a metric of upstream's v1 pipelines: __name__, __labels__, __value__,
 * __time_nano__, and maybe __type__ and __field__. */
#ifndef SDK_METRIC_H
#define SDK_METRIC_H

#include <weir/batch.h>
#include "pairs.h"

/* Bytes of the words about what is wrong. */
#define METRIC_WORDS_MAX 160u

struct metric {
    struct weir_str name, labels, value, type, time, field;
};

struct metric metric_read(const struct weir_log *log);

/* The name without `:field`, which metrics of several fields have at its end. */
struct weir_str metric_name(const struct metric *metric);
/* The field's name; "" when it has only one. */
struct weir_str metric_field(const struct metric *metric);

/* The labels, sorted by key. NULL, or what is wrong, in `words`. */
const char *metric_labels(
    const struct metric *metric, struct pairs *labels, char words[METRIC_WORDS_MAX]);

/* False: the text is no such number, as a whole. */
bool metric_int(struct weir_str text, int64_t *ret_number);
bool metric_double(struct weir_str text, double *ret_number);

/* The time in nanoseconds, 0 if there is none. Seconds, milliseconds and microseconds are
 * told by the number of digits. False: it is no number, or after 2262. */
bool metric_time_ns(const struct metric *metric, int64_t *ret_time);

#endif
