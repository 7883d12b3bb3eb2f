/* What the tests of plugin/ share: where the built plugins are, folders and files, and
 * what is written to standard error. */
#ifndef TESTS_UNIT_PLUGIN_GIVEN_PLUGINS_H
#define TESTS_UNIT_PLUGIN_GIVEN_PLUGINS_H

#include <stddef.h>
#include <stdint.h>
#include "plugin/registry.h"

/* The built `weir`, and tests/plugins/flusher_<name>.so. The latter to be freed. */
const char *given_executable(void);
char *given_plugin(const char *name);

/* A folder of the test's own, and a file in it; both to be freed. */
char *given_folder(void);
char *given_file(const char *folder, const char *name, const char *text);
/* Copies over a file's content in place, or puts a new file in its place. */
void given_copy(const char *from, const char *to);
void given_replacement(const char *from, const char *to);

/* A registry of these files (paths, ended by NULL). */
struct registry *given_registry(const char *const *plugins, struct diag_list *diags);

/* Standard error goes to a file from now on; what has come there since, to be freed. */
void given_quiet(void);
char *given_words(void);

#endif
