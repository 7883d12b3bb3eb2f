/*
 * Threads of the host's own: with all signals blocked, which are for the control thread; and
 * waiting by the clock of base/clock.h.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* `ret_thread` NULL: nobody will join it. 0, or an errno when there is none to be had.
 * [any] */
int thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument);

/* A condition for thread_wait_until. */
void thread_cond_init(pthread_cond_t *cond);
/* As pthread_cond_wait, until that time at the latest; false when it has come. May wake for
 * no reason. */
bool thread_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t at_ns);

#endif
