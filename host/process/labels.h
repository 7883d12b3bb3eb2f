/*
 * Labels of a metric as one text, sorted: "key#$#value|key2#$#value2". Borrows the
 * texts; keeps its memory from log to log. Belongs to one thread.
 */
#ifndef PROCESS_LABELS_H
#define PROCESS_LABELS_H

#include "event/batch.h"

#define LABELS_BETWEEN "|"
#define LABELS_INSIDE "#$#"

/* Zeroed: none. */
struct labels {
    struct weir_kv *items;
    uint32_t count, capacity;
};

void labels_finish(struct labels *labels);
void labels_add(struct labels *labels, struct weir_str key, struct weir_str value);
/* The text, in the batch; equal keys in the order given. Sorts the labels. */
struct weir_str labels_text(struct labels *labels, struct batch *batch);

/* Takes the first label off `text`. Its value is without data when it has no "#$#". */
struct weir_kv labels_take(struct weir_str *text);

#endif
