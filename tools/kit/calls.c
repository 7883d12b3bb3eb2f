#include "kit/calls.h"

#include <stddef.h>
#include "kit/calls_private.h"

/* These functions are the whole process's, so this is, too. */
struct calls calls;

void calls_fail_file(int error, uint64_t nth)
{
    calls_fail_files(error, nth);
    atomic_store(&calls.fail_once, true);
}

void calls_fail_files(int error, uint64_t nth)
{
    atomic_store(&calls.fail_once, false);
    atomic_store(&calls.fail_in, nth);
    atomic_store(&calls.file_error, error);
}

uint64_t calls_files(void)
{
    return atomic_load(&calls.n_files);
}

void calls_be_short(bool on)
{
    atomic_store(&calls.be_short, on);
}

uint64_t calls_shortened(void)
{
    return atomic_load(&calls.n_shortened);
}

void calls_interrupt(bool on)
{
    atomic_store(&calls.n_moves, 0);
    atomic_store(&calls.interrupt, on);
}

void calls_no_threads(bool on)
{
    atomic_store(&calls.no_threads, on);
}

uint64_t calls_refused_threads(void)
{
    return atomic_load(&calls.n_refused_threads);
}

void calls_resolve(enum calls_names names)
{
    atomic_store(&calls.names, names);
}

uint64_t calls_resolved(void)
{
    return atomic_load(&calls.n_resolved);
}

unsigned calls_at_exit(void)
{
    return atomic_load(&calls.n_at_exit);
}

void calls_jump(int64_t ns)
{
    atomic_store(&calls.jumped_ns, ns);
}

int64_t calls_jumped(void)
{
    return atomic_load(&calls.jumped_ns);
}

uint64_t calls_networked(void)
{
    return atomic_load(&calls.n_networked);
}

int64_t calls_mapped(void)
{
    return atomic_load(&calls.n_mapped);
}

const char *calls_written(unsigned i)
{
    return i < CALLS_WRITTEN_MAX && atomic_load(&calls.written[i].known) ? calls.written[i].path
                                                                         : NULL;
}

bool calls_made_by_plugin(int fd)
{
    return fd >= 0 && fd < CALLS_FDS_MAX && atomic_load(&calls.by_plugin[fd]);
}
