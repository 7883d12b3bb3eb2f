#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/mem.h"
#include "delivery/spools_private.h"

/* Folders of a lane's name: pipeline, type, id. */
#define NAME_PARTS 3u

static bool is_folder(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool holds_data(const struct spools *spools, const char *lane)
{
    SCOPED_FREE char *path = mem_printf("%s/%s/data.mdb", spools->folder, lane);
    struct stat status;

    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
}

/* Names come from outside: three parts, none of which leads elsewhere. */
static bool is_lane_name(const char *name)
{
    size_t n_parts = 0;

    for (const char *at = name;; at++) {
        size_t size = strcspn(at, "/");

        if (!size || (size <= 2 && !strncmp(at, "..", size)))
            return false;
        n_parts++;
        at += size;
        if (!*at)
            return n_parts == NAME_PARTS;
    }
}

static void describe(const struct spools *spools, struct spool_left *left)
{
    SCOPED_FREE char *folder = mem_printf("%s/%s", spools->folder, left->lane);
    struct spool_spec spec = {.folder = folder};
    struct spool_status status;
    char why[256] = "";
    int r = spool_look(&spec, &status, why, sizeof why);

    left->logs = status.logs;
    left->bytes = r ? status.file_bytes : status.bytes;
    left->oldest_wall_ns = status.oldest_wall_ns;
    left->why = r ? mem_strdup(why) : NULL;
}

/* One that is in use is nobody's leftover. */
static void add(struct spools *spools, const char *lane, struct spools_left *left)
{
    struct spool_left *item;

    if (!holds_data(spools, lane) || !spools_take_name(spools, lane))
        return;
    if (left->count < SPOOLS_LEFT_MAX) {
        item = &left->items[left->count++];
        *item = (struct spool_left){.lane = mem_strdup(lane)};
        describe(spools, item);
    } else {
        left->n_more++;
    }
    spools_free_name(spools, lane);
}

/* `prefix`: the parts of the name so far, n_parts of them. */
static void walk(
    struct spools *spools, const char *prefix, unsigned n_parts, struct spools_left *left)
{
    SCOPED_FREE char *folder = mem_printf("%s/%s", spools->folder, prefix);
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        SCOPED_FREE char *path = mem_printf("%s/%s", folder, entry->d_name);
        SCOPED_FREE char *name = mem_printf("%s%s%s", prefix, n_parts ? "/" : "", entry->d_name);

        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || !is_folder(path))
            continue;
        if (n_parts + 1 < NAME_PARTS)
            walk(spools, name, n_parts + 1, left); /* NOLINT(misc-no-recursion): three deep */
        else
            add(spools, name, left);
    }
    closedir(dir);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct spool_left *)a)->lane, ((const struct spool_left *)b)->lane);
}

void spools_look(struct spools *spools, struct spools_left *ret)
{
    *ret = (struct spools_left){.items = mem_calloc(SPOOLS_LEFT_MAX, sizeof *ret->items)};
    walk(spools, "", 0, ret);
    qsort(ret->items, ret->count, sizeof *ret->items, by_name);
}

void spools_left_finish(struct spools_left *left)
{
    for (size_t i = 0; i < left->count; i++) {
        free(left->items[i].lane);
        free(left->items[i].why);
    }
    free(left->items);
    *left = (struct spools_left){0};
}

/* The folders above it, when nothing else is in them. */
static void remove_parents(const struct spools *spools, const char *lane)
{
    SCOPED_FREE char *path = mem_printf("%s/%s", spools->folder, lane);

    for (unsigned i = 1; i < NAME_PARTS; i++) {
        *strrchr(path, '/') = '\0';
        if (rmdir(path) < 0)
            return;
    }
}

static int delete (struct spools *spools, struct spool_left *left)
{
    SCOPED_FREE char *folder = mem_printf("%s/%s", spools->folder, left->lane);
    struct spool_spec spec = {.folder = folder};
    char why[256] = "";
    int r;

    describe(spools, left);
    r = spool_delete(&spec, why, sizeof why);
    if (!r) {
        log_warn("a spool was dropped as asked for", LOG_STR("spool", left->lane),
            LOG_INT("logs", left->logs), LOG_INT("bytes", left->bytes));
        remove_parents(spools, left->lane);
        return 0;
    }
    free(left->why);
    left->why = mem_strdup(why);
    return r;
}

int spools_drop(struct spools *spools, const char *lane, struct spool_left *ret)
{
    int r;

    *ret = (struct spool_left){0};
    if (!is_lane_name(lane) || !holds_data(spools, lane))
        return -ENOENT;
    if (!spools_take_name(spools, lane))
        return -EBUSY;
    ret->lane = mem_strdup(lane);
    r = delete (spools, ret);
    spools_free_name(spools, lane);
    return r;
}
