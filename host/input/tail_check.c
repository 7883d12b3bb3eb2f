#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "input/tail.h"

static const struct input_context *context_of(const struct tail *tail)
{
    return tail->setup->input->context;
}

enum tail_change tail_change_of(uint64_t position, uint64_t size, bool same_print)
{
    if (!same_print)
        return TAIL_REPLACED;
    return size < position ? TAIL_TRUNCATED : TAIL_SAME;
}

/* Where a file that is not known begins: at 0, or at the line behind the place that is
 * TailSizeKB before its end. 0 or -errno. */
static int find_first(const struct tail *tail, uint64_t size, uint64_t *ret_position)
{
    uint64_t at = size - MIN(size, tail->setup->tail_bytes);
    const char *newline = NULL;
    char data[4 * KIB];
    ssize_t n;

    *ret_position = 0;
    if (!at || context_of(tail)->once || tail->setup->tail_bytes == UINT64_MAX)
        return 0;
    for (at--; (n = pread(tail->fd, data, sizeof data, (off_t)at)) > 0; at += (uint64_t)n) {
        newline = memchr(data, '\n', (size_t)n);
        if (newline)
            break;
    }
    *ret_position = newline ? at + (uint64_t)(newline - data) + 1 : size;
    return n < 0 ? -errno : 0;
}

static uint64_t birth_of(int fd)
{
    struct statx status;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) < 0 || !(status.stx_mask & STATX_BTIME))
        return 0;
    return (uint64_t)status.stx_btime.tv_sec * NS_PER_S + status.stx_btime.tv_nsec;
}

static bool same_birth(uint64_t a, uint64_t b)
{
    return a == b || !a || !b;
}

/* Where each lane continues, by the checkpoint; *ret_known false: the file is not known.
 * 0 or -errno. */
static int find_saved(struct tail *tail, uint64_t size, uint64_t *positions, bool *ret_known)
{
    const struct input_context *context = context_of(tail);
    struct checkpoint_key key =
        checkpoint_key_of(context->pipeline, context->config->name, tail->device, tail->inode);
    SCOPED_BUF struct buf value = {0};
    struct checkpoint_record record;
    int r;

    *ret_known = false;
    if (!context->checkpoints)
        return 0;
    r = checkpoints_find(context->checkpoints, &key, &value, &record);
    if (r)
        return MIN(r, 0);
    if (!same_birth(record.born_ns, tail->born_ns))
        return 0;
    r = fingerprint_check(&record.print, tail->fd, ret_known);
    if (r || !*ret_known)
        return r;
    checkpoint_positions(&record, context->lanes, context->n_lanes, positions);
    for (uint32_t i = 0; i < context->n_lanes; i++)
        *ret_known &= positions[i] <= size;
    return 0;
}

/* Sets out from these positions, with a source of its own. `continues`: they are what
 * the checkpoint said. */
static void begin_at(struct tail *tail, const uint64_t *positions, bool continues)
{
    const struct input_context *context = context_of(tail);
    struct checkpoint_spec spec = {
        .key =
            checkpoint_key_of(context->pipeline, context->config->name, tail->device, tail->inode),
        .path = tail->path,
        .print = tail->print,
        .born_ns = tail->born_ns,
        .lanes = context->lanes,
        .n_lanes = context->n_lanes,
        .continues = continues,
    };
    uint64_t least = positions[0];

    for (uint32_t i = 1; i < context->n_lanes; i++)
        least = MIN(least, positions[i]);
    file_source_close(tail->source);
    tail->source = file_source_create(context->checkpoints, &spec, positions);
    tail->noted = false;
    tail->mark.size = 0;
    tail->position = tail->furthest = least;
    tail->grew_ns = loop_now_ns(context->loop);
    tail->boundary = next_boundary(positions, context->n_lanes, least);
    free(tail->lane_starts);
    tail->lane_starts = NULL;
    if (tail->boundary != UINT64_MAX) {
        tail->lane_starts = mem_calloc(context->n_lanes, sizeof *positions);
        memcpy(tail->lane_starts, positions, context->n_lanes * sizeof *positions);
    }
}

static int begin_new(struct tail *tail, uint64_t size)
{
    uint64_t positions[RANGE_LANES_MAX] = {0}, first;
    int r;

    if (tail->only_known)
        return -ESTALE;
    r = find_first(tail, size, &first);
    if (r)
        return r;
    for (uint32_t i = 0; i < context_of(tail)->n_lanes; i++)
        positions[i] = first;
    begin_at(tail, positions, false);
    return 0;
}

/* What cannot be read is neither known nor new: it is tried again. */
static int begin(struct tail *tail, uint64_t size)
{
    uint64_t positions[RANGE_LANES_MAX] = {0};
    bool same, known;
    int r = fingerprint_check(&tail->print, tail->fd, &same);

    if (!r)
        r = find_saved(tail, size, positions, &known);
    if (r)
        return r;
    if (!known)
        return begin_new(tail, size);
    begin_at(tail, positions, true);
    tail->already_read = size > 0 && tail->position == size;
    return 0;
}

