/* Durations and sizes as people read them. Pure; each returns its buffer. */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stdint.h>

#define UNITS_TEXT_MAX 24

/* "850ms", "3.2s", "12m05s", "3h07m", "2d04h" */
const char *duration_text(double seconds, char text[static UNITS_TEXT_MAX]);
/* "512 B", "3.0 MiB" */
const char *size_text(uint64_t bytes, char text[static UNITS_TEXT_MAX]);

#endif
