#include "pairs.h"

#include <stdlib.h>

/* Lists up to this long, most of them, are sorted by insertion. */
#define SHORT_LIST 24u

void pairs_finish(struct pairs *pairs)
{
    weir_buffer_finish(&pairs->memory);
}

int str_compare(struct weir_str a, struct weir_str b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int r = size ? memcmp(a.data, b.data, size) : 0;

    return r ? r : (a.size > b.size) - (a.size < b.size);
}

static void sort_short(struct weir_kv *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct weir_kv pair = items[i];
        size_t j = i;

        for (; j && str_compare(items[j - 1].key, pair.key) > 0; j--)
            items[j] = items[j - 1];
        items[j] = pair;
    }
}

static void merge(
    struct weir_kv *to, const struct weir_kv *a, size_t n_a, const struct weir_kv *b, size_t n_b)
{
    const struct weir_kv *end_a = a + n_a, *end_b = b + n_b;

    while (a < end_a && b < end_b)
        *to++ = str_compare(a->key, b->key) <= 0 ? *a++ : *b++;
    while (a < end_a)
        *to++ = *a++;
    while (b < end_b)
        *to++ = *b++;
}

/* By merging, so that equal keys keep their order; `spare` has room for n. */
static void sort_long(struct weir_kv *items, struct weir_kv *spare, size_t n)
{
    size_t half = n / 2;

    if (n <= SHORT_LIST) {
        sort_short(items, n);
        return;
    }
    sort_long(items, spare, half);
    sort_long(items + half, spare, n - half);
    merge(spare, items, half, items + half, n - half);
    memcpy(items, spare, n * sizeof *items);
}

static size_t drop_repeated(struct weir_kv *items, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || str_compare(items[i].key, items[i + 1].key) != 0)
            items[kept++] = items[i];
    return kept;
}

void pairs_sort(struct pairs *pairs)
{
    size_t n = pairs_count(pairs);
    struct weir_kv *spare = NULL;

    if (n > SHORT_LIST) {
        spare = (struct weir_kv *)(void *)weir_buffer_reserve(&pairs->memory, n * sizeof *spare);
        if (!spare)
            return;
        sort_long(pairs_items(pairs), spare, n);
    } else {
        sort_short(pairs_items(pairs), n);
    }
    pairs->memory.size = drop_repeated(pairs_items(pairs), n) * sizeof(struct weir_kv);
}

const struct weir_str *pairs_find(const struct pairs *pairs, struct weir_str key)
{
    const struct weir_kv *items = pairs_items(pairs);
    size_t low = 0, high = pairs_count(pairs);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int r = str_compare(items[middle].key, key);

        if (r == 0)
            return &items[middle].value;
        if (r < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void pairs_merge(struct pairs *to, const struct pairs *weaker, const struct pairs *stronger)
{
    const struct weir_kv *a = pairs_items(weaker), *b = pairs_items(stronger);
    size_t n_a = pairs_count(weaker), n_b = pairs_count(stronger), i = 0, j = 0;

    while (i < n_a || j < n_b) {
        int r = i == n_a ? 1 : j == n_b ? -1 : str_compare(a[i].key, b[j].key);
        const struct weir_kv *next = r < 0 ? &a[i] : &b[j];

        pairs_add(to, next->key, next->value);
        i += r <= 0;
        j += r >= 0;
    }
}
