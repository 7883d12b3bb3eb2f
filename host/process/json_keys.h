/*
 * The keys that flattening makes of paths, each made once for a batch: logs of
 * one source have the same members in the same order, so the key that followed
 * last time is looked at first.
 */
#ifndef PROCESS_JSON_KEYS_H
#define PROCESS_JSON_KEYS_H

#include "event/batch.h"

/* Keys that are remembered within a batch; further ones are made each time. */
#define JSON_KEYS_MAX 1024U

/* A key, and what is a parent of others. */
struct json_path {
    struct weir_str text; /* in the batch */
    uint32_t index;       /* private */
};

struct json_keys {
    struct json_key *keys; /* private, as the next */
    uint32_t count, capacity, last;
    uint16_t *places;

    /* Bytes of new keys that the current log may still cause: paths within paths could
     * make any number of a few bytes. */
    size_t budget;
};

void json_keys_init(struct json_keys *keys);
void json_keys_finish(struct json_keys *keys);

/* Before each batch: forgets all. Returns the path of the outermost object, with the
 * text `root`, which must live as long as the batch. */
struct json_path json_keys_reset(struct json_keys *keys, struct weir_str root);
/* Before each log; `size` is that of its text. */
void json_keys_restart(struct json_keys *keys, size_t size);

/* The key of a member: the parent's, `connector`, `member`. False: over budget. */
bool json_keys_get(struct json_keys *keys, struct batch *batch, const struct json_path *parent,
    struct weir_str connector, struct weir_str member, struct json_path *ret_path);

#endif
