#include "plugin/probe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "base/buf.h"
#include "plugin/loader.h"
#include "plugin/probe.h"

#define EXIT_PROBE_USAGE 64

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(EXIT_FAILURE);
        data += n;
        size -= (size_t)n;
    }
}

static void tell_stage(void *context, enum loader_stage stage)
{
    char digit = (char)('0' + (int)stage);

    write_all(*(const int *)context, &digit, 1);
}

/* Ends with its parent, leaves no core file, and keeps the reply to itself. */
static void be_harmless(int fd)
{
    const struct rlimit none = {0, 0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void put_reply(
    int r, const struct descriptor *descriptor, const struct refusal *why, struct buf *buf)
{
    if (r) {
        probe_put_refusal(why, buf);
        return;
    }
    buf_puts(buf, "{\"descriptor\":");
    descriptor_put_json(descriptor, buf);
    buf_puts(buf, "}\n");
}

int cli_plugin_probe(int argc, char **argv)
{
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED(descriptor_destroy) struct descriptor *descriptor = NULL;
    SCOPED_BUF struct buf reply = {0};
    int fd, r;

    if (argc != 4 || strcmp(argv[1], "--fd") || (fd = atoi(argv[2])) < 3) {
        fputs("weir plugin-probe is used by weir itself: plugin-probe --fd N FILE.so\n", stderr);
        return EXIT_PROBE_USAGE;
    }
    be_harmless(fd);
    r = loader_load(argv[3], tell_stage, &fd, &descriptor, &why);
    tell_stage(&fd, LOADER_DONE);
    put_reply(r, descriptor, &why, &reply);
    write_all(fd, reply.data, reply.size);
    /* No destructor of the plugin's is to run: it has answered. */
    _exit(EXIT_SUCCESS);
}
