/*
 * The stored form of what describes a record of a spool: a fixed number of bytes with a
 * version and a checksum, beside which lies the content, in pieces. Pure; reads whatever
 * bytes it is given.
 */
#ifndef DELIVERY_SPOOL_RECORD_H
#define DELIVERY_SPOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece, with the header of its page, fills eight pages: longer values would need
 * longer runs of free pages, which a store that is nearly full does not have. */
#define SPOOL_PIECE_BYTES 32752u
#define SPOOL_CONTENT_BYTES_MAX (UINT64_C(1) << 30)

struct spool_info {
    uint64_t seq;      /* in order of sending */
    uint64_t wall_ns;  /* when the content came to be */
    uint64_t size;     /* bytes of content */
    uint64_t checksum; /* of the content */
    uint32_t n_logs;
};

#define SPOOL_INFO_BYTES 56u

void spool_info_encode(const struct spool_info *info, unsigned char bytes[SPOOL_INFO_BYTES]);
/* False when the bytes are damaged, or of another version. */
bool spool_info_decode(const void *bytes, size_t size, struct spool_info *ret_info);

uint32_t spool_info_pieces(const struct spool_info *info);
/* Bytes that the record takes on disk, about. */
uint64_t spool_info_disk_bytes(const struct spool_info *info);
uint64_t spool_checksum(const void *content, size_t size);

/* Keys sort by seq, then piece. */
#define SPOOL_KEY_BYTES 8u
#define SPOOL_PIECE_KEY_BYTES 12u
void spool_key_encode(uint64_t seq, unsigned char key[SPOOL_KEY_BYTES]);
uint64_t spool_key_decode(const unsigned char key[SPOOL_KEY_BYTES]);
void spool_piece_key_encode(uint64_t seq, uint32_t piece, unsigned char key[SPOOL_PIECE_KEY_BYTES]);

#endif
