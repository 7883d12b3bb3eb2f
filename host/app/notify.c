#include "app/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/clock.h"
#include "base/mem.h"

#define TEXT_BYTES_MAX 512
#define NS_PER_US UINT64_C(1000)

struct notify {
    struct loop *loop;
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_size;
    uint64_t watchdog_ns; /* how often, 0: never */
    struct loop_timer watchdog;
    uint64_t patience_ns; /* of the stop that goes on */
    struct loop_timer stopping;
};

static void tell(struct notify *notify, const char *text)
{
    if (notify->fd >= 0)
        (void)sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
            (const struct sockaddr *)&notify->address, notify->address_size);
}

static void tell_alive(struct loop_timer *timer)
{
    struct notify *notify = container_of(timer, struct notify, watchdog);

    tell(notify, "WATCHDOG=1");
    loop_set_timer(notify->loop, timer, loop_now_ns(notify->loop) + notify->watchdog_ns);
}

/* Said again and again: to deliver what is left may take longer than one word allows. */
static void tell_stopping(struct loop_timer *timer)
{
    struct notify *notify = container_of(timer, struct notify, stopping);
    char text[TEXT_BYTES_MAX];

    snprintf(text, sizeof text,
        "STOPPING=1\nSTATUS=delivering what is left\nEXTEND_TIMEOUT_USEC=%" PRIu64,
        notify->patience_ns / NS_PER_US);
    tell(notify, text);
    loop_set_timer(notify->loop, timer, clock_now_ns() + notify->patience_ns / 2);
}

/* A path, or an abstract name that begins with '@'. */
static void open_socket(struct notify *notify, const char *name)
{
    size_t size = name ? strlen(name) : 0;

    if (size < 2 || size >= sizeof notify->address.sun_path || (name[0] != '/' && name[0] != '@'))
        return;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, size);
    if (name[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Half of what it allows; 0 when it is meant for another process. */
static uint64_t watchdog_interval(const char *usec, const char *pid)
{
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return strtoull(usec, NULL, 10) * NS_PER_US / 2;
}

struct notify *notify_create(struct loop *loop)
{
    struct notify *notify = mem_zalloc(sizeof *notify);

    notify->loop = loop;
    notify->fd = -1;
    notify->watchdog.expired = tell_alive;
    notify->stopping.expired = tell_stopping;
    open_socket(notify, getenv("NOTIFY_SOCKET"));
    notify->watchdog_ns = watchdog_interval(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (notify->fd >= 0 && notify->watchdog_ns)
        tell_alive(&notify->watchdog);
    return notify;
}

void notify_destroy(struct notify *notify)
{
    if (!notify)
        return;
    loop_clear_timer(notify->loop, &notify->watchdog);
    loop_clear_timer(notify->loop, &notify->stopping);
    if (notify->fd >= 0)
        close(notify->fd);
    free(notify);
}

void notify_ready(struct notify *notify, const char *status)
{
    char text[TEXT_BYTES_MAX];

    snprintf(text, sizeof text, "READY=1\nSTATUS=%s", status);
    tell(notify, text);
}

void notify_reloading(struct notify *notify)
{
    char text[TEXT_BYTES_MAX];

    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reloading",
        clock_now_ns() / NS_PER_US);
    tell(notify, text);
}

void notify_stopping(struct notify *notify, uint64_t patience_ns)
{
    notify->patience_ns = patience_ns;
    if (notify->fd >= 0)
        tell_stopping(&notify->stopping);
}
