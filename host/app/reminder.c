#include "app/reminder.h"

#include "app/pipeline_set.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

struct reminder {
    struct loop *loop;
    const struct pipeline_set *set;
    uint64_t interval_ns;
    struct loop_timer timer;
};

static void remind(const struct pipeline_set *set)
{
    size_t n_refused = pipeline_set_refused(set);
    SCOPED_FREE char *names = NULL;

    if (!n_refused)
        return;
    names = pipeline_set_refused_names(set);
    log_warn("pipelines are still refused; `weir status` says why", LOG_INT("refused", n_refused),
        LOG_INT("running", pipeline_set_running(set)), LOG_STR("pipelines", names));
}

static void expired(struct loop_timer *timer)
{
    struct reminder *self = container_of(timer, struct reminder, timer);

    remind(self->set);
    loop_set_timer(self->loop, timer, loop_now_ns(self->loop) + self->interval_ns);
}

struct reminder *reminder_create(
    struct loop *loop, const struct pipeline_set *set, uint64_t interval_ns)
{
    struct reminder *reminder = mem_zalloc(sizeof *reminder);

    reminder->loop = loop;
    reminder->set = set;
    reminder->interval_ns = interval_ns;
    reminder->timer.expired = expired;
    loop_set_timer(loop, &reminder->timer, loop_now_ns(loop) + interval_ns);
    return reminder;
}

void reminder_destroy(struct reminder *reminder)
{
    if (!reminder)
        return;
    loop_clear_timer(reminder->loop, &reminder->timer);
    free(reminder);
}
