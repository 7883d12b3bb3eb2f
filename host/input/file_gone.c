#include "input/input_file.h"

static const struct input_context *context_of(const struct file_input *self)
{
    return self->input.context;
}

/* Nothing leads to it and it cannot be opened: it is forgotten when all of it is secured.
 * If it was deleted, so is its checkpoint: no file can be this one again. */
static void bury(struct file_input *self, struct tail *tail)
{
    tail_push_rest(tail);
    if (tail->source && !ack_all_secured(&tail->source->ack))
        return;
    troubles_add(
        &self->setup.troubles, TROUBLE_LOST_BYTES, tail->path, tail_unread(tail, tail->size));
    if (tail->deleted && tail->source && tail->source->checkpoint)
        checkpoint_forget(tail->source->checkpoint);
    file_drop(self, tail);
}

static void close_gone(struct file_input *self, struct tail *tail)
{
    tail->closed = true;
    if (tail->fd < 0)
        return;
    tail->deleted = tail_is_deleted(tail);
    tail_push_rest(tail);
    list_remove(&tail->idle);
    file_close(self, tail);
}

/* One that was deleted takes room on the disk until it is closed; who writes to one that
 * was renamed may come back late. */
static bool is_lost(const struct tail *tail)
{
    return tail->fd < 0 || tail_is_deleted(tail);
}

/* It is to be looked at by the clock: no watch sees it any more. */
static void mark_gone(struct file_input *self, struct tail *tail)
{
    tail->gone = true;
    tail->grew_ns = MAX(tail->grew_ns, loop_now_ns(context_of(self)->loop));
    map_remove(&self->by_path, &tail->by_path);
}

/* A file that no path leads to is read to its end, kept a while, and closed; it is
 * remembered until all of it is secured, in case its path comes back. One that was not
 * open is tried by the name it has been given, if that is known. */
void file_handle_gone(struct file_input *self, struct tail *tail)
{
    uint64_t flush_ns = self->options->flush_timeout_secs * NS_PER_S;
    uint64_t keep_ns = FILE_RENAMED_KEEP_NS, quiet_ns;

    if (!tail->gone)
        mark_gone(self, tail);
    if (tail->closed) {
        bury(self, tail);
        return;
    }
    if (is_lost(tail))
        flush_ns = keep_ns = FILE_GONE_KEEP_NS;
    quiet_ns = list_linked(&tail->work) ? 0 : file_quiet_ns(self, tail);
    if (quiet_ns >= flush_ns)
        tail_push_rest(tail); /* no newline will come, most likely */
    if (quiet_ns >= keep_ns)
        close_gone(self, tail);
    else
        file_wake(self, tail);
}
