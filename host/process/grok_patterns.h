/* The names that every grok expression may use, and what they stand for. */
#ifndef PROCESS_GROK_PATTERNS_H
#define PROCESS_GROK_PATTERNS_H

#include <stddef.h>

struct grok_pattern {
    const char *name, *text; /* the text may use names listed before or behind it */
};

extern const struct grok_pattern grok_patterns[];
extern const size_t grok_n_patterns;

#endif
