/* The --plugins arguments of a command, and what holds without any. [control] */
#ifndef CLI_PLUGIN_FILES_H
#define CLI_PLUGIN_FILES_H

#include <stddef.h>

/* The one that is installed; WEIR_CONFIG_DIR is the build's. */
#define PLUGIN_FILES_SYSTEM WEIR_CONFIG_DIR "/plugins.yml"

struct plugin_files {
    const char **items;
    size_t count, capacity;
    char *own; /* the path that was found, if none was given */
};

/* The text is borrowed. */
void plugin_files_add(struct plugin_files *files, const char *path);
/* If none was given: plugins.yml beside `config` (a file or a folder, may be NULL),
 * in the current folder, or PLUGIN_FILES_SYSTEM. */
void plugin_files_default(struct plugin_files *files, const char *config);
void plugin_files_finish(struct plugin_files *files);

#endif
