/* What metric_mock and service_mock have in common: logs out of fixed contents and a
 * number that grows. Upstream's order: tags, fields, Index. */
#ifndef INPUT_MOCK_H
#define INPUT_MOCK_H

#include "base/buf.h"
#include "event/batch.h"
#include "input/input.h"

#define MOCK_INDEX "Index"

/* Contents that repeat in every log. Zeroed: none. */
struct mock_contents {
    struct weir_kv *items; /* keys and values on the heap, each ended by a NUL */
    size_t count, capacity;
};

void mock_contents_finish(struct mock_contents *contents);
void mock_contents_add(struct mock_contents *contents, struct weir_str key, struct weir_str value);
void mock_contents_add_map(struct mock_contents *contents, const struct weir_str_map *map);

/* The tags of the batch, and by them a source of its own; none: nothing. */
void mock_tag(struct batch *batch, const struct input *input, const struct mock_contents *tags);

/* Pushes a batch of logs with these contents and Index *index + 1 and up. */
void mock_push(struct input *input, const struct mock_contents *tags,
    const struct mock_contents *contents, uint32_t n_logs, int64_t *index);

/* Wall clock into a log; the nanoseconds only where the pipeline wants them. */
void mock_stamp(const struct input *input, struct weir_log *log);

#endif