/* What was read of it is no longer there: all that can be done is to deliver what is
 * held, and to read the new content from its first byte. */
static void begin_anew(struct tail *tail, enum tail_change change, uint64_t size)
{
    static const uint64_t zeros[RANGE_LANES_MAX];
    struct troubles *troubles = &tail->setup->troubles;
    bool same;

    log_debug("file begins anew", LOG_STR("pipeline", context_of(tail)->pipeline),
        LOG_STR("path", tail->path), LOG_INT("was_read", tail->position), LOG_INT("size", size));
    tail_push_rest(tail);
    if (change == TAIL_REPLACED)
        tail_set_name(tail, tail->path);
    tail_note_size(tail, size);
    troubles_add(troubles, TROUBLE_TRUNCATIONS, tail->path, 1);
    troubles_add(troubles, TROUBLE_LOST_BYTES, tail->path, tail_unread(tail, tail->was_size));
    tail->print = (struct fingerprint){0};
    fingerprint_check(&tail->print, tail->fd, &same);
    begin_at(tail, zeros, false);
}

static int open_path(struct tail *tail, struct stat *ret_status)
{
    SCOPED_FD int fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return -errno;
    if (fstat(fd, ret_status) < 0)
        return -errno;
    if (!S_ISREG(ret_status->st_mode) || ret_status->st_dev != tail->device ||
        ret_status->st_ino != tail->inode)
        return -ESTALE;
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    tail->fd = take_fd(fd);
    return 0;
}

/* Whether it is the inode it was, in case its number was used again meanwhile. */
static bool check_birth(struct tail *tail)
{
    uint64_t born_ns = birth_of(tail->fd);
    bool same = same_birth(born_ns, tail->born_ns);

    tail->born_ns = born_ns;
    return same;
}

void tail_set_fd(struct tail *tail, int fd)
{
    tail->fd = fd;
    tail->born_ns = birth_of(fd);
}

/* Whether what was read last is still where it was. */
static int check_mark(struct tail *tail, bool *ret_same)
{
    char bytes[TAIL_MARK_BYTES];
    ssize_t n = pread(tail->fd, bytes, tail->mark.size, (off_t)tail->mark.at);

    if (n < 0)
        return -errno;
    *ret_same = n == (ssize_t)tail->mark.size && !memcmp(bytes, tail->mark.bytes, (size_t)n);
    return 0;
}

/* Whether it is still what was read; a fingerprint that grew is noted. */
static int check_print(struct tail *tail, bool *ret_same)
{
    uint32_t length = tail->print.length;
    int r = fingerprint_check(&tail->print, tail->fd, ret_same);

    if (!r && *ret_same && tail->print.length != length && tail->source->checkpoint)
        checkpoint_describe(tail->source->checkpoint, tail->path, &tail->print);
    if (!r && *ret_same)
        r = check_mark(tail, ret_same);
    return r;
}

/* Whether nothing was read of it yet and it is no text at all. */
static bool is_compressed(struct tail *tail)
{
    unsigned char start[COMPRESSED_MARK_BYTES];
    ssize_t n;

    if (tail->position && !tail->compressed)
        return false;
    n = pread(tail->fd, start, sizeof start, 0);
    return n > 0 && compressed_mark(start, (size_t)n);
}

/* What is done with a file that is compressed: nothing, until it changes. */
static int pass_over(struct tail *tail, const struct stat *status)
{
    if (!tail->compressed)
        troubles_add(&tail->setup->troubles, TROUBLE_COMPRESSED, tail->path, 1);
    tail->compressed = true;
    tail->end = (uint64_t)status->st_size;
    tail->changed = status->st_mtim;
    return -EMEDIUMTYPE;
}

/* The descriptor is open: 0 or -errno. */
static int check_open(struct tail *tail, const struct stat *status, bool same_inode)
{
    uint64_t size = (uint64_t)status->st_size;
    enum tail_change change;
    bool same = true;
    int r = 0;

    if (is_compressed(tail))
        return pass_over(tail, status);
    tail->compressed = false;
    if (!tail->source)
        r = begin(tail, size);
    else if (!tail_same_time(&tail->changed, &status->st_mtim))
        r = check_print(tail, &same);
    if (r)
        return r;
    change = tail_change_of(tail->position, size, same && same_inode);
    if (change != TAIL_SAME)
        begin_anew(tail, change, size);
    tail->was_size = 0;
    tail->changed = status->st_mtim;
    return 0;
}

int tail_check(struct tail *tail)
{
    struct stat status = {0};
    bool same_inode = true;
    int r = 0;

    if (tail->fd < 0) {
        r = open_path(tail, &status);
        same_inode = r || check_birth(tail);
    } else if (fstat(tail->fd, &status) < 0) {
        r = -errno;
    }
    if (!r)
        r = check_open(tail, &status, same_inode);
    if (r)
        tail_close(tail);
    return r;
}
