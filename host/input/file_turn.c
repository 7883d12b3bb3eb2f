#include <errno.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "input/input_file.h"

static const struct input_context *context_of(const struct file_input *self)
{
    return self->input.context;
}

void file_wake(struct file_input *self, struct tail *tail)
{
    if (self->stopped || tail->done || list_linked(&tail->work))
        return;
    list_remove(&tail->idle);
    if (list_empty(&self->work))
        loop_set_timer(
            context_of(self)->loop, &self->turn_timer, loop_now_ns(context_of(self)->loop));
    list_append(&self->work, &tail->work);
}

/* Makes room for one more open file; false when none can be closed. */
static bool make_room(struct file_input *self)
{
    struct tail *tail;

    if (self->n_open < FILE_OPEN_MAX)
        return true;
    LIST_EACH (tail, &self->idle, idle) {
        if (tail->gone)
            continue;
        list_remove(&tail->idle);
        file_close(self, tail);
        return true;
    }
    return false;
}

static void tell_unreadable(struct file_input *self, struct tail *tail, int error)
{
    if (error == tail->error)
        return;
    tail->error = error;
    log_warn("file cannot be read; trying again", LOG_STR("pipeline", context_of(self)->pipeline),
        LOG_STR("path", tail->path), LOG_STR("error", strerror(error)));
}

static void note_unreadable(struct file_input *self, struct tail *tail, int error)
{
    tell_unreadable(self, tail, error);
    if (!context_of(self)->once)
        return;
    tail->done = true;
    self->n_unreadable++;
    if (!self->unreadable)
        self->unreadable = mem_printf("%s: %s", tail->path, strerror(error));
}

/* One descriptor can be had again: who waits for one has its turn. */
static void wake_lacking(struct file_input *self)
{
    struct tail *tail = list_first(&self->lacking, struct tail, idle);

    if (tail)
        file_wake(self, tail);
}

void file_close(struct file_input *self, struct tail *tail)
{
    if (tail->fd < 0)
        return;
    tail_close(tail);
    self->n_open--;
    wake_lacking(self);
}

/* Waits until another is closed or idle. Said when it lasts: at start many files pass
 * through few descriptors. */
static void lack_descriptor(struct file_input *self, struct tail *tail)
{
    uint64_t now_ns = loop_now_ns(context_of(self)->loop), suppressed;

    if (context_of(self)->once && !self->n_open) {
        note_unreadable(self, tail, EMFILE);
        return;
    }
    list_append(&self->lacking, &tail->idle);
    if (!tail->lacks_ns)
        tail->lacks_ns = now_ns;
    if (now_ns - tail->lacks_ns >= FILE_LACKS_TOLD_NS &&
        log_limit_pass(&self->no_descriptor, now_ns, &suppressed))
        log_warn("no descriptor is left for more files; they wait",
            LOG_STR("pipeline", context_of(self)->pipeline), LOG_STR("path", tail->path),
            LOG_INT("open", self->n_open));
}

/* Opens and checks it; false when it is not to be read now: a scan brings it back. */
static bool prepare(struct file_input *self, struct tail *tail, bool *ret_opened)
{
    bool was_open = tail->fd >= 0;
    int r;

    if (!was_open && !make_room(self))
        r = -EMFILE;
    else
        r = tail_check(tail);
    self->n_open += (size_t)(tail->fd >= 0) - (size_t)was_open;
    *ret_opened = !was_open;
    if (r)
        list_remove(&tail->work);
    if (r == -ENOENT || r == -ESTALE)
        tail->done = context_of(self)->once; /* its path leads elsewhere: a scan will tell */
    else if (r == -EMFILE || r == -ENFILE)
        lack_descriptor(self, tail);
    else if (r)
        note_unreadable(self, tail, -r);
    if (r)
        return false;
    tail->error = 0;
    tail->lacks_ns = 0;
    return true;
}

