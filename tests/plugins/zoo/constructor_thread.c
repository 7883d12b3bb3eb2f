/* Starts a thread when it is loaded. */
#include "base.h"
#include <pthread.h>
#include <signal.h>

static void *idle(void *argument)
{
    for (;;)
        pause();
    return argument;
}

__attribute__((constructor)) static void begin(void)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, idle, NULL) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

ANIMAL();
