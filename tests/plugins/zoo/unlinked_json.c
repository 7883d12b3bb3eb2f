/* Needs json-c and does not link it: works because the host has it. */
#include "base.h"

int json_object_put(void *object);

static int unlinked_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    json_object_put(NULL);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.stop = unlinked_stop);
