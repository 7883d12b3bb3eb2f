/*
 * Makes contents of the members of JSON objects. Values are slices of the text where
 * they can be. Belongs to one thread.
 */
#ifndef PROCESS_JSON_FLATTEN_H
#define PROCESS_JSON_FLATTEN_H

#include "process/json_keys.h"

struct json_flatten_options {
    struct weir_str connector; /* borrowed; joins the keys of nested objects */
    uint64_t depth;            /* levels that are taken apart; 0: all */
    bool ignore_first_connector, expand_array;
    bool null_is_empty; /* null becomes "", not its text */
};

struct json_flatten {
    struct json_flatten_options options;
    struct json_keys keys; /* private, as the next */
    uint32_t typical;
};

/* Zeroed but for the options, then this. */
void json_flatten_init(struct json_flatten *flatten);
void json_flatten_finish(struct json_flatten *flatten);
/* Before each batch. Returns the path of all keys: `root` is what they start with, and
 * lives as long as the batch. */
struct json_path json_flatten_reset(struct json_flatten *flatten, struct weir_str root);

/* Appends what the text holds. False: it is no JSON object; what came before the fault
 * was appended. */
bool json_flatten(struct json_flatten *flatten, struct batch *batch, struct weir_log *log,
    const struct json_path *root, struct weir_str text);

#endif
