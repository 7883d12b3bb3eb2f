#include "app/signals.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/loop.h"
#include "base/mem.h"

struct signals {
    struct signals_spec spec;
    struct loop_fd watch;
};

static void on_signal(struct loop_fd *watch, uint32_t events)
{
    struct signals *signals = container_of(watch, struct signals, watch);
    struct signalfd_siginfo info;

    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            signals->spec.reload(signals->spec.owner);
        else
            signals->spec.stop(signals->spec.owner, strsignal((int)info.ssi_signo));
    }
}

/* Also those that would end the process at a failed write. Returns a descriptor, or -1. */
static int take_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

struct signals *signals_create(const struct signals_spec *spec)
{
    struct signals *signals = mem_zalloc(sizeof *signals);

    signals->spec = *spec;
    signals->watch = (struct loop_fd){.fd = take_signals(), .ready = on_signal};
    if (signals->watch.fd >= 0 && !loop_add_fd(spec->loop, &signals->watch, EPOLLIN))
        return signals;
    if (signals->watch.fd >= 0)
        close(signals->watch.fd);
    free(signals);
    return NULL;
}

void signals_destroy(struct signals *signals)
{
    if (!signals)
        return;
    loop_remove_fd(signals->spec.loop, &signals->watch);
    close(signals->watch.fd);
    free(signals);
}
