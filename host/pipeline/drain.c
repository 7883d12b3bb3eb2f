#include "pipeline/drain.h"

#include <pthread.h>
#include "base/clock.h"
#include "base/thread.h"
#include "base/util.h"

struct drain {
    struct lane_watch watch;
    pthread_mutex_t lock; /* of `told`; taken after a lane's */
    pthread_cond_t wake;
    bool told; /* a lane has become idle since it was looked at */
};

static void lane_became_idle(struct lane_watch *watch)
{
    struct drain *drain = container_of(watch, struct drain, watch);

    pthread_mutex_lock(&drain->lock);
    drain->told = true;
    pthread_cond_signal(&drain->wake);
    pthread_mutex_unlock(&drain->lock);
}

static void init(struct drain *drain)
{
    *drain = (struct drain){.watch.idle = lane_became_idle};
    pthread_mutex_init(&drain->lock, NULL);
    thread_cond_init(&drain->wake);
}

static void finish(struct drain *drain)
{
    pthread_cond_destroy(&drain->wake);
    pthread_mutex_destroy(&drain->lock);
}

static void watch_lanes(struct pipeline *pipeline, struct lane_watch *watch)
{
    for (size_t i = 0; i < pipeline_n_lanes(pipeline); i++)
        lane_set_watch(pipeline_lane(pipeline, i), watch);
}

static uint64_t last_settled_ns(struct pipeline *pipeline)
{
    uint64_t last_ns = 0;

    for (size_t i = 0; i < pipeline_n_lanes(pipeline); i++)
        last_ns = MAX(last_ns, lane_settled_ns(pipeline_lane(pipeline, i)));
    return last_ns;
}

/* What a lane tells between the caller's look at it and this is not slept over. */
static void sleep_until(struct drain *drain, uint64_t until_ns)
{
    pthread_mutex_lock(&drain->lock);
    while (!drain->told && thread_wait_until(&drain->wake, &drain->lock, until_ns))
        ;
    drain->told = false;
    pthread_mutex_unlock(&drain->lock);
}

bool pipeline_drain(struct pipeline *pipeline, uint64_t patience_ns)
{
    uint64_t begun_ns = clock_now_ns(), until_ns;
    struct drain drain;
    bool idle;

    init(&drain);
    watch_lanes(pipeline, &drain.watch);
    while (!(idle = pipeline_idle(pipeline))) {
        until_ns = MAX(begun_ns, last_settled_ns(pipeline)) + patience_ns;
        if (clock_now_ns() >= until_ns)
            break;
        sleep_until(&drain, until_ns);
    }
    watch_lanes(pipeline, NULL);
    finish(&drain);
    return idle;
}
