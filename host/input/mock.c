#include "input/mock.h"

#include <inttypes.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/mem.h"

#define INDEX_TEXT_MAX 24 /* bytes of a 64-bit number with sign and NUL */

void mock_contents_finish(struct mock_contents *contents)
{
    for (size_t i = 0; i < contents->count; i++) {
        free((void *)(uintptr_t)contents->items[i].key.data);
        free((void *)(uintptr_t)contents->items[i].value.data);
    }
    free(contents->items);
    *contents = (struct mock_contents){0};
}

void mock_contents_add(struct mock_contents *contents, struct weir_str key, struct weir_str value)
{
    MEM_GROW(contents->items, contents->count, contents->capacity);
    contents->items[contents->count++] = (struct weir_kv){
        {mem_strndup(key.data, key.size), key.size},
        {mem_strndup(value.data, value.size), value.size},
    };
}

void mock_contents_add_map(struct mock_contents *contents, const struct weir_str_map *map)
{
    for (size_t i = 0; i < map->count; i++)
        mock_contents_add(contents, map->items[i].key, map->items[i].value);
}

void mock_stamp(const struct input *input, struct weir_log *log)
{
    uint64_t wall_ns = clock_wall_ns();

    log->time_s = (uint32_t)(wall_ns / NS_PER_S);
    if (input->context->global->enable_timestamp_nanosecond)
        log->time_ns = (uint32_t)(wall_ns % NS_PER_S);
}

static struct weir_str index_text(struct batch *batch, int64_t index)
{
    char *text = batch_alloc(batch, INDEX_TEXT_MAX);

    return (struct weir_str){text, (size_t)snprintf(text, INDEX_TEXT_MAX, "%" PRId64, index)};
}

static void copy_contents(struct batch *batch, const struct mock_contents *from, struct weir_kv *to)
{
    for (size_t i = 0; i < from->count; i++) {
        to[i].key = batch_copy(batch, from->items[i].key);
        to[i].value = batch_copy(batch, from->items[i].value);
    }
}

void mock_tag(struct batch *batch, const struct input *input, const struct mock_contents *tags)
{
    struct weir_kv *copies;

    if (!tags->count)
        return;
    copies = batch_alloc(batch, tags->count * sizeof *copies);
    copy_contents(batch, tags, copies);
    batch->tags = copies;
    batch->n_tags = (uint32_t)tags->count;
    batch->context = batch_copy(batch, str_of(input->context->config->name));
}

void mock_push(struct input *input, const struct mock_contents *tags,
    const struct mock_contents *contents, uint32_t n_logs, int64_t *index)
{
    struct batch *batch = batch_create(input->context->memory, n_logs);
    struct weir_kv *common = batch_alloc(batch, contents->count * sizeof *common);
    size_t n_bytes = 0;

    mock_tag(batch, input, tags);
    copy_contents(batch, contents, common);
    for (uint32_t i = 0; i < n_logs; i++) {
        struct weir_log *log = batch_add_log(batch, (uint32_t)contents->count + 1);
        struct weir_str number = index_text(batch, ++*index);

        memcpy(log_contents(log), common, contents->count * sizeof *common);
        log->n_contents = (uint32_t)contents->count;
        batch_add_content(batch, log, str_of(MOCK_INDEX), number);
        mock_stamp(input, log);
        n_bytes += number.size;
    }
    input_count(input, n_logs, n_bytes);
    input->context->sink->push(input->context->sink, batch);
}
