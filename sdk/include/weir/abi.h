/*
 * The ground of the ABI: version, exported symbol, and the small value types
 * that everything else is made of. Includes libc only; C11 and C++17.
 *
 * Rules that hold in every header here (docs/abi.md has the reasons):
 *  - A struct that crosses the border starts with `struct_size`, set by whoever
 *    owns its memory. The reader looks at no byte behind it. Members are only
 *    ever appended. Value types (weir_str, weir_kv, weir_field) never change.
 *  - Whoever made memory frees it. Nothing is freed across the border.
 *  - Nobody but its owner allocates, copies or takes sizeof of a struct.
 *  - Thread tags: [control] one thread at a time for one instance; [flush] a
 *    worker of the host; [any] every thread, also from inside a callback.
 */
#ifndef WEIR_ABI_H
#define WEIR_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define WEIR_BEGIN_DECLS extern "C" {
#define WEIR_END_DECLS }
#else
#define WEIR_BEGIN_DECLS
#define WEIR_END_DECLS
#endif

/* The major is part of the registration symbol's name; see WEIR_REGISTER_SYMBOL. */
#define WEIR_ABI_MAJOR 1u
#define WEIR_ABI_MINOR 1u

/* Name of the one exported function, as dlsym wants it. */
#define WEIR_REGISTER_SYMBOL "weir_plugin_register_v1"

#define WEIR_EXPORT __attribute__((visibility("default"), used))

WEIR_BEGIN_DECLS

/* Bytes of a given length, borrowed. Any byte may occur, NUL too; no NUL is
 * promised behind the end unless the member says so. Empty: size 0, and data
 * is then not looked at (it may be NULL). */
struct weir_str {
    const char *data;
    size_t size; /* bytes */
};

/* A key and its value; both of any bytes. */
struct weir_kv {
    struct weir_str key;
    struct weir_str value;
};

/* One field of a structured log line: the key is ASCII [a-z0-9_]+. */
struct weir_field {
    struct weir_str key;
    struct weir_str value;
};

/* Where a failure is told in words. The memory is the caller's; the callee
 * writes at most `text_max` bytes, the last of them NUL. `text_max` may be 0. */
struct weir_error {
    uint32_t struct_size;
    int32_t code;    /* 0, or a number of the callee's own (an errno, an HTTP status) */
    char *text;      /* UTF-8, one line */
    size_t text_max; /* bytes, the NUL included */
};

WEIR_END_DECLS

#endif
