#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <weir/batch.h>
#include "base/mem.h"
#include "delivery/spools_private.h"

/* A lane whose spool is open. */
struct taken {
    struct list list;
    char *lane;
};

struct spools *spools_create(const char *folder)
{
    struct spools *spools = mem_zalloc(sizeof *spools);

    spools->folder = mem_strdup(folder);
    spools->memory = memory_create(SPOOLS_READ_BACK_BYTES);
    pthread_mutex_init(&spools->lock, NULL);
    list_init(&spools->taken);
    list_init(&spools->waiting);
    return spools;
}

void spools_destroy(struct spools *spools)
{
    if (!spools || !list_empty(&spools->taken) || memory_used(spools->memory))
        return;
    memory_destroy(spools->memory);
    pthread_mutex_destroy(&spools->lock);
    free(spools->folder);
    free(spools);
}

struct memory *spools_memory(struct spools *spools)
{
    return spools->memory;
}

static char *folder_of(const struct spools *spools, const struct spool_claim *claim)
{
    struct weir_str path = claim->limits->spool_path;

    if (path.size)
        return mem_printf("%.*s/%s", (int)path.size, path.data, claim->lane);
    return mem_printf("%s/%s", spools->folder, claim->lane);
}

enum filesystem spools_filesystem(
    struct spools *spools, const struct spool_claim *claim, const char **ret_name)
{
    SCOPED_FREE char *folder = folder_of(spools, claim);

    return filesystem_of(folder, ret_name);
}

bool spools_has_data(struct spools *spools, const struct spool_claim *claim)
{
    SCOPED_FREE char *folder = folder_of(spools, claim);
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    struct stat status;

    return stat(path, &status) == 0;
}

static struct taken *find_taken(struct spools *spools, const char *lane)
{
    struct taken *taken;

    LIST_EACH (taken, &spools->taken, list) {
        if (!strcmp(taken->lane, lane))
            return taken;
    }
    return NULL;
}

/* Under the lock. */
static bool take_if_free(struct spools *spools, const char *lane)
{
    struct taken *taken;

    if (find_taken(spools, lane))
        return false;
    taken = mem_zalloc(sizeof *taken);
    taken->lane = mem_strdup(lane);
    list_append(&spools->taken, &taken->list);
    return true;
}

bool spools_take_name(struct spools *spools, const char *lane)
{
    bool is_free;

    pthread_mutex_lock(&spools->lock);
    is_free = take_if_free(spools, lane);
    pthread_mutex_unlock(&spools->lock);
    return is_free;
}

/* Whether the name was free; it is the claim's now, or the claim waits. */
static bool take_or_wait(struct spools *spools, struct spool_claim *claim)
{
    bool is_free;

    pthread_mutex_lock(&spools->lock);
    list_remove(&claim->waiting);
    is_free = take_if_free(spools, claim->lane);
    if (!is_free)
        list_append(&spools->waiting, &claim->waiting);
    pthread_mutex_unlock(&spools->lock);
    return is_free;
}

static struct spool_claim *next_waiting(struct spools *spools, const char *lane)
{
    struct spool_claim *claim;

    LIST_EACH (claim, &spools->waiting, waiting) {
        if (!strcmp(claim->lane, lane))
            return claim;
    }
    return NULL;
}

/* The callback runs under the lock, so that the claim cannot be withdrawn meanwhile. */
static void tell_next(struct spools *spools, const char *lane)
{
    struct spool_claim *next = next_waiting(spools, lane);

    if (!next)
        return;
    list_remove(&next->waiting);
    next->returned(next);
}

void spools_free_name(struct spools *spools, const char *lane)
{
    struct taken *taken;

    pthread_mutex_lock(&spools->lock);
    taken = find_taken(spools, lane);
    if (taken) {
        list_remove(&taken->list);
        free(taken->lane);
        free(taken);
    }
    tell_next(spools, lane);
    pthread_mutex_unlock(&spools->lock);
}

int spools_take(
    struct spools *spools, struct spool_claim *claim, struct spool **ret, char *why, size_t why_max)
{
    SCOPED_FREE char *folder = folder_of(spools, claim);
    struct spool_spec spec = {
        folder, claim->limits->spool_max_bytes, claim->limits->spool_durability != SPOOL_PROCESS};
    int r;

    if (!take_or_wait(spools, claim)) {
        snprintf(why, why_max, "another lane of that name still has it");
        return -EBUSY;
    }
    r = spool_open(&spec, ret, why, why_max);
    if (r)
        spools_free_name(spools, claim->lane);
    return r;
}

void spools_put(struct spools *spools, struct spool_claim *claim, struct spool *spool, bool empty)
{
    if (empty)
        spool_remove(spool);
    else
        spool_close(spool);
    spools_free_name(spools, claim->lane);
}

void spools_withdraw(struct spools *spools, struct spool_claim *claim)
{
    pthread_mutex_lock(&spools->lock);
    list_remove(&claim->waiting);
    if (!find_taken(spools, claim->lane)) /* it may have been told that it is free */
        tell_next(spools, claim->lane);
    pthread_mutex_unlock(&spools->lock);
}
