#include "input/checkpoint_record.h"

#include <string.h>
#include <xxhash.h>

#define RECORD_VERSION 1U

/* At the front of a value; path and lanes (position, size of name, name) follow. */
struct stored {
    uint64_t checksum; /* of all behind it */
    uint32_t version;
    uint32_t n_lanes;
    uint64_t saved_s;
    uint64_t born_ns;
    uint64_t print_hash;
    uint32_t print_length;
    uint32_t path_size;
};

struct stored_lane {
    uint64_t position;
    uint64_t name_size;
};

struct checkpoint_key checkpoint_key_of(
    const char *pipeline, const char *input, uint64_t device, uint64_t inode)
{
    SCOPED_BUF struct buf names = {0};
    XXH128_hash_t hash;

    buf_append(&names, pipeline, strlen(pipeline) + 1);
    buf_puts(&names, input);
    hash = XXH3_128bits(names.data, names.size);
    return (struct checkpoint_key){{hash.high64, hash.low64}, device, inode};
}

bool checkpoint_key_equal(const struct checkpoint_key *a, const struct checkpoint_key *b)
{
    return !memcmp(a, b, sizeof *a);
}

void checkpoint_encode(const struct checkpoint_record *record, struct buf *value)
{
    struct stored stored = {
        .version = RECORD_VERSION,
        .n_lanes = record->n_lanes,
        .saved_s = record->saved_s,
        .born_ns = record->born_ns,
        .print_hash = record->print.hash,
        .print_length = record->print.length,
        .path_size = (uint32_t)record->path.size,
    };
    size_t start = value->size;

    buf_append(value, &stored, sizeof stored);
    buf_append(value, record->path.data, record->path.size);
    for (uint32_t i = 0; i < record->n_lanes; i++) {
        struct stored_lane lane = {record->positions[i], record->lanes[i].size};

        buf_append(value, &lane, sizeof lane);
        buf_append(value, record->lanes[i].data, record->lanes[i].size);
    }
    stored.checksum = XXH64(value->data + start + sizeof stored.checksum,
        value->size - start - sizeof stored.checksum, 0);
    memcpy(value->data + start, &stored.checksum, sizeof stored.checksum);
}

/* Takes `size` bytes off the front; NULL when there are not so many. */
static const char *take(const char **at, const char *end, uint64_t size)
{
    const char *taken = *at;

    if (size > (uint64_t)(end - taken))
        return NULL;
    *at += size;
    return taken;
}

static bool decode_lanes(struct checkpoint_record *record, const char *at, const char *end)
{
    for (uint32_t i = 0; i < record->n_lanes; i++) {
        const char *bytes = take(&at, end, sizeof(struct stored_lane));
        struct stored_lane lane;

        if (!bytes)
            return false;
        memcpy(&lane, bytes, sizeof lane);
        record->positions[i] = lane.position;
        record->lanes[i] = (struct weir_str){take(&at, end, lane.name_size), lane.name_size};
        if (!record->lanes[i].data)
            return false;
    }
    return true;
}

bool checkpoint_decode(const void *value, size_t size, struct checkpoint_record *ret_record)
{
    const char *at = value;
    const char *end = at + size;
    const char *bytes = take(&at, end, sizeof(struct stored));
    struct stored stored;

    if (!bytes)
        return false;
    memcpy(&stored, bytes, sizeof stored);
    if (stored.checksum !=
            XXH64(bytes + sizeof stored.checksum, size - sizeof stored.checksum, 0) ||
        stored.version != RECORD_VERSION || stored.n_lanes > RANGE_LANES_MAX)
        return false;
    bytes = take(&at, end, stored.path_size);
    if (!bytes)
        return false;
    ret_record->path = (struct weir_str){bytes, stored.path_size};
    ret_record->print = (struct fingerprint){stored.print_hash, stored.print_length};
    ret_record->saved_s = stored.saved_s;
    ret_record->born_ns = stored.born_ns;
    ret_record->n_lanes = stored.n_lanes;
    return decode_lanes(ret_record, at, end);
}

static bool find_lane(
    const struct checkpoint_record *record, const char *name, uint64_t *ret_position)
{
    size_t size = strlen(name);

    for (uint32_t i = 0; i < record->n_lanes; i++)
        if (record->lanes[i].size == size && !memcmp(record->lanes[i].data, name, size)) {
            *ret_position = record->positions[i];
            return true;
        }
    return false;
}

static uint64_t smallest(const uint64_t *positions, uint32_t n)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; i < n; i++)
        least = MIN(least, positions[i]);
    return n ? least : 0;
}

void checkpoint_positions(const struct checkpoint_record *record, const char *const *lanes,
    uint32_t n_lanes, uint64_t *ret_positions)
{
    uint64_t known[RANGE_LANES_MAX], least;
    uint32_t n_known = 0;

    for (uint32_t i = 0; i < n_lanes; i++)
        if (find_lane(record, lanes[i], &ret_positions[i]))
            known[n_known++] = ret_positions[i];
    least = n_known ? smallest(known, n_known) : smallest(record->positions, record->n_lanes);
    for (uint32_t i = 0; i < n_lanes; i++)
        if (!find_lane(record, lanes[i], &ret_positions[i]))
            ret_positions[i] = least;
}
