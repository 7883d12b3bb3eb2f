/*
 * Threads of the host's own: with all signals blocked, which are for the control thread.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* `ret_thread` NULL: nobody will join it. 0, or an errno when there is none to be had.
 * [any] */
int thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument);

#endif
