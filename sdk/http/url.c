#include "private.h"

#include <stdlib.h>
#include <string.h>

/* A parameter of a query, decoded, and where it stood. */
struct parameter {
    struct weir_str key, value;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct parameter *left = a, *right = b;
    size_t size = left->key.size < right->key.size ? left->key.size : right->key.size;
    int r = size ? memcmp(left->key.data, right->key.data, size) : 0;

    if (r)
        return r;
    if (left->key.size != right->key.size)
        return left->key.size < right->key.size ? -1 : 1;
    return left->place < right->place ? -1 : 1;
}

static void append_escaped(struct weir_buffer *buffer, struct weir_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char plain[] = "-_.~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};

        if (memchr(plain, byte, sizeof plain - 1))
            weir_buffer_append_byte(buffer, (char)byte);
        else if (byte == ' ')
            weir_buffer_append_byte(buffer, '+');
        else
            weir_buffer_append(buffer, escape, sizeof escape);
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* Decodes in place. */
static struct weir_str unescape(char *text, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

        if (text[i] == '%' && low >= 0) {
            text[n++] = (char)(high << 4 | low);
            i += 2;
        } else {
            text[n++] = text[i] == '+' ? ' ' : text[i];
        }
    }
    return (struct weir_str){text, n};
}

/* The parameters of `query`, which is written over; at most `max` of them. */
static size_t split(char *query, struct parameter *parameters, size_t max)
{
    size_t n = 0;
    char *rest = query, *piece;

    while (n < max && (piece = strsep(&rest, "&"))) {
        char *value = strchr(piece, '=');
        size_t size = value ? (size_t)(value - piece) : strlen(piece);

        if (!*piece)
            continue;
        parameters[n].key = unescape(piece, size);
        parameters[n].value = value ? unescape(value + 1, strlen(value + 1)) : (struct weir_str){0};
        parameters[n].place = n;
        n++;
    }
    return n;
}

static void append_query(struct weir_buffer *out, const struct parameter *parameters, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        weir_buffer_append_byte(out, i ? '&' : '?');
        append_escaped(out, parameters[i].key);
        weir_buffer_append_byte(out, '=');
        append_escaped(out, parameters[i].value);
    }
}

static size_t count(const char *text, char byte)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == byte;
    return n;
}

/* A text of the buffer as a string that the caller frees; empties the buffer. */
static char *take(struct weir_buffer *buffer)
{
    char *text;

    weir_buffer_append_byte(buffer, '\0');
    text = buffer->failed ? NULL : buffer->data;
    if (!text)
        weir_buffer_finish(buffer);
    return text;
}

char *http_url_with(const char *url, struct weir_str_map query)
{
    const char *fragment = url + strcspn(url, "#"), *mark = strchr(url, '?');
    struct weir_buffer out = {0};
    struct parameter *parameters;
    size_t n_max, n;
    char *given;

    if (!query.count)
        return strdup(url);
    if (!mark || mark > fragment)
        mark = fragment;
    given = strndup(
        mark < fragment ? mark + 1 : "", mark < fragment ? (size_t)(fragment - mark - 1) : 0);
    n_max = given ? count(given, '&') + 1 + query.count : 0;
    parameters = given ? calloc(n_max, sizeof *parameters) : NULL;
    if (!parameters) {
        free(given);
        return NULL;
    }
    n = split(given, parameters, n_max - query.count);
    for (size_t i = 0; i < query.count; i++, n++)
        parameters[n] = (struct parameter){query.items[i].key, query.items[i].value, n};
    qsort(parameters, n, sizeof *parameters, compare);
    weir_buffer_append(&out, url, (size_t)(mark - url));
    append_query(&out, parameters, n);
    free(parameters);
    free(given);
    return take(&out);
}

char *http_url_public(const char *url)
{
    CURLU *parts = curl_url();
    char *text = NULL, *copy = NULL;

    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK) {
        curl_url_set(parts, CURLUPART_USER, NULL, 0);
        curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
        curl_url_set(parts, CURLUPART_QUERY, NULL, 0);
        curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
        if (curl_url_get(parts, CURLUPART_URL, &text, 0) == CURLUE_OK)
            copy = strdup(text);
    }
    curl_free(text);
    curl_url_cleanup(parts);
    return copy;
}
