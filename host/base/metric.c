#include "base/metric.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/map.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/util.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CHUNK_SERIES 256
#define BUCKET_FIRST 0.001
#define BUCKET_FACTOR 4.0

struct series {
    struct map_item by_labels; /* all, by name and labels */
    struct map_item by_name;   /* the first of each family */
    uint32_t handle;
    enum metric_kind kind;
    char *name, *unit, *help, *labels;
    _Atomic double value;
    atomic_uint_fast64_t count, buckets[METRIC_N_BUCKETS], above;
};

/* Chunks never move, so that a handle is followed without the lock. */
struct metrics {
    pthread_mutex_t lock; /* of making, and of the maps */
    struct map series, families;
    atomic_uint count;
    _Atomic(struct series *) chunks[METRIC_SERIES_MAX / CHUNK_SERIES + 1];
};

struct metrics *metrics_create(void)
{
    struct metrics *metrics = mem_zalloc(sizeof *metrics);

    pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

static struct series *series_at(struct metrics *metrics, uint32_t handle)
{
    uint32_t i = handle - 1;

    return atomic_load(&metrics->chunks[i / CHUNK_SERIES]) + i % CHUNK_SERIES;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (uint32_t handle = 1; handle <= metrics_count(metrics); handle++) {
        struct series *series = series_at(metrics, handle);

        free(series->name);
        free(series->unit);
        free(series->help);
        free(series->labels);
    }
    for (size_t i = 0; i < ARRAY_SIZE(metrics->chunks); i++)
        free(atomic_load(&metrics->chunks[i]));
    map_finish(&metrics->series);
    map_finish(&metrics->families);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static uint64_t hash_name(const char *name)
{
    return XXH3_64bits(name, strlen(name));
}

static uint64_t hash_labels(const char *name, const char *labels)
{
    return XXH3_64bits_withSeed(labels, strlen(labels), hash_name(name));
}

static bool good_name(const char *name, enum metric_kind kind)
{
    size_t size = strnlen(name, METRIC_NAME_BYTES_MAX + 1);

    if (!size || size > METRIC_NAME_BYTES_MAX || !strchr(LETTERS, name[0]) ||
        name[strspn(name, LETTERS "0123456789_")])
        return false;
    return kind != METRIC_COUNTER ||
           (size > strlen("_total") && !strcmp(name + size - strlen("_total"), "_total"));
}

static const struct series *find_family(const struct metrics *metrics, const char *name)
{
    const struct series *series;

    MAP_EACH_OF(series, &metrics->families, hash_name(name), by_name)
    {
        if (!strcmp(series->name, name))
            return series;
    }
    return NULL;
}

/* Its handle, 0 if there is none. */
static uint32_t find_series(const struct metrics *metrics, const char *name, const char *labels)
{
    const struct series *series;

    MAP_EACH_OF(series, &metrics->series, hash_labels(name, labels), by_labels)
    {
        if (!strcmp(series->name, name) && !strcmp(series->labels, labels))
            return series->handle;
    }
    return 0;
}

static uint32_t add_series(struct metrics *metrics, enum metric_kind kind, const char *name,
    const char *unit, const char *help, const char *labels)
{
    uint32_t i = metrics_count(metrics);
    struct series *series;

    if (i == METRIC_SERIES_MAX)
        return 0;
    if (i % CHUNK_SERIES == 0)
        atomic_store(&metrics->chunks[i / CHUNK_SERIES], mem_calloc(CHUNK_SERIES, sizeof *series));
    series = series_at(metrics, i + 1);
    series->handle = i + 1;
    series->kind = kind;
    series->name = mem_strdup(name);
    series->unit = mem_strndup(unit, strnlen(unit, METRIC_NAME_BYTES_MAX));
    series->help = mem_strndup(help, strnlen(help, METRIC_HELP_BYTES_MAX));
    series->labels = mem_strdup(labels);
    map_put(&metrics->series, &series->by_labels, hash_labels(name, labels));
    if (!find_family(metrics, name))
        map_put(&metrics->families, &series->by_name, hash_name(name));
    atomic_store(&metrics->count, i + 1);
    return i + 1;
}

/* As it was cut when the family began. */
static bool is_unit_of(const struct series *family, const char *unit)
{
    return !strncmp(family->unit, unit, METRIC_NAME_BYTES_MAX);
}

uint32_t metrics_get(struct metrics *metrics, enum metric_kind kind, const char *name,
    const char *unit, const char *help, const char *labels)
{
    const struct series *family;
    uint32_t handle = 0;

    if (kind < METRIC_COUNTER || kind > METRIC_HISTOGRAM || !name || !good_name(name, kind))
        return 0;
    unit = unit ? unit : "";
    pthread_mutex_lock(&metrics->lock);
    family = find_family(metrics, name);
    if (!family || (family->kind == kind && is_unit_of(family, unit))) {
        handle = find_series(metrics, name, labels);
        if (!handle)
            handle = add_series(metrics, kind, name, unit, help ? help : "", labels);
    }
    pthread_mutex_unlock(&metrics->lock);
    return handle;
}

static void add_double(_Atomic double *to, double value)
{
    double before = atomic_load_explicit(to, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(
        to, &before, before + value, memory_order_relaxed, memory_order_relaxed))
        ;
}

double metric_bucket_bound(unsigned i)
{
    double bound = BUCKET_FIRST;

    while (i--)
        bound *= BUCKET_FACTOR;
    return bound;
}

unsigned metric_bucket(double value)
{
    double bound = BUCKET_FIRST;
    unsigned i = 0;

    for (; i < METRIC_N_BUCKETS && value > bound; i++)
        bound *= BUCKET_FACTOR;
    return i;
}

static void observe(struct series *series, double value)
{
    unsigned i = metric_bucket(value);

    atomic_fetch_add_explicit(
        i < METRIC_N_BUCKETS ? &series->buckets[i] : &series->above, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&series->count, 1, memory_order_relaxed);
    add_double(&series->value, value);
}

static void put_label(struct buf *to, const char *name, const char *value)
{
    buf_printf(to, "%s=\"", name);
    while (*value) {
        if (*value == '"' || *value == '\\')
            buf_putc(to, '\\');
        value += buf_put_character(to, *value == '\n' ? " " : value);
    }
    buf_putc(to, '"');
}

char *metric_labels(const char *name, const char *value, const char *name2, const char *value2)
{
    struct buf labels = {0};

    put_label(&labels, name, value);
    buf_putc(&labels, ',');
    put_label(&labels, name2, value2);
    return buf_take(&labels);
}

void metrics_record(struct metrics *metrics, uint32_t handle, double value)
{
    struct series *series;

    if (!handle || handle > metrics_count(metrics) || !isfinite(value))
        return;
    series = series_at(metrics, handle);
    if (series->kind == METRIC_GAUGE)
        atomic_store_explicit(&series->value, value, memory_order_relaxed);
    else if (series->kind == METRIC_HISTOGRAM)
        observe(series, value);
    else if (value >= 0)
        add_double(&series->value, value);
}

uint32_t metrics_count(struct metrics *metrics)
{
    return atomic_load(&metrics->count);
}

struct metric_view metrics_view(struct metrics *metrics, uint32_t handle)
{
    struct series *series = series_at(metrics, handle);
    struct metric_view view = {series->kind, series->name, series->unit, series->help,
        series->labels, atomic_load(&series->value), atomic_load(&series->count), {0},
        atomic_load(&series->above)};

    for (unsigned i = 0; i < METRIC_N_BUCKETS; i++)
        view.buckets[i] = atomic_load(&series->buckets[i]);
    return view;
}
