/*
 * A batch that is made for a check, in memory of its own, so that pages can be taken
 * away from under a plugin. Filled, then given to flush(); it lives until
 * sample_destroy(). Not thread-safe, but sample_holds() is [any].
 */
#ifndef KIT_SAMPLE_H
#define KIT_SAMPLE_H

#include <stdbool.h>
#include <weir/flusher.h>

#define SAMPLE_BYTES ((size_t)16 << 20) /* address space for an ordinary one */

struct sample {
    struct weir_batch batch;
    /* private */
    char *memory;
    size_t size, capacity; /* bytes used, bytes of address space */
    uint32_t stride;       /* of logs */
    bool sealed;           /* its memory may not be written to by us either */
    bool guarded;          /* each string ends at a page that cannot be touched */
    struct weir_group *group;
    struct weir_group **groups;
    uint32_t groups_max;
    struct weir_kv *tags;
    struct weir_batch *copy; /* of `batch`, in the memory; what the plugin gets */
};

/* An empty batch for up to `groups_max` groups, in `capacity` bytes of address space. */
struct sample *sample_create(uint64_t id, uint32_t groups_max, size_t capacity);
void sample_destroy(struct sample *sample);

/* The next strings each end where a page begins that faults. */
void sample_guard(struct sample *sample);
/* Logs of the next groups are so many bytes apart, with garbage between. */
void sample_stride(struct sample *sample, uint32_t stride);

/* The memory goes back, the address space stays: nobody needs the batch any more. */
void sample_forget(struct sample *sample);

/* Begins a group with room for so many logs and tags. */
void sample_group(struct sample *sample, uint32_t logs_max, uint32_t tags_max);
void sample_tag(struct sample *sample, struct weir_str key, struct weir_str value);
/* A log of the last group; contents are copied. */
void sample_log(
    struct sample *sample, uint32_t time_s, const struct weir_kv *contents, uint32_t n_contents);
/* A copy in the sample's memory. */
struct weir_str sample_str(struct sample *sample, struct weir_str text);

/* What flush() gets; the members of `batch` are taken over at each call. */
const struct weir_batch *sample_view(struct sample *sample);

/* PROT_* of all its memory. */
void sample_protect(struct sample *sample, int protection);
/* Whether an address lies in its memory. */
bool sample_holds(const struct sample *sample, const void *address);

#endif
