/*
 * The table of diagnostic codes: what each means, why it happens, what to do.
 * `weir explain`, SARIF rules and the reference page are made of it. [any]
 */
#ifndef CONFIG_CODES_H
#define CONFIG_CODES_H

#include <stddef.h>

struct code {
    const char *id;      /* "W1003" */
    const char *title;   /* a few words, no full stop */
    const char *cause;   /* sentences */
    const char *fix;     /* sentences */
    const char *example; /* lines, wrong and right */
};

/* The code of that name, in either case; NULL if there is none. */
const struct code *code_find(const char *id);
/* The i-th code, NULL behind the last. */
const struct code *code_at(size_t i);

#endif
