/*
 * What the plugin does with the heap. This program has a malloc of its own (heap.c) on
 * top of the C library's. It tells the plugin's allocations from the kit's by the
 * thread: one that the plugin made, or one of the kit's between heap_enter() and
 * heap_leave(). Builds with a sanitizer have the sanitizer's malloc; nothing is seen in
 * them. [any]
 */
#ifndef KIT_HEAP_H
#define KIT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the heap can be seen at all. */
bool heap_visible(void);

/* This thread is the kit's; to be called once at its start. */
void heap_kit_thread(void);
/* Around a call into the plugin; and the other way round, around a call of the host. */
void heap_enter(void);
void heap_leave(void);
/* Whether this thread runs code of the plugin, or of what it calls. */
bool heap_inside(void);

/* Where the plugin's code lies, for heap_fail_at(); `path` as it was loaded. */
void heap_know_plugin(const char *path);
/* Whether an address is in the plugin's code. */
bool heap_is_plugin(const void *address);

/* From now on blocks that the plugin gets are noted, with who got them; false: no more
 * are, but what was noted is still known. */
void heap_watch(bool on);
/* Blocks noted and not freed, their bytes. */
void heap_live(size_t *ret_blocks, uint64_t *ret_bytes);
/* The one of whom most bytes are live: "flusher_x.so+0x1234 x_init, 3 blocks, 96 bytes". */
void heap_describe(char *text, size_t text_max);

/* The n-th allocation from now on that the plugin's own code asks for fails; 0: none. */
void heap_fail_at(uint64_t n);
/* The same, and all after it. */
void heap_fail_from(uint64_t n);
/* Whether that has happened since the last n that was not 0. */
bool heap_has_failed(void);

/* Blocks that the plugin gets from now on have a border, which is looked at when they are
 * freed, and hold garbage when they are new and once they are freed. */
void heap_guard(bool on);
/* Whether a border was found overwritten; who had got the block. */
bool heap_overrun(char *text, size_t text_max);

/* Allocations of the plugin so far. */
uint64_t heap_count(void);

#endif
