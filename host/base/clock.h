/* The only place time is read from. [any] */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds that only grow, and nanoseconds since 1970 UTC. */
uint64_t clock_now_ns(void);
uint64_t clock_wall_ns(void);

#endif
