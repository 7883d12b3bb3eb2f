/*
 * Grok expressions: regular expressions in which %{NAME} stands for what a library has
 * under that name, and %{NAME:key} also makes a content of it. [control]
 */
#ifndef PROCESS_GROK_LIBRARY_H
#define PROCESS_GROK_LIBRARY_H

#include "base/buf.h"
#include "base/pattern.h"

#define GROK_EXPRESSION_BYTES_MAX (256 * KIB) /* with all names replaced */

struct grok_library;

/* With the built-in names. */
struct grok_library *grok_library_create(void);
void grok_library_destroy(struct grok_library *library);
/* Adds a name, or gives it another meaning. Copies both. */
void grok_library_add(struct grok_library *library, struct weir_str name, struct weir_str text);
/* Adds the names of a file, or of all files of a folder: lines of a name, a space and what
 * it stands for; empty lines and those that start with # or " are none. */
bool grok_library_add_path(
    struct grok_library *library, const char *path, char *why, size_t why_max);

/* A content that an expression makes, and the groups that may hold it, the last one first. */
struct grok_field {
    char *key;
    uint32_t *groups;
    uint32_t n_groups;
};

/* An expression ready to be matched. */
struct grok {
    struct pattern *pattern;
    struct grok_field *fields;
    uint32_t n_fields;
};

/* False, with the reason in `why`: a name that is not there or stands for itself, an
 * expression that is wrong. */
bool grok_init(struct grok *grok, const struct grok_library *library, struct weir_str text,
    char *why, size_t why_max);
void grok_finish(struct grok *grok);

#endif
