/*
 * What is counted and measured: families by name, and in each a series for every
 * distinct set of labels, kept by handle. Recording takes no lock. Series stay when
 * what they measure ends, so a reload does not reset a counter. [any]
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdint.h>

#define METRIC_SERIES_MAX 65535   /* of one set; more get handle 0 */
#define METRIC_NAME_BYTES_MAX 128 /* also of a unit */
#define METRIC_HELP_BYTES_MAX 1024
#define METRIC_N_BUCKETS 16

enum metric_kind {
    METRIC_COUNTER = 1, /* the numbers are those of WEIR_METRIC_* */
    METRIC_GAUGE = 2,
    METRIC_HISTOGRAM = 3,
};

struct metrics;

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics);

/* The series of that name and labels, made if there is none. `labels` is the inside of
 * Prometheus' braces (`lane="a/b/1"`), "" for none. Handle 0 when refused: a name that
 * is not [a-z][a-z0-9_]*, a counter that does not end in _total, a kind or unit other
 * than the family has, or too many. Copies its texts. */
uint32_t metrics_get(struct metrics *metrics, enum metric_kind kind, const char *name,
    const char *unit, const char *help, const char *labels);

/* `labels` of two: their values as Prometheus writes them. The caller frees the text. */
char *metric_labels(const char *name, const char *value, const char *name2, const char *value2);

/* Adds, sets or observes. Handle 0 is ignored; so are what a counter cannot take
 * (negative) and what is not finite. */
void metrics_record(struct metrics *metrics, uint32_t handle, double value);

/* A series as it is now. Texts live as long as the set. */
struct metric_view {
    enum metric_kind kind;
    const char *name, *unit, *help, *labels;
    double value;   /* counter, gauge; of a histogram the sum */
    uint64_t count; /* of a histogram */
    /* Observations at most as large as each bound: 0.001 x 4^i; not cumulated. */
    uint64_t buckets[METRIC_N_BUCKETS];
    uint64_t above; /* the last bound */
};

/* Handles go from 1 to metrics_count(), in order of making. */
struct metric_view metrics_view(struct metrics *metrics, uint32_t handle);
uint32_t metrics_count(struct metrics *metrics);
double metric_bucket_bound(unsigned i);
/* The first bucket that a value fits in; METRIC_N_BUCKETS when it is above the last. */
unsigned metric_bucket(double value);

#endif
