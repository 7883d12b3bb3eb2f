/*
 * One thread's event loop: file descriptors, timers, and calls posted by other
 * threads. Everything belongs to the loop's thread but loop_post and loop_stop,
 * which are [any]. Callbacks may add and remove anything, themselves too.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"

struct loop;

/* A watched descriptor; memory and descriptor are the caller's. */
struct loop_fd {
    int fd;
    void (*ready)(struct loop_fd *self, uint32_t epoll_events);
};

/* A one-shot timer; memory is the caller's. Zeroed but for `expired`: not set. */
struct loop_timer {
    void (*expired)(struct loop_timer *self);
    uint64_t at_ns;    /* private, as the next */
    size_t heap_index; /* 0: not set */
};

/* A call for the loop's thread; memory is the caller's and must live until run. A
 * call that is posted and has not run yet is not queued again. */
struct loop_call {
    void (*run)(struct loop_call *self);
    struct loop_call *next; /* private, as the next */
    bool queued;
};

/* NULL with errno set when the system has no descriptors left. */
struct loop *loop_create(void);
/* Calls that are still posted do not run. NULL is fine. */
void loop_destroy(struct loop *loop);

/* Runs until loop_stop, which may have come before it. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* The time, read once a turn of the loop; clock_now_ns in nanoseconds. */
uint64_t loop_now_ns(const struct loop *loop);

/* 0 or -errno (EPERM: a regular file). Remove it before its descriptor is closed. */
int loop_add_fd(struct loop *loop, struct loop_fd *watch, uint32_t epoll_events);
void loop_remove_fd(struct loop *loop, struct loop_fd *watch);

/* Sets (or moves) a timer; it may be in the past. */
void loop_set_timer(struct loop *loop, struct loop_timer *timer, uint64_t at_ns);
void loop_clear_timer(struct loop *loop, struct loop_timer *timer);

void loop_post(struct loop *loop, struct loop_call *call);

/* Who makes a loop may use it as its own until it hands it over, just before it makes
 * the loop's thread, and again when that cannot be made. All calls are the maker's. */
void loop_hand_over(struct loop *loop);
void loop_take_back(struct loop *loop);
bool loop_is_handed_over(const struct loop *loop);

#endif
