#include "process/labels.h"

#include "base/mem.h"

#define INSIDE_SIZE (sizeof LABELS_INSIDE - 1)

void labels_finish(struct labels *labels)
{
    free(labels->items);
}

void labels_add(struct labels *labels, struct weir_str key, struct weir_str value)
{
    MEM_GROW(labels->items, labels->count, labels->capacity);
    labels->items[labels->count++] = (struct weir_kv){key, value};
}

/* Equal keys keep their order: the array says which was first. */
static int by_key(const void *a, const void *b)
{
    const struct weir_kv *one = a, *other = b;
    size_t size = MIN(one->key.size, other->key.size);
    int r = size ? memcmp(one->key.data, other->key.data, size) : 0;

    return r ? r : (one->key.size > other->key.size) - (one->key.size < other->key.size);
}

/* Labels are few and mostly in order already. */
static void sort(struct labels *labels)
{
    for (uint32_t i = 1; i < labels->count; i++) {
        struct weir_kv item = labels->items[i];
        uint32_t at = i;

        for (; at && by_key(&labels->items[at - 1], &item) > 0; at--)
            labels->items[at] = labels->items[at - 1];
        labels->items[at] = item;
    }
}

static char *put(char *to, struct weir_str text)
{
    return text.size ? mempcpy(to, text.data, text.size) : to;
}

struct weir_str labels_text(struct labels *labels, struct batch *batch)
{
    size_t size = 0;
    char *text, *to;

    sort(labels);
    for (uint32_t i = 0; i < labels->count; i++)
        size += (i > 0) + labels->items[i].key.size + INSIDE_SIZE + labels->items[i].value.size;
    text = to = batch_alloc(batch, size);
    for (uint32_t i = 0; i < labels->count; i++) {
        if (i)
            to = put(to, str_of(LABELS_BETWEEN));
        to = put(to, labels->items[i].key);
        to = put(to, str_of(LABELS_INSIDE));
        to = put(to, labels->items[i].value);
    }
    return (struct weir_str){text, size};
}

struct weir_kv labels_take(struct weir_str *text)
{
    const char *start = text->data, *end = start + text->size;
    const char *stop = text->size ? memchr(start, LABELS_BETWEEN[0], text->size) : NULL;
    const char *inside;

    *text = stop ? (struct weir_str){stop + 1, (size_t)(end - stop - 1)} : (struct weir_str){"", 0};
    stop = stop ? stop : end;
    inside =
        start < stop ? memmem(start, (size_t)(stop - start), LABELS_INSIDE, INSIDE_SIZE) : NULL;
    if (!inside)
        return (struct weir_kv){{start, (size_t)(stop - start)}, {NULL, 0}};
    return (struct weir_kv){{start, (size_t)(inside - start)},
        {inside + INSIDE_SIZE, (size_t)(stop - inside) - INSIDE_SIZE}};
}
