/*
 * Looks now and then whether the data folder is still there: if it was deleted it is made
 * and locked again, so that no second host begins on it, and that is told. What lay in it
 * comes back by whoever writes it. All calls on the loop's thread. [control]
 */
#ifndef APP_DATA_WATCH_H
#define APP_DATA_WATCH_H

#include <stdint.h>

#define DATA_WATCH_INTERVAL_NS (5 * NS_PER_S)

struct loop;
struct data_watch;

/* `lock_fd`, from data_lock(), is taken over; `loop` and `data_dir` are borrowed. */
struct data_watch *data_watch_create(struct loop *loop, const char *data_dir, int lock_fd);
/* Lets go of the lock. NULL is fine. */
void data_watch_destroy(struct data_watch *watch);

#endif
