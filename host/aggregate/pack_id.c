#include "aggregate/pack_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"

#define FNV_OFFSET 0xcbf29ce484222325U
#define FNV_PRIME 0x100000001b3U

static uint64_t fnv1a(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

uint64_t pack_id_prefix(struct weir_str text, const char *source_ip)
{
    uint64_t now_ns = clock_wall_ns();
    uint64_t hash = fnv1a(FNV_OFFSET, text.data, text.size);

    hash = fnv1a(hash, source_ip, strlen(source_ip));
    return fnv1a(hash, &now_ns, sizeof now_ns);
}

size_t pack_id_format(char text[static PACK_ID_MAX], uint64_t prefix, int64_t number)
{
    return (size_t)snprintf(text, PACK_ID_MAX, "%" PRIX64 "-%" PRIX64, prefix, (uint64_t)number);
}
