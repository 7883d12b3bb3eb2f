#include "stdout/stream.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/write_all.h"

#define STALL_MS 1000

/* Standard output is one for the process, so this is as well. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Whose line it ends within; NULL at the end of a line. Compared only. */
static const struct stream_rest *torn_by;

static int take_turn(void)
{
    struct timespec until;

    if (clock_gettime(CLOCK_REALTIME, &until) < 0)
        return -errno;
    until.tv_sec += STALL_MS / 1000;
    return pthread_mutex_timedlock(&lock, &until) ? -EBUSY : 0;
}

static size_t start_of_line(const char *data, size_t at)
{
    const char *newline = at ? memrchr(data, '\n', at) : NULL;

    return newline ? (size_t)(newline - data) + 1 : 0;
}

/* Where to go on; ends a line that somebody else, or another batch, has left torn. */
static int find_start(
    const struct stream_rest *rest, const char *data, size_t *ret_start, size_t *ret_written)
{
    const struct stream_rest *torn = torn_by;

    *ret_start = rest->size ? rest->done : 0;
    if (torn == rest && rest->size)
        return 0;
    *ret_start = start_of_line(data, *ret_start);
    if (!torn)
        return 0;
    torn_by = NULL;
    return write_all(STDOUT_FILENO, "\n", 1, STALL_MS, ret_written);
}

static int write_rest(struct stream_rest *rest, const char *data, size_t size)
{
    size_t start, written = 0;
    const struct stream_rest *torn = torn_by;
    int r = find_start(rest, data, &start, &written);

    if (r < 0) {
        torn_by = torn;
        return r;
    }
    r = write_all(STDOUT_FILENO, data + start, size - start, STALL_MS, &written);
    rest->done = start + written;
    if (written)
        torn_by = data[rest->done - 1] == '\n' ? NULL : rest;
    return r;
}

int stream_write(struct stream_rest *rest, uint64_t batch_id, const char *data, size_t size)
{
    int r = size ? take_turn() : 0;

    if (r < 0 || !size)
        return r;
    if (rest->batch_id != batch_id || rest->size != size)
        rest->size = 0;
    r = write_rest(rest, data, size);
    rest->batch_id = batch_id;
    rest->size = r < 0 ? size : 0;
    pthread_mutex_unlock(&lock);
    return r;
}
