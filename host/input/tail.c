#include "input/tail.h"

#include <inttypes.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/pattern.h"

/* The groups that take part, with _ between them. */
static char *topic_of(struct pattern *pattern, const char *path)
{
    struct buf topic = {0};
    const struct pattern_span *spans;

    if (pattern_match(pattern, str_of(path), &spans) == PATTERN_MATCH)
        for (uint32_t i = 1; i <= pattern_n_groups(pattern); i++) {
            if (spans[i].start == SIZE_MAX)
                continue;
            if (topic.size)
                buf_putc(&topic, '_');
            buf_append(&topic, path + spans[i].start, spans[i].end - spans[i].start);
        }
    return buf_take(&topic);
}

static void set_topic(struct tail *tail)
{
    struct pattern *pattern = tail->setup->topic_path;

    free(tail->topic);
    tail->topic = pattern ? topic_of(pattern, tail->name) : NULL;
}

struct tail *tail_create(struct tail_setup *setup, const char *path, const struct stat *status)
{
    struct tail *tail = mem_zalloc(sizeof *tail);
    const struct input_context *context = setup->input->context;

    tail->setup = setup;
    tail->path = mem_strdup(path);
    tail->name = mem_strdup(path);
    set_topic(tail);
    tail->device = status->st_dev;
    tail->inode = status->st_ino;
    tail->context = mem_printf("%s#%" PRIx64 ".%" PRIu64, path, tail->device, tail->inode);
    tail->fd = -1;
    tail->boundary = tail->end = UINT64_MAX;
    tail->lines = (struct lines){
        .memory = context->memory,
        .rules = &setup->rules,
        .scratch = &setup->scratch,
        .nanoseconds = context->global->enable_timestamp_nanosecond,
    };
    return tail;
}

void tail_destroy(struct tail *tail)
{
    if (!tail)
        return;
    tail_close(tail);
    tail_let_go(tail);
    file_source_close(tail->source);
    free(tail->lane_starts);
    free(tail->context);
    free(tail->topic);
    free(tail->name);
    free(tail->path);
    free(tail);
}

void tail_close(struct tail *tail)
{
    if (tail->fd >= 0)
        close(tail->fd);
    tail->fd = -1;
}

void tail_rename(struct tail *tail, const char *path)
{
    if (!strcmp(tail->path, path))
        return;
    free(tail->path);
    tail->path = mem_strdup(path);
    if (tail->source && tail->source->checkpoint)
        checkpoint_describe(tail->source->checkpoint, path, &tail->print);
}

void tail_set_name(struct tail *tail, const char *name)
{
    free(tail->name);
    tail->name = mem_strdup(name);
    set_topic(tail);
}

bool tail_is_noted(struct tail *tail)
{
    if (!tail->noted)
        tail->noted = !tail->source->checkpoint || checkpoint_is_noted(tail->source->checkpoint);
    return tail->noted;
}

void tail_set_known(struct tail *tail, const char *name)
{
    tail_set_name(tail, name);
    tail->only_known = true;
}

void tail_set_wanted(struct tail *tail)
{
    if (tail->only_known && !tail->source)
        tail_set_name(tail, tail->path);
    tail->only_known = false;
}

void tail_note_size(struct tail *tail, uint64_t size)
{
    if (size < tail->size)
        tail->was_size = MAX(tail->was_size, tail->size);
    tail->size = size;
}

bool tail_look(struct tail *tail, const struct stat *status)
{
    uint64_t size = (uint64_t)status->st_size;

    tail_note_size(tail, size);
    return tail->end != size || !tail_same_time(&tail->changed, &status->st_mtim);
}

bool tail_has_rest(const struct tail *tail)
{
    return tail->position - lines_held(&tail->lines) < tail->furthest;
}

bool tail_is_deleted(const struct tail *tail)
{
    struct stat status;

    return !fstat(tail->fd, &status) && status.st_nlink == 0;
}

uint64_t tail_unread(const struct tail *tail, uint64_t size)
{
    uint64_t done = tail->position - lines_held(&tail->lines);

    return size > done ? size - done : 0;
}
