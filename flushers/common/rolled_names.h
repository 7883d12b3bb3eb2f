/* NAME.1, NAME.2, ...: what a rolled file is called; the higher the older. */
#ifndef COMMON_ROLLED_NAMES_H
#define COMMON_ROLLED_NAMES_H

#include <stdint.h>

/* Moves NAME to NAME.1, what was there to NAME.2 and so on, up to the first number
 * that is free. With `max_files` (0 = no limit) rolled files the oldest is replaced.
 * 0 or -errno; then some may have been moved, none is lost. */
int rolled_names_shift(const char *path, uint64_t max_files);

#endif
