/*
 * System calls of the plugin, made to fail. This program has functions of these names of
 * its own, which a plugin and the libraries it uses find first; they fail only in the
 * plugin's calls and threads (heap_inside). What the C library does from within itself
 * (stdio) does not come by. Builds with a sanitizer do without. [any]
 */
#ifndef KIT_CALLS_H
#define KIT_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* The nth call from now on that changes a file (write, fsync, rename, ...) fails with this
 * errno, and all after it; 0: none does. */
void calls_fail_files(int error, uint64_t nth);
/* The same, but those after it work again. */
void calls_fail_file(int error, uint64_t nth);
/* Calls of that kind so far. */
uint64_t calls_files(void);

/* Reads and writes of files and sockets move few bytes at a time. */
void calls_be_short(bool on);
/* How often that has happened. */
uint64_t calls_shortened(void);

/* The same calls are interrupted every second time, before they have moved a byte. */
void calls_interrupt(bool on);

/* No thread is to be had. */
void calls_no_threads(bool on);
/* How often one was refused. */
uint64_t calls_refused_threads(void);

enum calls_names {
    CALLS_NAMES_REAL,    /* the system's resolver */
    CALLS_NAMES_HOME,    /* every name is 127.0.0.1 */
    CALLS_NAMES_UNKNOWN, /* no such host */
    CALLS_NAMES_AGAIN,   /* temporary failure */
    CALLS_NAMES_SLOW,    /* 127.0.0.1 after a second */
    CALLS_NAMES_MANY,    /* an address where nothing listens, then 127.0.0.1 */
};
void calls_resolve(enum calls_names names);
/* How often a name was asked for. */
uint64_t calls_resolved(void);

/* Functions that the plugin has left for the end of the process by atexit(); destructors of
 * C++ objects are not among them. */
unsigned calls_at_exit(void);

/* From now on the wall clock is so much off; clocks that never jump are not. */
void calls_jump(int64_t ns);
int64_t calls_jumped(void);

/* How often the plugin, or a library that it uses, has used a socket of the Internet's. */
uint64_t calls_networked(void);

/* Mappings that the plugin's own code has made and nobody has removed. */
int64_t calls_mapped(void);

/* The i-th file that the plugin's own code has opened to write or made, with its path as it
 * was then; NULL behind the last one that is known. Devices and memory are none. */
const char *calls_written(unsigned i);

/* Whether the plugin's own code has made this descriptor. */
bool calls_made_by_plugin(int fd);

#endif
