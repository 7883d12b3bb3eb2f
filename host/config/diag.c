#include "config/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static bool is_before(const struct diag *a, const struct diag *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void diag_list_sort(struct diag_list *list, size_t from)
{
    for (size_t i = from + 1; i < list->count; i++) {
        struct diag diag = list->items[i];
        size_t j = i;

        for (; j > from && is_before(&diag, &list->items[j - 1]); j--)
            list->items[j] = list->items[j - 1];
        list->items[j] = diag;
    }
}

void diag_list_drop_following(struct diag_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].follows) {
            list->n_errors -= list->items[i].severity == DIAG_ERROR;
            diag_finish(&list->items[i]);
        } else {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

bool diag_is_told(const struct diag_list *list, struct place place)
{
    for (size_t i = 0; place.line && i < list->count; i++) {
        const struct diag *diag = &list->items[i];

        if (diag->severity == DIAG_ERROR && diag->line == place.line &&
            diag->column == place.column && diag->file && !strcmp(diag->file, place.file))
            return true;
    }
    return false;
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

static bool is_inside_character(char c)
{
    return ((unsigned char)c & 0xC0U) == 0x80U;
}

/* Both ends say what it is about: names of options and types stand there. */
static void cut_middle(char *message)
{
    size_t size = strlen(message), head = DIAG_MESSAGE_MAX * 3 / 4;
    size_t tail = size - (size > DIAG_MESSAGE_MAX ? DIAG_MESSAGE_MAX / 4 : size);

    if (size <= DIAG_MESSAGE_MAX)
        return;
    while (head && is_inside_character(message[head]))
        head--;
    while (is_inside_character(message[tail]))
        tail++;
    memcpy(message + head, "...", 3);
    memmove(message + head + 3, message + tail, size - tail + 1);
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
    cut_middle(message);
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
