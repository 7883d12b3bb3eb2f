#include "kit/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The value of a header in the head of a request; NULL: it is not there. */
static const char *header(const char *head, size_t size, const char *name)
{
    const char *end = head + size;
    const size_t name_size = strlen(name);

    for (const char *line = head; line && line < end;
         line = memchr(line, '\n', (size_t)(end - line))) {
        line += *line == '\n';
        if ((size_t)(end - line) > name_size && !strncasecmp(line, name, name_size) &&
            line[name_size] == ':') {
            line += name_size + 1;
            return line + strspn(line, " \t");
        }
    }
    return NULL;
}

static bool says(const char *value, const char *word)
{
    return value && !strncasecmp(value, word, strlen(word));
}

/* The bytes that the chunks take, -1: more are to come, -2: they are none. */
static ssize_t read_chunks(const char *data, size_t size, struct buf *body)
{
    size_t at = 0;

    for (;;) {
        const char *end = memmem(data + at, size - at, "\r\n", 2);
        char *digits_end = NULL;
        unsigned long long chunk;

        if (!end)
            return -1;
        chunk = strtoull(data + at, &digits_end, 16);
        if (digits_end == data + at || digits_end > end)
            return -2;
        at = (size_t)(end - data) + 2;
        if (chunk > size - at || size - at - chunk < 2)
            return -1;
        if (!chunk)
            return (ssize_t)at + 2;
        buf_append(body, data + at, chunk);
        at += chunk + 2;
    }
}

enum request_state request_parse(
    const char *data, size_t size, bool continued, size_t *ret_size, struct buf *body)
{
    const char *end = size ? memmem(data, size, "\r\n\r\n", 4) : NULL;
    const size_t head = end ? (size_t)(end - data) + 2 : 0;
    const char *length;
    unsigned long long content = 0;

    if (!end)
        return REQUEST_PART;
    if (!memmem(data, head, " HTTP/1.", 8))
        return REQUEST_BAD;
    length = header(data, head, "Content-Length");
    if (says(header(data, head, "Transfer-Encoding"), "chunked")) {
        SCOPED_BUF struct buf chunks = {0};
        const ssize_t taken = read_chunks(data + head + 2, size - head - 2, &chunks);

        if (taken >= 0) {
            buf_append(body, chunks.data, chunks.size);
            *ret_size = head + 2 + (size_t)taken;
            return REQUEST_WHOLE;
        }
        if (taken == -2)
            return REQUEST_BAD;
    } else {
        content = length ? strtoull(length, NULL, 10) : 0;
        if (content <= size - head - 2) {
            buf_append(body, data + head + 2, content);
            *ret_size = head + 2 + content;
            return REQUEST_WHOLE;
        }
    }
    return !continued && says(header(data, head, "Expect"), "100-continue") ? REQUEST_EXPECTS
                                                                            : REQUEST_PART;
}

void request_encoding(const char *data, size_t size, char encoding[REQUEST_ENCODING_MAX])
{
    const char *end = memmem(data, size, "\r\n\r\n", 4);
    const char *value = end ? header(data, (size_t)(end - data) + 2, "Content-Encoding") : NULL;
    const size_t n = value ? strcspn(value, " \t\r\n") : 0;

    snprintf(encoding, REQUEST_ENCODING_MAX, "%.*s", (int)n, value ? value : "");
}
