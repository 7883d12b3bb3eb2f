#include "kit/sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mem.h"
#include "kit/config.h"
#include "kit/settings.h"
#include "plugin/descriptor.h"

#define OBEY_MS 10000u /* it may have to wait for its turn */
#define HEAR_MS 200u
#define FDS_MAX 256
#define BUSY "the kit's server does not get a turn: this machine is too busy"
#define SINK_BYTES_MAX ((size_t)1 << 30)

unsigned sink_port(const struct sink_page *page)
{
    return page ? atomic_load(&page->port) : 1;
}

enum sink_kind sink_kind(const struct trial *trial)
{
    return settings_of(trial->settings, trial->type)->sink;
}

void sink_need_peer(struct trial *trial)
{
    if (!trial->sink && sink_kind(trial) != SINK_NONE)
        trial_foreign(trial, "its sink is no peer that could fail so");
    if (!trial->sink && !(trial_class(trial)->flags & WEIR_NET))
        trial_foreign(trial, "the class does not use the network");
    if (!trial->sink)
        trial_lacks(trial, "needs an http or tcp `sink` in weir-verify.json");
}

void sink_need_http(struct trial *trial)
{
    sink_need_peer(trial);
    if (sink_kind(trial) != SINK_HTTP)
        trial_foreign(trial, "its sink does not speak HTTP");
}

void sink_behave(struct trial *trial, enum server_mode mode)
{
    if (!trial->sink)
        trial_lacks(trial, "needs an http or tcp `sink` in weir-verify.json");
    atomic_store(&trial->sink->mode, mode);
    /* A mode for some requests only may be over by then. */
    for (unsigned ms = 0; atomic_load(&trial->sink->mode) == (unsigned)mode &&
                          atomic_load(&trial->sink->obeyed) != (unsigned)mode;
         ms++) {
        if (ms == OBEY_MS)
            trial_lacks(trial, BUSY);
        usleep(1000);
    }
}

void sink_answer(struct trial *trial, unsigned status, unsigned retry_after_s)
{
    if (trial->sink) {
        atomic_store(&trial->sink->status, status);
        atomic_store(&trial->sink->retry_after_s, retry_after_s);
    }
    sink_behave(trial, SERVER_ANSWERS);
}

/* Whether a descriptor of this process is a connection to that port that nobody has closed. */
static bool is_connected(int fd, unsigned port)
{
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    struct tcp_info info = {0};

    if (getpeername(fd, (struct sockaddr *)&peer, &size) || peer.sin_family != AF_INET ||
        ntohs(peer.sin_port) != port)
        return false;
    size = sizeof info;
    return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) &&
           info.tcpi_state == TCP_ESTABLISHED;
}

static bool any_connected(unsigned port)
{
    for (int fd = 3; fd < FDS_MAX; fd++)
        if (is_connected(fd, port))
            return true;
    return false;
}

void sink_hang_up(struct trial *trial)
{
    const unsigned hang_ups = atomic_fetch_add(&trial->sink->hang_ups, 1) + 1;

    for (unsigned ms = 0; atomic_load(&trial->sink->hung_up) != hang_ups; ms++) {
        if (ms == OBEY_MS)
            trial_lacks(trial, BUSY);
        usleep(1000);
    }
    /* One that is still there by then is a new one. */
    for (unsigned ms = 0; ms < HEAR_MS && any_connected(sink_port(trial->sink)); ms++)
        usleep(1000);
}

bool sink_break(struct trial *trial)
{
    const struct class_settings *class = settings_of(trial->settings, trial->type);
    SCOPED_FREE char *path = NULL;

    switch (class->sink) {
    case SINK_HTTP:
        sink_answer(trial, 500, 0);
        return true;
    case SINK_TCP:
        sink_behave(trial, SERVER_REFUSES);
        return true;
    case SINK_FILE:
        path = config_fill_places(trial, class->sink_argument);
        return !mkdir(path, 0700);
    default:
        return false;
    }
}

static void read_stream(FILE *stream, struct buf *out)
{
    char bytes[65536];
    size_t n;

    while ((n = fread(bytes, 1, sizeof bytes, stream)) > 0 && out->size < SINK_BYTES_MAX)
        buf_append(out, bytes, n);
}

/* A file that is not there yet is an empty one. */
static void read_file(struct trial *trial, const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");

    if (!file && errno != ENOENT)
        trial_lacks(trial, "the sink %s cannot be read: %m", path);
    if (!file)
        return;
    read_stream(file, out);
    fclose(file);
}

static void read_taken(struct trial *trial, struct buf *out)
{
    SCOPED_FREE char *path = mem_printf("%s.sink/taken", trial->folder);

    read_file(trial, path, out);
}

static void read_command(struct trial *trial, const char *line, struct buf *out)
{
    FILE *stream = popen(line, "re");
    int status;

    if (!stream)
        trial_lacks(trial, "the sink's command cannot be started: %m");
    read_stream(stream, out);
    status = pclose(stream);
    if (status)
        trial_lacks(trial, "the sink's command `%s` failed with status %d", line,
            WIFEXITED(status) ? WEXITSTATUS(status) : status);
}

static void read_place(struct trial *trial, struct buf *out)
{
    const struct class_settings *class = settings_of(trial->settings, trial->type);
    SCOPED_FREE char *argument =
        class->sink_argument ? config_fill_places(trial, class->sink_argument) : NULL;

    switch (class->sink) {
    case SINK_HTTP:
    case SINK_TCP:
        read_taken(trial, out);
        break;
    case SINK_FILE:
        read_file(trial, argument, out);
        break;
    case SINK_COMMAND:
        read_command(trial, argument, out);
        break;
    default:
        trial_lacks(trial, "needs a `sink` in weir-verify.json");
    }
}

void sink_read(struct trial *trial, struct buf *out)
{
    const char *argument = settings_of(trial->settings, trial->type)->sink_argument;
    const bool apart = argument && strstr(argument, "${verify:dir}");

    for (unsigned place = 0; place == 0 || (apart && place <= trial->n_places); place++) {
        trial->place = place;
        read_place(trial, out);
    }
    trial->place = 0;
}
