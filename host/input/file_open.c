#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include "base/log.h"
#include "base/mem.h"
#include "input/input_file.h"

/* One input takes at most this part of the descriptors the process may have. */
#define DESCRIPTOR_SHARE 4
#define OPEN_MIN 16

static const struct input_context *context_of(const struct file_input *self)
{
    return self->input.context;
}

size_t file_open_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return FILE_OPEN_MAX;
    return MAX(OPEN_MIN, MIN((size_t)limit.rlim_cur / DESCRIPTOR_SHARE, FILE_OPEN_MAX));
}

static void close_idle(struct file_input *self, struct tail *tail)
{
    list_remove(&tail->idle);
    tail_close(tail);
    self->n_open--;
}

/* Whether it can be closed before its time. One that is gone cannot be opened again. */
static bool can_wait(const struct file_input *self, const struct tail *tail)
{
    return !tail->gone || loop_now_ns(context_of(self)->loop) >= tail->grew_ns + FILE_GONE_KEEP_NS;
}

/* Closes the file that has been idle for longest; false when none can be. */
static bool close_an_idle(struct file_input *self)
{
    struct tail *tail;

    LIST_EACH (tail, &self->idle, idle) {
        if (!can_wait(self, tail))
            continue;
        tail->closed = tail->gone;
        close_idle(self, tail);
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

void file_note_unreadable(struct file_input *self, struct tail *tail, int error)
{
    tell_unreadable(self, tail, error);
    if (!context_of(self)->once)
        return;
    tail->done = true;
    self->n_unreadable++;
    if (!self->unreadable)
        self->unreadable = mem_printf("%s: %s", tail->path, strerror(error));
}

void file_wake_lacking(struct file_input *self)
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
    file_wake_lacking(self);
}

/* Waits until another is closed or idle. Said when it lasts: at start many files pass
 * through few descriptors. */
static void lack_descriptor(struct file_input *self, struct tail *tail)
{
    uint64_t now_ns = loop_now_ns(context_of(self)->loop), suppressed;

    if (context_of(self)->once && !self->n_open) {
        file_note_unreadable(self, tail, EMFILE);
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

static int check(struct file_input *self, struct tail *tail)
{
    bool was_open = tail->fd >= 0;
    int r;

    if (!was_open && self->n_open >= self->open_max && !close_an_idle(self))
        return -EMFILE;
    r = tail_check(tail);
    if ((r == -EMFILE || r == -ENFILE) && close_an_idle(self))
        r = tail_check(tail);
    self->n_open += (size_t)(tail->fd >= 0) - (size_t)was_open;
    return r;
}

/* It is compressed: not read, until it changes. */
static void pass_over(struct file_input *self, struct tail *tail)
{
    tail->done = context_of(self)->once;
    self->n_compressed++;
    file_wake_lacking(self);
}

bool file_prepare(struct file_input *self, struct tail *tail)
{
    int r = check(self, tail);

    if (!r) {
        tail->error = 0;
        tail->lacks_ns = 0;
        return true;
    }
    list_remove(&tail->work);
    if (r == -ENOENT || r == -ESTALE)
        tail->done = context_of(self)->once; /* its path leads elsewhere: a scan will tell */
    else if (r == -EMFILE || r == -ENFILE)
        lack_descriptor(self, tail);
    else if (r == -EMEDIUMTYPE)
        pass_over(self, tail);
    else
        file_note_unreadable(self, tail, -r);
    return false;
}
