#include "pipeline/on_loop.h"

#include <semaphore.h>
#include "base/util.h"

struct waiting_call {
    struct loop_call call;
    void (*run)(void *argument);
    void *argument;
    sem_t done;
};

static void run_and_tell(struct loop_call *call)
{
    struct waiting_call *waiting = container_of(call, struct waiting_call, call);

    waiting->run(waiting->argument);
    sem_post(&waiting->done);
}

void on_loop(struct loop *loop, void (*run)(void *argument), void *argument)
{
    struct waiting_call waiting = {{.run = run_and_tell}, run, argument, {{0}}};

    if (!loop_is_handed_over(loop)) {
        run(argument);
        return;
    }
    sem_init(&waiting.done, 0, 0);
    loop_post(loop, &waiting.call);
    while (sem_wait(&waiting.done))
        ;
    sem_destroy(&waiting.done);
}
