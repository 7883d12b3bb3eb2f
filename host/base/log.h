/*
 * The daemon's own log: one line a message, to standard error. Written where a
 * decision is made, once, with what it is about as fields:
 *
 *     log_warn("flush failed", LOG_STR("lane", name), LOG_INT("attempt", n));
 *
 * The writer is the one thing in the process that is not passed around. [any]
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR, /* the numbers are those of WEIR_LOG_* */
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

enum log_format {
    LOG_FORMAT_PLAIN,  /* for a terminal */
    LOG_FORMAT_LOGFMT, /* ts=... level=... msg="..." key=value */
    LOG_FORMAT_JSON,   /* an object a line */
};

struct log_field {
    const char *key;  /* [a-z0-9_]+ */
    const char *text; /* NULL: `number` is meant */
    size_t size;      /* bytes of text */
    int64_t number;
};

#define LOG_STR(KEY, TEXT) ((struct log_field){KEY, TEXT, SIZE_MAX, 0})
#define LOG_BYTES(KEY, DATA, SIZE) ((struct log_field){KEY, DATA, SIZE, 0})
#define LOG_INT(KEY, NUMBER) ((struct log_field){KEY, NULL, 0, (int64_t)(NUMBER)})

/* The first one is a place-holder, so that none may be given. */
#define LOG_FIELDS_(...) \
    (const struct log_field[]){{NULL, NULL, 0, 0}, ##__VA_ARGS__} + 1, \
        sizeof((const struct log_field[]){{NULL, NULL, 0, 0}, ##__VA_ARGS__}) / \
                sizeof(struct log_field) - \
            1

#define log_error(MESSAGE, ...) log_write(LOG_LEVEL_ERROR, MESSAGE, LOG_FIELDS_(__VA_ARGS__))
#define log_warn(MESSAGE, ...) log_write(LOG_LEVEL_WARN, MESSAGE, LOG_FIELDS_(__VA_ARGS__))
#define log_info(MESSAGE, ...) log_write(LOG_LEVEL_INFO, MESSAGE, LOG_FIELDS_(__VA_ARGS__))
#define log_debug(MESSAGE, ...) log_write(LOG_LEVEL_DEBUG, MESSAGE, LOG_FIELDS_(__VA_ARGS__))

/* Set once at start; before it, INFO and PLAIN hold. */
void log_setup(enum log_level level, enum log_format format);
bool log_enabled(enum log_level level);
void log_write(
    enum log_level level, const char *message, const struct log_field *fields, size_t n_fields);

/* "error" ... "debug", "plain" ... "json" to numbers; false when it is none of them. */
bool log_level_parse(const char *text, enum log_level *ret_level);
bool log_format_parse(const char *text, enum log_format *ret_format);

/* Lets a message through at most once in `interval_ns` and counts the others. */
struct log_limit {
    uint64_t interval_ns, next_ns, suppressed;
};
/* Whether to write now; *ret_suppressed is how many were left out since. Not thread-safe. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, uint64_t *ret_suppressed);

#endif
