/*
 * plugins.yml: which plugin files the host may use. Text and places only; whether
 * the files are there and good is the registry's concern. [control]
 */
#ifndef PLUGIN_PLUGINS_FILE_H
#define PLUGIN_PLUGINS_FILE_H

#include <stddef.h>
#include "config/diag.h"
#include "plugin/trust.h"

/* Upper bounds; a file beyond is refused. */
#define PLUGINS_FILE_BYTES_MAX (1 * MIB)
#define PLUGINS_FILE_ENTRIES_MAX 4096 /* of all files together */

/* One entry of a section. */
struct plugins_entry {
    char *import;                  /* as written */
    char *file;                    /* the plugins.yml it stands in, as it was named */
    unsigned line, column, length; /* of `import` there */
    char digest[DIGEST_HEX_SIZE];  /* `sha256` in lower case, "" when not given */
    bool active;                   /* its section is for this platform */
};

struct plugins_list {
    struct plugins_entry *items;
    size_t count, capacity;
};

/* Reads one file, and beside it external_plugins.yml and plugins.d/NAME.yml (sorted by
 * name). Adds the entries that can be used, whatever else is wrong. */
void plugins_file_read(const char *path, struct plugins_list *list, struct diag_list *diags);
/* The same for text in memory, and without what lies beside. */
void plugins_file_parse(const char *path, const char *text, size_t size, struct plugins_list *list,
    struct diag_list *diags);
void plugins_list_finish(struct plugins_list *list);

struct place plugins_entry_place(const struct plugins_entry *entry);

#endif
