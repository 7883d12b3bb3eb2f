/* What this process uses, all threads together. [any] */
#ifndef KIT_USAGE_H
#define KIT_USAGE_H

#include <stdint.h>
#include <time.h>

/* Bytes of address space, and of memory; 0 when it is not known. */
uint64_t usage_mapped_bytes(void);
uint64_t usage_resident_bytes(void);

/* CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID. */
uint64_t usage_cpu_ns(clockid_t clock);

#endif
