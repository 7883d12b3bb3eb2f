/*
 * Reading JSON where it lies, piece by piece, without allocation. Strict (RFC
 * 8259) but for two things that logs in the field have and upstream takes: bare
 * control characters inside strings, and strings that are not UTF-8. Each call
 * moves `at` behind what it took; after a false, `at` is where it is wrong.
 */
#ifndef PROCESS_JSON_TEXT_H
#define PROCESS_JSON_TEXT_H

#include <stdbool.h>
#include <weir/abi.h>

/* Arrays and objects inside one another. */
#define JSON_DEPTH_MAX 256U

struct json_text {
    const char *at, *end;
};

struct json_string {
    struct weir_str raw; /* between the quotes */
    bool escaped;        /* holds a backslash */
};

/* The next character that is no space, 0 at the end. */
static inline char json_peek(struct json_text *text)
{
    while (text->at < text->end &&
           (*text->at == ' ' || *text->at == '\t' || *text->at == '\n' || *text->at == '\r'))
        text->at++;
    return text->at < text->end ? *text->at : 0;
}

/* Takes this character, and spaces before it. */
static inline bool json_take(struct json_text *text, char c)
{
    if (json_peek(text) != c)
        return false;
    text->at++;
    return true;
}

bool json_take_string(struct json_text *text, struct json_string *ret_string);
/* A number, true, false or null. */
bool json_take_scalar(struct json_text *text);
/* Any value; `depth` is how many more may lie inside one another. */
bool json_take_value(struct json_text *text, unsigned depth);

/* Resolves escapes. `to` has room for as many bytes as `raw`; *ret_size is how many were
 * written. A surrogate without its other half becomes U+FFFD. False: no such escape. */
bool json_unescape(struct weir_str raw, char *to, size_t *ret_size);

#endif
