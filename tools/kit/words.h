/* Texts with a limit. [any] */
#ifndef KIT_WORDS_H
#define KIT_WORDS_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf; cut to the room there is. */
void words_put(char *text, size_t max, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
