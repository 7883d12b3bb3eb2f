/*
 * Says again and again, in one line, which pipelines are refused, for as long as some
 * are: whoever missed the line at the start still finds one in the log of today. All
 * calls on the loop's thread. [control]
 */
#ifndef APP_REMINDER_H
#define APP_REMINDER_H

#include <stdint.h>

#define REMINDER_INTERVAL_NS (10 * 60 * NS_PER_S)

struct loop;
struct pipeline_set;
struct reminder;

/* The two are borrowed. */
struct reminder *reminder_create(
    struct loop *loop, const struct pipeline_set *set, uint64_t interval_ns);
/* Says no more. NULL is fine. */
void reminder_destroy(struct reminder *reminder);

#endif
