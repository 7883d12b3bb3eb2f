#include "app/ingest.h"

#include <pthread.h>
#include <stdio.h>
#include "base/mem.h"
#include "input/watcher.h"

struct ingest_loop {
    pthread_t thread;
    struct loop *loop;
    struct watcher *watcher;
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

static int start_loop(struct ingest_loop *loop, char *why, size_t why_max)
{
    loop->loop = loop_create();
    loop->watcher = watcher_create(loop->loop);
    if (!pthread_create(&loop->thread, NULL, loop_main, loop->loop))
        return 0;
    snprintf(why, why_max, "cannot start a thread");
    watcher_destroy(loop->watcher);
    loop_destroy(loop->loop);
    return -1;
}

struct ingest *ingest_create(unsigned wanted, char *why, size_t why_max)
{
    struct ingest *ingest = mem_zalloc(sizeof *ingest);
    unsigned n_loops = MIN(MAX(wanted, 1U), INGEST_LOOPS_MAX);

    while (ingest->n_loops < n_loops) {
        if (start_loop(&ingest->loops[ingest->n_loops], why, why_max)) {
            ingest_destroy(ingest);
            return NULL;
        }
        ingest->n_loops++;
    }
    return ingest;
}

void ingest_destroy(struct ingest *ingest)
{
    for (unsigned i = 0; i < ingest->n_loops; i++) {
        loop_stop(ingest->loops[i].loop);
        pthread_join(ingest->loops[i].thread, NULL);
        watcher_destroy(ingest->loops[i].watcher);
        loop_destroy(ingest->loops[i].loop);
    }
    free(ingest);
}

struct pipeline_place ingest_place(struct ingest *ingest)
{
    struct ingest_loop *loop = &ingest->loops[ingest->next++ % ingest->n_loops];

    return (struct pipeline_place){loop->loop, loop->watcher};
}
