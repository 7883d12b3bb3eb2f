#include "config/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"

static void diag_finish(struct diag *diag)
{
    free(diag->file);
    free(diag->message);
    free(diag->expected);
    free(diag->suggestion);
    free(diag->source_line);
}

void diag_list_finish(struct diag_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        diag_finish(&list->items[i]);
    diag_finish(&list->hidden);
    free(list->items);
    free(list->secret_lines);
    *list = (struct diag_list){0};
}

/* Where the next one goes. */
static struct diag *next_diag(struct diag_list *list)
{
    if (list->count < DIAG_LIST_MAX) {
        MEM_GROW(list->items, list->count, list->capacity);
        return &list->items[list->count++];
    }
    list->n_hidden++;
    diag_finish(&list->hidden);
    return &list->hidden;
}

void diag_list_hide_lines(struct diag_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].source_line);
        list->items[i].source_line = NULL;
    }
}

void diag_secret_line(struct diag_list *list, unsigned line)
{
    MEM_GROW(list->secret_lines, list->n_secret_lines, list->cap_secret_lines);
    list->secret_lines[list->n_secret_lines++] = line;
}

bool diag_is_secret_line(const struct diag_list *list, unsigned line)
{
    for (size_t i = 0; i < list->n_secret_lines; i++)
        if (list->secret_lines[i] == line)
            return true;
    return false;
}

struct diag *diag_add(struct diag_list *list, enum diag_severity severity, const char *code,
    struct place place, const char *format, ...)
{
    struct diag *diag;
    char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = mem_strdup(format);
    va_end(arguments);
    diag = next_diag(list);
    *diag = (struct diag){
        .code = code,
        .severity = severity,
        .file = place.file ? mem_strdup(place.file) : NULL,
        .line = place.line,
        .column = place.column,
        .length = place.length,
        .message = message,
    };
    list->n_errors += severity == DIAG_ERROR;
    list->n_warnings += severity == DIAG_WARNING;
    return diag;
}
