#include "delivery/spool_record.h"

#include <endian.h>
#include <string.h>
#include <xxhash.h>
#include "base/util.h"

#define SPOOL_MAGIC 0x4C4F5053u /* "SPOL" */
#define SPOOL_VERSION 1u
#define PAGE_BYTES 4096u
#define PAGE_HEADER_BYTES 16u

/* As it is stored, numbers little-endian. */
struct stored {
    uint32_t magic, version;
    uint64_t seq, wall_ns, size, checksum;
    uint32_t n_logs, reserved;
    uint64_t own_checksum; /* of all before it */
};
_Static_assert(sizeof(struct stored) == SPOOL_INFO_BYTES, "no holes");

static uint64_t own_checksum(const struct stored *stored)
{
    return XXH3_64bits(stored, offsetof(struct stored, own_checksum));
}

void spool_info_encode(const struct spool_info *info, unsigned char bytes[SPOOL_INFO_BYTES])
{
    struct stored stored = {
        .magic = htole32(SPOOL_MAGIC),
        .version = htole32(SPOOL_VERSION),
        .seq = htole64(info->seq),
        .wall_ns = htole64(info->wall_ns),
        .size = htole64(info->size),
        .checksum = htole64(info->checksum),
        .n_logs = htole32(info->n_logs),
    };

    stored.own_checksum = htole64(own_checksum(&stored));
    memcpy(bytes, &stored, sizeof stored);
}

bool spool_info_decode(const void *bytes, size_t size, struct spool_info *ret_info)
{
    struct stored stored;

    if (size != sizeof stored)
        return false;
    memcpy(&stored, bytes, sizeof stored);
    if (le32toh(stored.magic) != SPOOL_MAGIC || le32toh(stored.version) != SPOOL_VERSION ||
        le64toh(stored.own_checksum) != own_checksum(&stored) ||
        le64toh(stored.size) > SPOOL_CONTENT_BYTES_MAX)
        return false;
    *ret_info = (struct spool_info){
        .seq = le64toh(stored.seq),
        .wall_ns = le64toh(stored.wall_ns),
        .size = le64toh(stored.size),
        .checksum = le64toh(stored.checksum),
        .n_logs = le32toh(stored.n_logs),
    };
    return true;
}

uint32_t spool_info_pieces(const struct spool_info *info)
{
    return (uint32_t)((info->size + SPOOL_PIECE_BYTES - 1) / SPOOL_PIECE_BYTES);
}

uint64_t spool_info_disk_bytes(const struct spool_info *info)
{
    uint64_t whole = info->size / SPOOL_PIECE_BYTES;
    uint64_t rest = info->size % SPOOL_PIECE_BYTES;
    uint64_t pages = whole * (SPOOL_PIECE_BYTES + PAGE_HEADER_BYTES) / PAGE_BYTES;

    if (rest > PAGE_BYTES / 2) /* smaller ones share a page */
        pages += (rest + PAGE_HEADER_BYTES + PAGE_BYTES - 1) / PAGE_BYTES;
    else
        pages += rest != 0;
    return pages * PAGE_BYTES + 4 * (uint64_t)SPOOL_INFO_BYTES;
}

uint64_t spool_checksum(const void *content, size_t size)
{
    return XXH3_64bits(content, size);
}

void spool_key_encode(uint64_t seq, unsigned char key[SPOOL_KEY_BYTES])
{
    uint64_t big = htobe64(seq);

    memcpy(key, &big, sizeof big);
}

uint64_t spool_key_decode(const unsigned char key[SPOOL_KEY_BYTES])
{
    uint64_t big;

    memcpy(&big, key, sizeof big);
    return be64toh(big);
}

void spool_piece_key_encode(uint64_t seq, uint32_t piece, unsigned char key[SPOOL_PIECE_KEY_BYTES])
{
    uint32_t big = htobe32(piece);

    spool_key_encode(seq, key);
    memcpy(key + SPOOL_KEY_BYTES, &big, sizeof big);
}
