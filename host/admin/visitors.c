#include "admin/visitors.h"

#include <sys/socket.h>
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"

struct visitors {
    struct loop *loop;
    struct loop_timer timer; /* of the first */
    struct list waiting;     /* in the order of their ends */
};

struct visitor {
    struct list link; /* not linked: it is being thrown out */
    int fd;
    uint64_t until_ns;
};

static void plan(struct visitors *visitors)
{
    const struct visitor *first = list_first(&visitors->waiting, struct visitor, link);

    if (first)
        loop_set_timer(visitors->loop, &visitors->timer, first->until_ns);
    else
        loop_clear_timer(visitors->loop, &visitors->timer);
}

/* The daemon finds that it has gone, and closes it. */
static void throw_out(struct loop_timer *timer)
{
    struct visitors *visitors = container_of(timer, struct visitors, timer);
    struct visitor *visitor;

    while ((visitor = list_first(&visitors->waiting, struct visitor, link)) &&
           visitor->until_ns <= clock_now_ns()) {
        list_remove(&visitor->link);
        shutdown(visitor->fd, SHUT_RDWR);
    }
    plan(visitors);
}

static void begin_patience(struct visitors *visitors, struct visitor *visitor)
{
    visitor->until_ns = clock_now_ns() + VISITORS_PATIENCE_NS;
    list_remove(&visitor->link);
    list_append(&visitors->waiting, &visitor->link);
    plan(visitors);
}

struct visitors *visitors_create(struct loop *loop)
{
    struct visitors *visitors = mem_zalloc(sizeof *visitors);

    visitors->loop = loop;
    visitors->timer.expired = throw_out;
    list_init(&visitors->waiting);
    return visitors;
}

void visitors_destroy(struct visitors *visitors)
{
    if (!visitors)
        return;
    loop_clear_timer(visitors->loop, &visitors->timer);
    free(visitors);
}

void visitors_notify(void *owner, struct MHD_Connection *connection, void **ret_visitor,
    enum MHD_ConnectionNotificationCode what)
{
    struct visitors *visitors = owner;
    struct visitor *visitor = *ret_visitor;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        list_remove(&visitor->link);
        free(visitor);
        plan(visitors);
        return;
    }
    visitor = mem_zalloc(sizeof *visitor);
    visitor->fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *ret_visitor = visitor;
    begin_patience(visitors, visitor);
}

void visitors_answered(void *owner, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how)
{
    struct visitor *visitor =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    (void)request;
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK && list_linked(&visitor->link))
        begin_patience(owner, visitor);
}
