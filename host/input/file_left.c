/* Files that no path leads to any more when the input stops, open still: the input of the
 * pipeline's next generation reads on from their descriptors. Without one they are lost. */
#include <errno.h>
#include <fcntl.h>
#include "base/mem.h"
#include "input/input_file.h"

struct left_file {
    struct list link;
    int fd;
    char *path, *name; /* as in struct tail */
    uint64_t unread;   /* bytes, when it was left */
};

static void destroy(struct left_file *left)
{
    list_remove(&left->link);
    if (left->fd >= 0)
        close(left->fd);
    free(left->path);
    free(left->name);
    free(left);
}

void file_leave(struct file_input *self, struct tail *tail)
{
    struct left_file *left;
    struct stat status;

    if (tail->fd < 0 || fstat(tail->fd, &status) < 0 || (!tail->gone && status.st_nlink))
        return;
    left = mem_zalloc(sizeof *left);
    left->path = mem_strdup(tail->path);
    left->name = mem_strdup(tail->name);
    left->unread = status.st_nlink ? 0 : tail_unread(tail, (uint64_t)status.st_size);
    left->fd = take_fd(tail->fd);
    self->n_open--;
    list_append(&self->left, &left->link);
}

void file_inherit(struct input *input, struct input *before)
{
    struct file_input *heir = container_of(input, struct file_input, input);
    struct file_input *self = container_of(before, struct file_input, input);
    struct left_file *left;

    LIST_EACH (left, &self->left, link) {
        list_remove(&left->link);
        list_append(&heir->left, &left->link);
    }
}

/* It is read on where its checkpoint says, and only if that is there. False: that could not
 * be told, and it stays left. */
static bool take_up(struct file_input *self, struct left_file *left)
{
    struct stat status;
    struct tail *tail;
    int r, fd;

    if (fstat(left->fd, &status) < 0 || file_find_inode(self, status.st_dev, status.st_ino))
        return true;
    fd = fcntl(left->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return false;
    tail = file_add(self, left->path, &status);
    tail->gone = true;
    tail->seen = self->scan;
    tail->grew_ns = loop_now_ns(self->input.context->loop);
    tail_set_known(tail, left->name);
    tail_set_fd(tail, fd);
    r = tail_check(tail);
    if (r) { /* what is open has been checked: turns rely on that */
        file_drop(self, tail);
        return r == -ESTALE || r == -EMEDIUMTYPE;
    }
    self->n_open++;
    file_wake(self, tail);
    return true;
}

void file_take_up_left(struct file_input *self)
{
    struct left_file *left;

    LIST_EACH (left, &self->left, link) {
        if (take_up(self, left))
            destroy(left);
    }
}

void file_forget_left(struct file_input *self)
{
    struct left_file *left;

    LIST_EACH (left, &self->left, link) {
        troubles_add(&self->setup.troubles, TROUBLE_LOST_BYTES, left->path, left->unread);
        destroy(left);
    }
}
