/*
 * Diagnostics: everything that is wrong with what an operator wrote, each with
 * its code, place, and what to do. They are collected, never printed at once, so
 * one run reports all problems of all files. Not thread-safe. [control]
 */
#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

#include <stdbool.h>
#include <stddef.h>

enum diag_severity {
    DIAG_ERROR,
    DIAG_WARNING,
    DIAG_NOTE,
};

/* A stretch of a file. line and column count from 1, column in characters;
 * line 0: the file as a whole. */
struct place {
    const char *file; /* borrowed; NULL: no file */
    unsigned line, column;
    unsigned length; /* characters to underline, 0 = 1 */
};

struct diag {
    const char *code; /* "W1003"; static, from the code table (config/codes) */
    enum diag_severity severity;
    char *file; /* NULL: none */
    unsigned line, column, length;
    char *message;     /* what is wrong, one line */
    char *expected;    /* what was expected, NULL if nothing to say */
    char *suggestion;  /* what to write or do instead, NULL */
    char *source_line; /* the line of the file it is about, NULL */
    bool follows;      /* most likely only from an error that is told as well */
};

/* A longer message loses its middle; bytes. */
#define DIAG_MESSAGE_MAX 480u

/* So many are kept; the others are only counted. */
#define DIAG_LIST_MAX 1000u

struct diag_list {
    struct diag *items;
    size_t count, capacity;
    size_t n_errors, n_warnings; /* those that are not kept, too */
    size_t n_hidden;             /* not kept */
    struct diag hidden;          /* the last of them; private */
    /* Lines of the file being read that hold a secret: they are not shown. */
    unsigned *secret_lines;
    size_t n_secret_lines, cap_secret_lines;
};

void diag_list_finish(struct diag_list *list);
/* Takes the shown lines away: what goes to a log must not quote a configuration,
 * which may hold secrets. */
void diag_list_hide_lines(struct diag_list *list);

/* Sorts those from index `from` on by line and column; equal ones stay as they are. */
void diag_list_sort(struct diag_list *list, size_t from);
/* Leaves out errors that only follow from others; they no longer count. */
void diag_list_drop_following(struct diag_list *list);
/* Whether there is an error at the very place. */
bool diag_is_told(const struct diag_list *list, struct place place);

void diag_secret_line(struct diag_list *list, unsigned line);
bool diag_is_secret_line(const struct diag_list *list, unsigned line);

/* Adds one and returns it so that expected and suggestion (heap text, then
 * owned by it) can be set. `code` must be in the code table. */
struct diag *diag_add(struct diag_list *list, enum diag_severity severity, const char *code,
    struct place place, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
