/*
 * Why a plugin is not used: one cause, one code. Made where it is found, in this
 * process or in the probe child; told to the operator at every place that asked
 * for the plugin. Not thread-safe.
 */
#ifndef PLUGIN_REFUSAL_H
#define PLUGIN_REFUSAL_H

#include "base/util.h"
#include "config/diag.h"

/* Texts are on the heap and its own; NULL where there is nothing to say. */
struct refusal {
    const char *code;       /* static; NULL: not refused */
    char *message;          /* what is wrong, without the file's name */
    char *field;            /* the member, option or key it is about */
    char *found, *expected; /* both versions, sizes, digests */
    char *advice;           /* what to do */
};

void refusal_finish(struct refusal *refusal);
#define SCOPED_REFUSAL SCOPED_CALL(refusal_finish)

/* Fills a zeroed refusal; the caller may then set the other texts. `code` is a
 * literal. Always returns -ENOEXEC. */
int refuse(struct refusal *ret, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets a text of a refusal, as printf. */
void refusal_text(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

void refusal_copy(const struct refusal *refusal, struct refusal *ret_copy);

/* As a diagnostic about the plugin file `path`. */
void refusal_report(const struct refusal *refusal, const char *path, struct place place,
    enum diag_severity severity, struct diag_list *diags);

/* The code among those that exist, as a literal; NULL when unknown. */
const char *refusal_code(const char *text);

#endif
