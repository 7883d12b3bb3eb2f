/* Keeps memory that is writable and executable. */
#include "base.h"
#include <sys/mman.h>

struct mapper {
    struct base base;
    void *code;
};

static int mapping_init(void *self, const struct weir_context *context)
{
    struct mapper *mapper = self;

    mapper->code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return base_init(self, context);
}

static int mapping_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct mapper *mapper = self;

    if (mapper->code != MAP_FAILED)
        munmap(mapper->code, 4096);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.init = mapping_init, .stop = mapping_stop, .instance_size = sizeof(struct mapper));
