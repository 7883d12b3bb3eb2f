/* What configuration files look like from outside: for where nothing tells of changes. */
#ifndef APP_CONFIG_PRINT_H
#define APP_CONFIG_PRINT_H

#include <stddef.h>
#include <stdint.h>

/* A number that is another one when a file came, went, or was written: of the FILE|DIR
 * arguments, and of the other files. [any] */
uint64_t config_print(
    char *const *arguments, size_t n_arguments, char *const *files, size_t n_files);

#endif
