/* What of the model lies on the disk: positions in checkpoints, records in spools. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "delivery/group_read.h"
#include "delivery/spool.h"
#include "input/checkpoints.h"
#include "model/world.h"

/* -- checkpoints -- */

struct positions {
    const struct world *world;
    struct on_disk *disk;
};

/* What lies behind the positions will be read again. */
static void note_file(
    void *context, const struct checkpoint_key *key, const struct checkpoint_record *record)
{
    const struct positions *self = context;
    const struct world *world = self->world;
    const char *names[STORY_LANES_MAX];
    uint64_t positions[STORY_LANES_MAX];

    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        names[lane] = world_lane_name(world, lane);
    checkpoint_positions(record, names, world->story.n_lanes, positions);
    for (uint32_t line = 0; line < world->n_lines; line++)
        for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
            if (world->files[world->file_of[line]].inode == key->inode)
                self->disk->in_file[lane][line] = world->ends[line] > positions[lane];
}

static void look_at_checkpoints(
    const struct world *world, const char *copy, struct on_disk *ret_disk)
{
    SCOPED_FREE char *folder = mem_printf("%s/checkpoints", copy);
    struct positions positions = {world, ret_disk};
    struct checkpoints *checkpoints;
    char why[256] = "";

    memset(ret_disk->in_file, true, sizeof ret_disk->in_file); /* what is not known is read */
    if (access(folder, F_OK) < 0)
        return;
    checkpoints = checkpoints_open(folder, why, sizeof why);
    if (!checkpoints)
        return;
    checkpoints_each(checkpoints, "p", "input_file/1", note_file, &positions);
    checkpoints_close(checkpoints);
}

/* -- spools -- */

static void note_group(const struct world *world, const struct group *group, uint32_t *in_spool)
{
    for (uint32_t i = 0; i < group->view.n_logs; i++) {
        const struct weir_log *log = weir_log_at(&group->view, i);
        char number[8] = "";
        unsigned long line;

        memcpy(number, log->contents[0].value.data, MIN(log->contents[0].value.size, (size_t)7));
        line = strtoul(number, NULL, 10);
        if (line < world->n_lines)
            in_spool[line]++;
    }
}

static void note_records(const struct world *world, struct spool *spool, uint32_t *in_spool)
{
    struct memory *memory = memory_create(MEMORY_LIMIT_DEFAULT);
    struct spool_info info = {0};
    struct block *block;

    while (!spool_peek(spool, info.seq, UINT64_MAX, memory, &info, &block)) {
        struct weir_str message = {block->data, (size_t)info.size};
        struct group *group = group_read(memory, block, message, NULL, 1);

        if (group)
            note_group(world, group, in_spool);
        group_unref(group);
        block_unref(block);
    }
    memory_destroy(memory);
}

static void look_at_spool(
    const struct world *world, const char *copy, uint32_t lane, uint32_t *in_spool)
{
    SCOPED_FREE char *folder = mem_printf("%s/spool/%s", copy, world_lane_name(world, lane));
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    struct spool_spec spec = {.folder = folder, .max_bytes = 64 * MIB};
    struct spool *spool;
    char why[256] = "";

    if (access(path, F_OK) < 0 || spool_open(&spec, &spool, why, sizeof why))
        return;
    note_records(world, spool, in_spool);
    spool_close(spool);
}

void world_look(const struct world *world, struct on_disk *ret)
{
    SCOPED_FREE char *copy = mem_printf("%s/look", world->folder);
    SCOPED_FREE char *command =
        mem_printf("rm -rf %s; cp -r %s/data %s 2>/dev/null", copy, world->folder, copy);

    memset(ret, 0, sizeof *ret);
    if (system(command) == -1)
        return;
    look_at_checkpoints(world, copy, ret);
    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        look_at_spool(world, copy, lane, ret->in_spool[lane]);
}
