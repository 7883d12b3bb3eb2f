/* What was probably meant. Pure. [any] */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

/* Edits (insert, remove, change, swap of neighbours) from one word to the other,
 * without regard to case. */
unsigned suggest_distance(const char *a, const char *b);

/* Collects candidates; the nearest within reach wins, the first among equals. */
struct suggestion {
    const char *word; /* as it was written */
    const char *best; /* borrowed; NULL: nothing is near */
    unsigned distance;
};

void suggest_start(struct suggestion *suggestion, const char *word);
void suggest_offer(struct suggestion *suggestion, const char *candidate);

/* The i-th name that stands here for what other products call `word` ("url" ->
 * "RemoteURL", "Endpoint"); NULL behind the last. */
const char *suggest_synonym(const char *word, size_t i);

#endif
