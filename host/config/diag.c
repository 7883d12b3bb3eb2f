#include "config/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"

void diag_list_finish(struct diag_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].file);
        free(list->items[i].message);
        free(list->items[i].expected);
        free(list->items[i].suggestion);
        free(list->items[i].source_line);
    }
    free(list->items);
    *list = (struct diag_list){0};
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
    MEM_GROW(list->items, list->count, list->capacity);
    diag = &list->items[list->count++];
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
