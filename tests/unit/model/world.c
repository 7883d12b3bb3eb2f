#include "model/world.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/util.h"

void world_fail(struct world *world, const char *format, ...)
{
    SCOPED_BUF struct buf words = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&words, format, arguments);
    va_end(arguments);
    if (!atomic_exchange(&world->failed, 1))
        snprintf(world->failure, sizeof world->failure, "%s", buf_text(&words));
}

const char *world_lane_name(const struct world *world, uint32_t lane)
{
    static const char *const names[STORY_LANES_MAX][2] = {
        {"p/flusher_scripted_bare/0", "p/flusher_scripted/0"},
        {"p/flusher_scripted_bare/1", "p/flusher_scripted/1"}};

    return names[lane][world->story.lanes[lane].concurrent];
}

/* -- the file -- */

static char *file_path(const struct world *world)
{
    return mem_printf("%s/app.log", world->folder);
}

/* The newest generation, made when it is not there yet. */
static int open_file(struct world *world)
{
    SCOPED_FREE char *path = file_path(world);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0) {
        world_fail(world, "%s cannot be written", path);
        return fd;
    }
    if (!world->n_files || world->files[world->n_files - 1].inode != status.st_ino) {
        world->files[world->n_files].inode = status.st_ino;
        world->files[world->n_files].first_line = world->n_lines;
        world->files[world->n_files++].bytes = 0;
    }
    return fd;
}

static void new_line(struct world *world, uint32_t file)
{
    uint32_t line = world->n_lines++;

    world->files[file].bytes += world->story.line_bytes;
    world->ends[line] = world->files[file].bytes;
    world->file_of[line] = file;
    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        world->sinks[lane].seen[line].in_file = 1;
}

void world_write(struct world *world, uint32_t n_lines)
{
    SCOPED_FREE char *text = mem_zalloc((size_t)n_lines * world->story.line_bytes + 1);
    size_t size = (size_t)n_lines * world->story.line_bytes;
    SCOPED_FD int fd = open_file(world);
    uint32_t file = world->n_files - 1;

    memset(text, 'x', size);
    for (uint32_t i = 0; i < n_lines; i++) {
        char *at = text + (size_t)i * world->story.line_bytes, number[16];

        snprintf(number, sizeof number, "%07u", world->n_lines);
        memcpy(at, number, 7);
        at[world->story.line_bytes - 1] = '\n';
        new_line(world, file);
    }
    if (fd >= 0 && write(fd, text, size) != (ssize_t)size)
        world_fail(world, "the file cannot be written");
}

void world_rotate(struct world *world)
{
    SCOPED_FREE char *path = file_path(world);
    SCOPED_FREE char *to = mem_printf("%s.%u", path, world->n_files);

    if (!access(path, F_OK) && rename(path, to) < 0)
        world_fail(world, "%s cannot be renamed", path);
}

/* -- the model -- */

void world_begin(struct world *world, const struct story *story, const char *folder)
{
    memset(world, 0, sizeof *world);
    world->story = *story;
    snprintf(world->folder, sizeof world->folder, "%s", folder);
    for (uint32_t lane = 0; lane < story->n_lanes; lane++) {
        world->sinks[lane].random = story->seed + 7 + lane;
        world->sinks[lane].good_percent = 100;
    }
}

static bool is_given_up(const struct world *world, uint32_t lane, uint32_t line)
{
    uint32_t limit = world->story.lanes[lane].attempts;

    return limit && world->sinks[lane].seen[line].refused_most >= limit;
}

bool world_is_settled(const struct world *world, uint32_t lane, uint32_t line)
{
    const struct seen *seen = &world->sinks[lane].seen[line];

    return seen->delivered || seen->rejected || is_given_up(world, lane, line);
}

bool world_all_settled(const struct world *world)
{
    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        for (uint32_t line = 0; line < world->n_lines; line++)
            if (!world_is_settled(world, lane, line))
                return false;
    return true;
}

