/*
 * Helper for plugins (linked into them, no part of the ABI): JSON text at the
 * end of a buffer. What comes out is valid UTF-8 and valid JSON for every
 * input: each byte that is no part of valid UTF-8 becomes U+FFFD. Running out
 * of memory is told by buffer->failed.
 */
#ifndef WEIR_JSON_H
#define WEIR_JSON_H

#include <weir/batch.h>
#include <weir/buffer.h>

WEIR_BEGIN_DECLS

/* A string with its quotes. Escaped is only what must be. */
void weir_json_string(struct weir_buffer *buffer, struct weir_str text);

/* The same, with < > & U+2028 U+2029 and U+FFFD for a wrong byte written as \uXXXX,
 * as Go's encoding/json does by default. */
void weir_json_string_html(struct weir_buffer *buffer, struct weir_str text);

/* Without < > &: as Go's encoding/json does when told not to escape HTML. */
void weir_json_string_go(struct weir_buffer *buffer, struct weir_str text);

/* "key":"value" pairs in order. Without braces; commas between them, and one in
 * front unless the buffer ends in '{'. Keys that repeat are repeated. */
void weir_json_members(struct weir_buffer *buffer, const struct weir_kv *pairs, size_t n_pairs);
/* The same, with strings as weir_json_string_go() has them. */
void weir_json_members_go(struct weir_buffer *buffer, const struct weir_kv *pairs, size_t n_pairs);

/* The contents of a log as one object: {"key":"value",...}. */
void weir_json_log(struct weir_buffer *buffer, const struct weir_log *log);

/* What stands in front in the objects of a group: its tags (but for __pack_id__ and
 * __user_defined_id__, which say nothing about a log), and the time. Starts zeroed. */
struct weir_json_head {
    struct weir_buffer text; /* {tags,"__time__":123 */
    size_t size;             /* of it without the digits */
    uint32_t time_s;         /* what the digits say */
};

/* Begins a group. Running out of memory is told by the buffer of weir_json_object(). */
void weir_json_head_set(struct weir_json_head *head, const struct weir_group *group);
void weir_json_head_finish(struct weir_json_head *head);

/* A log of that group: {"tag":"value",...,"__time__":123,"key":"value",...}. */
void weir_json_object(
    struct weir_buffer *buffer, struct weir_json_head *head, const struct weir_log *log);

WEIR_END_DECLS

#endif
