/*
 * The template of a plugin's project (sdk/template/), which lies in the program: layers
 * of files, and the words in them that stand for the project's own.
 *
 * A file is part of a project when its first folder is `common`, the kind or the
 * language. In paths `dot-` stands for a dot. In paths and texts `acme` stands for the
 * name, and @WORD@ for what `struct template_words` has. [any]
 */
#ifndef KIT_TEMPLATE_H
#define KIT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"

struct template_file {
    const char *path; /* below sdk/template/; NULL behind the last file */
    const unsigned char *data;
    size_t size; /* bytes */
};

extern const struct template_file template_files[];

/* What is to be made. Borrowed. */
struct template_request {
    const char *name; /* [a-z][a-z0-9_]* */
    const char *kind; /* "min" ... */
    const char *lang; /* "c", "c++" */
};

/* Whether there is such a kind, such a language. */
bool template_has_kind(const char *kind);
bool template_has_lang(const char *lang);

/* Where the file lies in the project, appended to `out`. False when it is no part of it. */
bool template_path(
    const struct template_file *file, const struct template_request *request, struct buf *out);

/* The content, appended to `out`. */
void template_content(
    const struct template_file *file, const struct template_request *request, struct buf *out);

#endif