uint64_t world_duplicates(const struct world *world)
{
    uint64_t sum = 0;

    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        for (uint32_t line = 0; line < world->n_lines; line++) {
            const struct seen *seen = &world->sinks[lane].seen[line];
            uint32_t times = seen->delivered + seen->rejected;

            sum += times > 1 ? times - 1 : 0;
        }
    return sum;
}

void world_note_sync(struct world *world)
{
    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        for (uint32_t line = 0; line < world->n_lines; line++)
            world->sinks[lane].seen[line].safe |= world_is_settled(world, lane, line);
}

bool world_is_clean(const struct world *world, const struct on_disk *disk)
{
    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        for (uint32_t line = 0; line < world->n_lines; line++)
            if (world_is_settled(world, lane, line) &&
                (disk->in_spool[lane][line] || disk->in_file[lane][line]))
                return false;
    return true;
}

/* Whether all that the disk had of it at the start of this life has come. */
static bool is_done(const struct world *world, uint32_t lane, uint32_t line)
{
    const struct seen *seen = &world->sinks[lane].seen[line];
    uint32_t limit = world->story.lanes[lane].attempts;
    uint32_t given_up = limit && seen->refused >= limit;

    return seen->this_life + given_up >= seen->in_spool + seen->in_file;
}

/* One line after a life. */
static void hold_against(
    struct world *world, const struct on_disk *disk, uint32_t lane, uint32_t line, bool all_held)
{
    struct seen *seen = &world->sinks[lane].seen[line];
    uint32_t in_spool = disk->in_spool[lane][line], in_file = disk->in_file[lane][line];
    uint32_t may = seen->in_spool + 2 * seen->in_file;
    bool settled = world_is_settled(world, lane, line);

    if (!settled && !in_spool && !in_file)
        world_fail(world, "lane %u: line %u is lost", lane, line);
    seen->safe |= all_held && is_done(world, lane, line);
    if (seen->safe)
        may = 0;
    if (in_spool + in_file > may)
        world_fail(world,
            "lane %u: line %u, which has %sarrived, lies %u times in the spool and %u in the file, "
            "not more than %u together",
            lane, line, settled ? "" : "not ", in_spool, in_file, may);
    world->bound += may - (!settled && may);
}

/* Whether no line of the generation is needed from the file. A line that has been marked may
 * lie in the spool with others of its group, which have not arrived. */
static bool file_is_held(
    const struct world *world, const struct on_disk *disk, uint32_t lane, uint32_t file)
{
    for (uint32_t line = 0; line < world->n_lines; line++)
        if (world->file_of[line] == file && !is_done(world, lane, line) &&
            (world->story.lanes[lane].marks || !disk->in_spool[lane][line]))
            return false;
    return true;
}

/* The next life begins with what is there. */
static void begin_life(struct seen *seen, const struct on_disk *disk, uint32_t lane, uint32_t line)
{
    seen->in_spool = disk->in_spool[lane][line];
    seen->in_file = disk->in_file[lane][line];
    seen->this_life = seen->refused = 0;
}

static void end_lane(struct world *world, const struct on_disk *disk, uint32_t lane, bool orderly)
{
    bool held[WORLD_FILES_MAX];

    for (uint32_t file = 0; file < world->n_files; file++)
        held[file] = orderly && file_is_held(world, disk, lane, file);
    for (uint32_t line = 0; line < world->n_lines; line++) {
        hold_against(world, disk, lane, line, held[world->file_of[line]]);
        begin_life(&world->sinks[lane].seen[line], disk, lane, line);
    }
}

void world_end_life(struct world *world, bool orderly)
{
    struct on_disk *disk = mem_zalloc(sizeof *disk);

    world_look(world, disk);
    for (uint32_t lane = 0; lane < world->story.n_lanes; lane++)
        end_lane(world, disk, lane, orderly);
    free(disk);
}
