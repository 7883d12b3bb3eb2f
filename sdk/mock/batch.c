#include <stdlib.h>
#include <string.h>
#include "own.h"

/* Bytes between the ends of a log and the next: nobody may step with []. */
#define LOG_GAP 24

struct weir_mock_batch {
    struct weir_batch view;
    struct weir_group **groups;
};

void *mock_allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        abort();
    return memory;
}

void *mock_grow(const void *array, uint32_t n, size_t size)
{
    void *grown = realloc((void *)(uintptr_t)array, (n + 1) * size);

    if (!grown)
        abort();
    memset((char *)grown + n * size, 0, size);
    return grown;
}

/* A copy in memory of exactly its size. */
static struct weir_str copy_str(struct weir_str from)
{
    char *data = mock_allocate(from.size);

    if (from.size)
        memcpy(data, from.data, from.size);
    return (struct weir_str){data, from.size};
}

static struct weir_str text_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static void free_str(struct weir_str str)
{
    free((void *)(uintptr_t)str.data);
}

static void free_kvs(const struct weir_kv *kvs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        free_str(kvs[i].key);
        free_str(kvs[i].value);
    }
    free((void *)(uintptr_t)kvs);
}

static struct weir_group *last_group(struct weir_mock_batch *batch)
{
    return batch->groups[batch->view.n_groups - 1];
}

static void add_group(struct weir_mock_batch *batch, const char *topic)
{
    struct weir_group *group = mock_allocate(sizeof *group);

    group->struct_size = sizeof *group;
    group->log_stride = sizeof(struct weir_log) + LOG_GAP;
    group->topic = copy_str(text_str(topic));
    group->category = text_str("mock-logstore");
    group->source = text_str("127.0.0.1");
    group->machine_uuid = text_str("");
    batch->groups = mock_grow(batch->groups, batch->view.n_groups, sizeof *batch->groups);
    batch->groups[batch->view.n_groups++] = group;
    batch->view.groups = (const struct weir_group *const *)batch->groups;
}

struct weir_mock_batch *weir_mock_batch_new(uint64_t id)
{
    struct weir_mock_batch *batch = mock_allocate(sizeof *batch);

    batch->view.struct_size = sizeof batch->view;
    batch->view.id = id;
    batch->view.project = text_str("mock-project");
    batch->view.logstore = text_str("mock-logstore");
    batch->view.config = text_str("mock-pipeline");
    add_group(batch, "");
    return batch;
}

static void free_group(struct weir_group *group)
{
    for (uint32_t i = 0; i < group->n_logs; i++) {
        const struct weir_log *log = weir_log_at(group, i);

        free_kvs(log->contents, log->n_contents);
    }
    free((void *)(uintptr_t)group->logs);
    free_kvs(group->tags, group->n_tags);
    free_str(group->topic);
    free(group);
}

void weir_mock_batch_free(struct weir_mock_batch *batch)
{
    if (!batch)
        return;
    for (uint32_t i = 0; i < batch->view.n_groups; i++)
        free_group(batch->groups[i]);
    free(batch->groups);
    free(batch);
}

void weir_mock_batch_group(struct weir_mock_batch *batch, const char *topic)
{
    struct weir_group *first = batch->groups[0];

    if (batch->view.n_groups == 1 && first->n_logs == 0 && first->n_tags == 0) {
        free_group(first);
        batch->view.n_groups = 0;
    }
    add_group(batch, topic);
}

void weir_mock_batch_tag(struct weir_mock_batch *batch, const char *key, const char *value)
{
    struct weir_group *group = last_group(batch);
    struct weir_kv *tags = mock_grow(group->tags, group->n_tags, sizeof *tags);

    tags[group->n_tags++] = (struct weir_kv){copy_str(text_str(key)), copy_str(text_str(value))};
    group->tags = tags;
}

void weir_mock_batch_log(struct weir_mock_batch *batch, uint32_t time_s,
    const struct weir_kv *contents, uint32_t n_contents)
{
    struct weir_group *group = last_group(batch);
    char *logs = mock_grow(group->logs, group->n_logs, group->log_stride);
    struct weir_log *log =
        (struct weir_log *)(void *)(logs + (size_t)group->n_logs * group->log_stride);
    struct weir_kv *copies = mock_allocate(n_contents * sizeof *copies);

    memset(log, 0xa5, group->log_stride);
    for (uint32_t i = 0; i < n_contents; i++) {
        copies[i] = (struct weir_kv){copy_str(contents[i].key), copy_str(contents[i].value)};
        group->bytes += copies[i].key.size + copies[i].value.size;
    }
    *log = (struct weir_log){.time_s = time_s, .n_contents = n_contents, .contents = copies};
    group->logs = (const struct weir_log *)(const void *)logs;
    group->n_logs++;
}

struct weir_batch *weir_mock_batch_view(struct weir_mock_batch *batch)
{
    return &batch->view;
}
