/* What calls.c and the functions in place of system calls (calls_functions.c) share. */
#ifndef KIT_CALLS_PRIVATE_H
#define KIT_CALLS_PRIVATE_H

#include <stdatomic.h>

#define CALLS_FDS_MAX 1024
#define CALLS_WRITTEN_MAX 64u
#define CALLS_PATH_MAX 512

struct calls {
    atomic_int file_error;
    atomic_uint_fast64_t fail_in, n_files, n_shortened, n_refused_threads, n_resolved;
    atomic_bool fail_once, be_short, interrupt, no_threads;
    atomic_uint n_moves; /* since interrupt was set */
    atomic_int names;    /* enum calls_names */
    atomic_uint n_at_exit;
    atomic_bool by_plugin[CALLS_FDS_MAX];
    atomic_int_fast64_t jumped_ns, n_mapped;
    atomic_uint_fast64_t n_networked;
    atomic_uint n_written;
    struct {
        atomic_bool known; /* `path` is whole */
        char path[CALLS_PATH_MAX];
    } written[CALLS_WRITTEN_MAX];
};

extern struct calls calls;

#endif
