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
    if (list_empty(&self->work) || tail->fd < 0) /* it is opened though nothing may be read */
        loop_set_timer(
            context_of(self)->loop, &self->turn_timer, loop_now_ns(context_of(self)->loop));
    list_append(&self->work, &tail->work);
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
    file_wake_lacking(self);
    return true;
}

static void note_error(struct file_input *self, struct tail *tail, int error)
{
    list_remove(&tail->work);
    file_close(self, tail);
    file_note_unreadable(self, tail, error);
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
    if (!may_read(self))
        return TURN_BLOCKED;
    if (tail->fd >= 0 && tail->source && !tail_is_noted(tail)) {
        requeue(self, tail);
        return TURN_WAITS;
    }
    if (!file_prepare(self, tail))
        return TURN_READ;
    if (!tail_is_noted(tail)) { /* it is new, or begins anew */
        requeue(self, tail);
        *budget -= 1;
        return TURN_READ;
    }
    return read_share(self, tail, budget) ? TURN_READ : TURN_BLOCKED;
}

/* Nothing may be read; but what is open is not lost when it is renamed or deleted. Some
 * files now, the others in the next turn. */
static void open_waiting(struct file_input *self)
{
    struct loop *loop = context_of(self)->loop;
    unsigned budget = FILE_TURN_OPENS;
    struct tail *tail;

    LIST_EACH (tail, &self->work, work) {
        if (tail->fd >= 0)
            continue;
        if (!budget--) {
            loop_set_timer(loop, &self->turn_timer, loop_now_ns(loop));
            return;
        }
        file_prepare(self, tail);
    }
}

/* All that is left waits to be noted: looked at more and more seldom. */
static uint64_t noted_pause(struct file_input *self, bool only_waits)
{
    if (!only_waits)
        self->noted_pause_ns = 0;
    else if (!self->noted_pause_ns)
        self->noted_pause_ns = FILE_NOTED_POLL_NS;
    else
        self->noted_pause_ns = MIN(2 * self->noted_pause_ns, FILE_NOTED_POLL_MAX_NS);
    return self->noted_pause_ns;
}

void file_take_turn(struct file_input *self)
{
    struct loop *loop = context_of(self)->loop;
    unsigned budget = FILE_LOOP_BLOCKS;
    bool only_waits = true;
    struct tail *tail, *first_waiting = NULL;

    while (budget && (tail = list_first(&self->work, struct tail, work)) && tail != first_waiting) {
        enum turn_result result = take_file(self, tail, &budget);

        if (result == TURN_BLOCKED) {
            open_waiting(self);
            return; /* resume() brings us back */
        }
        only_waits &= result == TURN_WAITS;
        if (result == TURN_WAITS && !first_waiting)
            first_waiting = tail;
    }
    if (list_empty(&self->work))
        file_end_if_done(self);
    else
        loop_set_timer(loop, &self->turn_timer, loop_now_ns(loop) + noted_pause(self, only_waits));
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
