/* What heap.c and the functions in place of malloc (heap_functions.c) share. [any] */
#ifndef KIT_HEAP_PRIVATE_H
#define KIT_HEAP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#define HEAP_BORDER 16u /* bytes */

/* Only there in programs that are linked with heap_functions.c. */
extern const bool heap_has_functions __attribute__((weak));

/* 0: code of the plugin runs on this thread. */
extern _Thread_local int heap_outside;

/* Whether an allocation is to fail, for its caller's sake. */
bool heap_fails(const void *caller);
/* How many bytes more a block needs now. */
size_t heap_border(void);
/* Notes a block that the C library has given; returns it. */
void *heap_taken(void *block, size_t size, const void *caller, bool bordered);
/* The bytes of a new block with a border are no zeroes: what nobody has set is seen. Returns it. */
void *heap_spoil(void *block, size_t size);
/* Before a block is freed: the bytes of one with a border are garbage. */
void heap_spoil_freed(void *block);
/* A block goes: its note, too. */
void heap_forget(void *block);

#endif
