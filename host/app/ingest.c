#include "app/ingest.h"

#include <pthread.h>
#include <stdio.h>
#include "base/mem.h"
#include "base/thread.h"
#include "input/watcher.h"

struct ingest_loop {
    pthread_t thread;
    struct loop *loop;
    struct watcher *watcher;
    bool started;
};

struct ingest {
    struct ingest_loop loops[INGEST_LOOPS_MAX];
    unsigned n_loops, next;
};

static void *loop_main(void *argument)
{
    pthread_setname_np(pthread_self(), "weir-ingest");
    loop_run(argument);
    return NULL;
}

/* Threads start late: while pipelines are made by the thousand, a loop without one
 * spares two changes of thread for each. */
int ingest_start(struct ingest *ingest, char *why, size_t why_max)
{
    for (unsigned i = 0; i < ingest->n_loops; i++) {
        struct ingest_loop *loop = &ingest->loops[i];

        if (loop->started)
            continue;
        loop_hand_over(loop->loop);
        loop->started = !thread_start(&loop->thread, loop_main, loop->loop);
        if (loop->started)
            continue;
        loop_take_back(loop->loop);
        snprintf(why, why_max, "cannot start a thread");
        return -1;
    }
    return 0;
}

struct ingest *ingest_create(unsigned wanted, char *why, size_t why_max)
{
    struct ingest *ingest = mem_zalloc(sizeof *ingest);

    ingest->n_loops = MIN(MAX(wanted, 1U), INGEST_LOOPS_MAX);
    for (unsigned i = 0; i < ingest->n_loops; i++) {
        struct ingest_loop *loop = &ingest->loops[i];

        loop->loop = loop_create();
        if (loop->loop) {
            loop->watcher = watcher_create(loop->loop);
            continue;
        }
        snprintf(why, why_max, "no descriptors are left for a loop");
        ingest_destroy(ingest);
        return NULL;
    }
    return ingest;
}

void ingest_stop(struct ingest *ingest)
{
    for (unsigned i = 0; i < ingest->n_loops; i++) {
        struct ingest_loop *loop = &ingest->loops[i];

        if (!loop->started)
            continue;
        loop_stop(loop->loop);
        pthread_join(loop->thread, NULL);
        loop_take_back(loop->loop);
        loop->started = false;
    }
}

void ingest_destroy(struct ingest *ingest)
{
    ingest_stop(ingest);
    for (unsigned i = 0; i < ingest->n_loops; i++) {
        struct ingest_loop *loop = &ingest->loops[i];

        watcher_destroy(loop->watcher);
        loop_destroy(loop->loop);
    }
    free(ingest);
}

struct pipeline_place ingest_place(struct ingest *ingest)
{
    struct ingest_loop *loop = &ingest->loops[ingest->next++ % ingest->n_loops];

    return (struct pipeline_place){loop->loop, loop->watcher};
}
