/* Durations and sizes as operators write them. Pure. [any] */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "10s", "1m30s", "1.5h", "500ms", "20us", "100ns": nanoseconds. False if it is not. */
bool duration_parse(const char *text, size_t size, uint64_t *ret_ns);
/* "64KiB", "10MB", "1.5GiB", "100B", "4096": bytes. False if it is not. */
bool size_parse(const char *text, size_t size, uint64_t *ret_bytes);

#endif
