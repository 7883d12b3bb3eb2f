#include "config/suggest.h"

#include <string.h>
#include <strings.h>
#include "base/util.h"

#define WORD_MAX 64u /* characters; longer words get no suggestion */

static const struct {
    const char *theirs, *ours;
} synonyms[] = {
    {"url", "RemoteURL"},
    {"uri", "RemoteURL"},
    {"endpoint", "RemoteURL"},
    {"host", "RemoteURL"},
    {"address", "RemoteURL"},
    {"path", "FilePath"},
    {"path", "FilePaths"},
    {"paths", "FilePaths"},
    {"file", "FilePath"},
    {"file", "FilePaths"},
    {"filename", "FilePath"},
    {"filename", "FileName"},
    {"include", "FilePaths"},
    {"logpath", "FilePaths"},
    {"pattern", "Regex"},
    {"expression", "Regex"},
    {"fields", "Keys"},
    {"field", "SourceKey"},
    {"key", "SourceKey"},
    {"source", "SourceKey"},
    {"interval", "IntervalMs"},
    {"remove", "DropKeys"},
    {"remove_key", "DropKeys"},
    {"source", "inputs"},
    {"sources", "inputs"},
    {"filters", "processors"},
    {"transforms", "processors"},
    {"parsers", "processors"},
    {"outputs", "flushers"},
    {"output", "flushers"},
    {"sinks", "flushers"},
    {"destinations", "flushers"},
};

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

unsigned suggest_distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= m; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];

        row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            row[j] = MIN(
                MIN(above[j], row[j - 1]) + 1, above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1])));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = MIN(row[j], higher[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

void suggest_start(struct suggestion *suggestion, const char *word)
{
    const char *telling = strchr(word, '_'); /* of processor_x, the x */

    /* A third of the letters may be wrong. */
    telling = telling ? telling + 1 : word;
    *suggestion = (struct suggestion){word, NULL, (unsigned)MIN(strlen(telling), 30U) / 3 + 1};
}

void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    unsigned distance = suggest_distance(suggestion->word, candidate);

    if (distance < suggestion->distance ||
        (!suggestion->best && distance == suggestion->distance && distance < 3)) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}

const char *suggest_synonym(const char *word, size_t i)
{
    for (size_t at = 0; at < ARRAY_SIZE(synonyms); at++)
        if (!strcasecmp(synonyms[at].theirs, word) && i-- == 0)
            return synonyms[at].ours;
    return NULL;
}
