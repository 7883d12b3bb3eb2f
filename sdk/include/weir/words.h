/*
 * Helper for plugins (linked into them, no part of the ABI): words for the operator,
 * and small things about texts. [any]
 */
#ifndef WEIR_WORDS_H
#define WEIR_WORDS_H

#include <stdbool.h>
#include <string.h>
#include <weir/flusher.h>

WEIR_BEGIN_DECLS

/* A line of the log, cut after 1 KiB. */
void weir_say(const struct weir_host *host, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The details of a verdict; cut to the room there is. */
void weir_explain(struct weir_result *result, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For the end of a failing init: `return weir_refuse(context->error, ...)`. Returns -1. */
int weir_refuse(struct weir_error *error, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text up to its NUL, borrowed. */
static inline struct weir_str weir_str_of(const char *text)
{
    struct weir_str str = {text, strlen(text)};

    return str;
}

static inline bool weir_str_is(struct weir_str str, const char *text)
{
    return str.size == strlen(text) && (!str.size || memcmp(str.data, text, str.size) == 0);
}

/* The value of the first content with that key, borrowed; NULL if there is none. */
static inline const struct weir_str *weir_log_get(const struct weir_log *log, const char *key)
{
    for (uint32_t i = 0; i < log->n_contents; i++)
        if (weir_str_is(log->contents[i].key, key))
            return &log->contents[i].value;
    return NULL;
}

WEIR_END_DECLS

#endif