/* `once`: nothing more is read of it, and what came of it goes on its way. */
static void finish_once(struct file_input *self, struct tail *tail)
{
    const struct input_context *context = context_of(self);

    tail_push_rest(tail);
    tail->done = true;
    self->n_already_read += tail->already_read;
    file_close(self, tail);
    context->sink->seal(context->sink);
}

/* False: it is to be read once more, since with `once` an end counts when it is seen
 * twice. */
static bool note_end(struct file_input *self, struct tail *tail)
{
    if (context_of(self)->once && !tail->at_end) {
        tail->at_end = true;
        return false;
    }
    list_remove(&tail->work);
    if (context_of(self)->once) {
        finish_once(self, tail);
        return true;
    }
    if (tail->flush_due)
        tail_push_rest(tail);
    else if (tail->gone) /* no one comes back for what is held */
        lines_pause(&tail->lines);
    else
        tail_yield(tail);
    tail->flush_due = false;
    list_append(&self->idle, &tail->idle);
    wake_lacking(self);
    return true;
}

static void note_error(struct file_input *self, struct tail *tail, int error)
{
    list_remove(&tail->work);
    file_close(self, tail);
    note_unreadable(self, tail, error);
}

static bool may_read(const struct file_input *self)
{
    const struct input_context *context = context_of(self);

    return gate_is_open(context->gate) && memory_ask(context->memory, context->gate);
}

static void requeue(struct file_input *self, struct tail *tail)
{
    list_remove(&tail->work);
    list_append(&self->work, &tail->work);
}

/* Reads one file's share: some blocks, and at least a whole line, so that long lines
 * get on. False when reading must stop for now. */
static bool read_share(struct file_input *self, struct tail *tail, unsigned *budget)
{
    bool got_line = false;

    for (unsigned i = 0; i < FILE_TURN_BLOCKS || !got_line; i++) {
        enum tail_result result;

        if (!may_read(self))
            return false;
        result = tail_read(tail);
        if (result == TAIL_ERROR && errno != EINTR) {
            note_error(self, tail, errno);
            return true;
        }
        if (result == TAIL_END && note_end(self, tail))
            return true;
        if (result == TAIL_LINES || result == TAIL_PART)
            tail->at_end = false;
        got_line |= result == TAIL_LINES;
        *budget -= *budget > 0;
    }
    tail_yield(tail);
    requeue(self, tail);
    return true;
}

enum turn_result {
    TURN_READ,    /* it had its share, or is put off */
    TURN_WAITS,   /* it is not noted yet */
    TURN_BLOCKED, /* nothing may be read for now */
};

static enum turn_result take_file(struct file_input *self, struct tail *tail, unsigned *budget)
{
    bool opened;

    if (!may_read(self))
        return TURN_BLOCKED;
    if (!prepare(self, tail, &opened))
        return TURN_READ;
    if (!tail_is_noted(tail)) {
        requeue(self, tail);
        *budget -= 1;
        return opened ? TURN_READ : TURN_WAITS;
    }
    return read_share(self, tail, budget) ? TURN_READ : TURN_BLOCKED;
}

void file_take_turn(struct file_input *self)
{
    struct loop *loop = context_of(self)->loop;
    unsigned budget = FILE_LOOP_BLOCKS;
    bool only_waits = true;
    struct tail *tail;

    while (budget && (tail = list_first(&self->work, struct tail, work))) {
        enum turn_result result = take_file(self, tail, &budget);

        if (result == TURN_BLOCKED)
            return; /* resume() brings us back */
        only_waits &= result == TURN_WAITS;
    }
    if (list_empty(&self->work))
        file_end_if_done(self);
    else
        loop_set_timer(
            loop, &self->turn_timer, loop_now_ns(loop) + (only_waits ? FILE_NOTED_POLL_NS : 0));
}

void file_end_if_done(struct file_input *self)
{
    const struct input_context *context = context_of(self);
    struct tail *tail;

    if (!context->once || self->ended || self->stopped)
        return;
    LIST_EACH (tail, &self->tails, all) {
        if (!tail->done)
            return;
    }
    self->ended = true;
    context->ended(context->owner);
}
