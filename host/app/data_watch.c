#include "app/data_watch.h"

#include <errno.h>
#include <unistd.h>
#include "app/data_lock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

struct data_watch {
    struct loop *loop;
    const char *data_dir;
    int lock_fd;
    struct loop_timer timer;
};

static bool is_gone(const struct data_watch *watch)
{
    SCOPED_FREE char *path = mem_printf("%s/lock", watch->data_dir);

    return access(path, F_OK) < 0 && errno == ENOENT;
}

static void lock_again(struct data_watch *watch)
{
    int fd = data_lock(watch->data_dir);

    if (fd < 0) /* told by it, and tried again */
        return;
    close(watch->lock_fd);
    watch->lock_fd = fd;
    log_error("the data folder was deleted while weir runs; it is made anew",
        LOG_STR("path", watch->data_dir));
}

static void expired(struct loop_timer *timer)
{
    struct data_watch *watch = container_of(timer, struct data_watch, timer);

    if (is_gone(watch))
        lock_again(watch);
    loop_set_timer(watch->loop, timer, loop_now_ns(watch->loop) + DATA_WATCH_INTERVAL_NS);
}

struct data_watch *data_watch_create(struct loop *loop, const char *data_dir, int lock_fd)
{
    struct data_watch *watch = mem_zalloc(sizeof *watch);

    *watch = (struct data_watch){
        .loop = loop, .data_dir = data_dir, .lock_fd = lock_fd, .timer.expired = expired};
    loop_set_timer(loop, &watch->timer, loop_now_ns(loop) + DATA_WATCH_INTERVAL_NS);
    return watch;
}

void data_watch_destroy(struct data_watch *watch)
{
    if (!watch)
        return;
    loop_clear_timer(watch->loop, &watch->timer);
    close(watch->lock_fd);
    free(watch);
}
