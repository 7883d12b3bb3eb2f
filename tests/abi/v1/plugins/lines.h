/*
 * Logs as lines of JSON in a file, for the plugins here: C and C++, and nothing but the
 * frozen headers and libc, so that they are what somebody built in the days of ABI 1.0.
 */
#ifndef V1_LINES_H
#define V1_LINES_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/flusher.h>

struct lines {
    char *data;
    size_t size, capacity;
    bool failed; /* memory was out; nothing more is added */
};

static inline void lines_add(struct lines *lines, const char *bytes, size_t size)
{
    if (size > lines->capacity - lines->size && !lines->failed) {
        size_t capacity = 2 * (lines->size + size);
        char *data = (char *)realloc(lines->data, capacity);

        lines->failed = !data;
        if (data) {
            lines->data = data;
            lines->capacity = capacity;
        }
    }
    if (lines->failed || !size)
        return;
    memcpy(lines->data + lines->size, bytes, size);
    lines->size += size;
}

static inline void lines_text(struct lines *lines, const char *text)
{
    lines_add(lines, text, strlen(text));
}

static inline void lines_number(struct lines *lines, unsigned long long number)
{
    char text[32];

    snprintf(text, sizeof text, "%llu", number);
    lines_text(lines, text);
}

/* A JSON string; bytes beyond ASCII are kept as they are. */
static inline void lines_string(struct lines *lines, struct weir_str text)
{
    lines_text(lines, "\"");
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        char escape[8];

        if (byte >= ' ' && byte != '"' && byte != '\\') {
            lines_add(lines, text.data + i, 1);
            continue;
        }
        snprintf(escape, sizeof escape, "\\u%04x", byte);
        lines_text(lines, escape);
    }
    lines_text(lines, "\"");
}

/* "name":"text", and a comma. */
static inline void lines_member(struct lines *lines, const char *name, struct weir_str text)
{
    lines_text(lines, "\"");
    lines_text(lines, name);
    lines_text(lines, "\":");
    lines_string(lines, text);
    lines_text(lines, ",");
}

/* [["key","value"],...] */
static inline void lines_pairs(struct lines *lines, const struct weir_kv *pairs, uint32_t n_pairs)
{
    lines_text(lines, "[");
    for (uint32_t i = 0; i < n_pairs; i++) {
        lines_text(lines, i ? ",[" : "[");
        lines_string(lines, pairs[i].key);
        lines_text(lines, ",");
        lines_string(lines, pairs[i].value);
        lines_text(lines, "]");
    }
    lines_text(lines, "]");
}

/* {"time":...,"contents":[...]} */
static inline void lines_log(struct lines *lines, const struct weir_log *log)
{
    lines_text(lines, "{\"time\":");
    lines_number(lines, log->time_s);
    lines_text(lines, ",\"contents\":");
    lines_pairs(lines, log->contents, log->n_contents);
    lines_text(lines, "}\n");
}

/* Appends all or nothing to the file. 0 or an errno. */
static inline int lines_write(const struct lines *lines, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640), r = 0;
    off_t start;

    if (fd < 0)
        return errno;
    start = lseek(fd, 0, SEEK_END);
    for (size_t at = 0; at < lines->size && !r;) {
        ssize_t n = write(fd, lines->data + at, lines->size - at);

        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            r = errno;
    }
    if (r && ftruncate(fd, start))
        r = errno;
    close(fd);
    return r;
}

/* Writes and empties. DELIVERED, or RETRY with the reason. */
static inline uint32_t lines_send(struct lines *lines, const char *path, struct weir_result *result)
{
    int r = lines->failed ? ENOMEM : lines_write(lines, path);

    lines->size = 0;
    lines->failed = false;
    if (!r)
        return WEIR_DELIVERED;
    result->code = r;
    snprintf(result->text, result->text_max, "cannot write %s: %s", path, strerror(r));
    return WEIR_RETRY;
}

#endif
