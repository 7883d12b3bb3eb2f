#include "app/shared.h"

#include "base/filesystem.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/dead_letter.h"
#include "input/checkpoints.h"

unsigned n_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (unsigned)n : 1;
}

static void warn_if_in_memory(const char *data_dir)
{
    const char *name;

    if (filesystem_of(data_dir, &name) == FILESYSTEM_MEMORY)
        log_warn("the data folder is kept in memory: after a reboot files are read from their "
                 "start; put it on a disk",
            LOG_STR("path", data_dir), LOG_STR("filesystem", name));
}

int shared_open(struct pipeline_shared *shared, struct registry *registry, const char *data_dir,
    const struct host_facts *host, bool once)
{
    SCOPED_FREE char *folder = mem_printf("%s/checkpoints", data_dir);
    SCOPED_FREE char *letter_folder = mem_printf("%s/dead-letters", data_dir);
    SCOPED_FREE char *spool_folder = mem_printf("%s/spool", data_dir);
    char why[512] = "";

    if (!once)
        warn_if_in_memory(data_dir);
    *shared = (struct pipeline_shared){
        .registry = registry,
        .memory = memory_create(MEMORY_LIMIT_DEFAULT),
        .pool = pool_create(2 * n_cores()),
        .parcels = parcels_create(),
        .spools = spools_create(spool_folder),
        .checkpoints = checkpoints_open(folder, why, sizeof why),
        .data_dir = data_dir,
        .host = host,
        .once = once,
    };
    shared->letters = dead_letters_create(letter_folder, DEAD_LETTERS_BYTES_MAX, shared->pool);
    if (shared->checkpoints)
        return 0;
    log_error("cannot open the checkpoints; --data says where they are", LOG_STR("why", why));
    return -1;
}

bool shared_close(struct pipeline_shared *shared, bool hanging)
{
    unsigned left;

    checkpoints_close(shared->checkpoints);
    dead_letters_destroy(shared->letters);
    left = shared->pool ? pool_destroy(shared->pool) : 0;
    if (!left)
        spools_destroy(shared->spools);
    if (!left && !hanging) /* a lane that is left behind may give one back */
        parcels_destroy(shared->parcels);
    if (!left && shared->memory && !memory_used(shared->memory))
        memory_destroy(shared->memory);
    return left || hanging;
}
