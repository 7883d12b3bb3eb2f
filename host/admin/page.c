#include "admin/page.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include "admin/listen.h"
#include "admin/metrics_text.h"
#include "admin/visitors.h"
#include "app/app.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"

#define CLIENTS_MAX 16u /* connections */
#define CLIENT_MEMORY_MAX (16 * KIB)

struct page {
    struct app *app;
    struct MHD_Daemon *daemon;
    struct loop_fd fd; /* the daemon's epoll descriptor */
    struct loop_timer timer;
    struct visitors *visitors;
};

/* -- what is shown -- */

static unsigned put_metrics(struct page *page, struct buf *body)
{
    struct snapshot *snapshot = app_snapshot(page->app);

    metrics_text(snapshot, app_metrics(page->app), body);
    snapshot_destroy(snapshot);
    return MHD_HTTP_OK;
}

static unsigned put_live(struct page *page, struct buf *body)
{
    (void)page;
    buf_puts(body, "ok\n");
    return MHD_HTTP_OK;
}

static bool put_not_ready(const struct snapshot_pipeline *pipeline, struct buf *body)
{
    if (pipeline->refused)
        buf_printf(body, "%s: refused: %s\n", pipeline->name, pipeline->refused);
    else if (pipeline->state != PIPELINE_RUNNING && pipeline->state != PIPELINE_CHANGING)
        buf_printf(body, "%s: %s\n", pipeline->name, pipeline_state_name(pipeline->state));
    else
        return false;
    return true;
}

static unsigned put_ready(struct page *page, struct buf *body)
{
    struct snapshot *snapshot = app_snapshot(page->app);
    bool ready = !snapshot->loading && !snapshot->stopping;

    if (!ready)
        buf_printf(body, "%s\n", snapshot->stopping ? "stopping" : "loading");
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        ready &= !put_not_ready(&snapshot->pipelines[i], body);
    if (ready)
        buf_puts(body, "ok\n");
    snapshot_destroy(snapshot);
    return ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static const struct {
    const char *path, *type;
    unsigned (*put)(struct page *page, struct buf *body);
} routes[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", put_metrics},
    {"/livez", "text/plain; charset=utf-8", put_live},
    {"/readyz", "text/plain; charset=utf-8", put_ready},
};

/* -- requests -- */

static enum MHD_Result answer(
    struct MHD_Connection *connection, unsigned status, const char *type, struct buf *body)
{
    size_t size = body->size;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, buf_take(body), MHD_RESPMEM_MUST_FREE);
    enum MHD_Result r;

    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    r = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *words)
{
    SCOPED_BUF struct buf body = {0};

    buf_printf(&body, "%s\n", words);
    return answer(connection, status, "text/plain; charset=utf-8", &body);
}

/* A page of the web that a browser on this machine shows must not reach in here by a
 * name that leads to this address. */
static bool is_local_name(const char *host)
{
    size_t size = host ? strcspn(host, ":") : 0;

    if (!host || !host[0] || host[0] == '[')
        return true;
    return (size == 9 && !strncasecmp(host, "localhost", 9)) || strspn(host, "0123456789.") == size;
}

static enum MHD_Result on_request(void *owner, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct page *page = owner;
    SCOPED_BUF struct buf body = {0};

    (void)version;
    (void)upload;
    if (!*request || *upload_size) { /* a body is read, and dropped, before the answer */
        *request = page;
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "there is nothing to change here");
    if (!is_local_name(
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
        return refuse(connection, MHD_HTTP_FORBIDDEN, "ask by an address of this machine");
    for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
        if (!strcmp(routes[i].path, url)) {
            unsigned status = routes[i].put(page, &body);

            return answer(connection, status, routes[i].type, &body);
        }
    return refuse(connection, MHD_HTTP_NOT_FOUND, "/metrics, /livez, /readyz");
}

/* -- the loop -- */

static unsigned count_clients(struct page *page)
{
    return MHD_get_daemon_info(page->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

static void run(struct page *page)
{
    struct loop *loop = app_loop(page->app);
    bool was_full = count_clients(page) >= CLIENTS_MAX;
    MHD_UNSIGNED_LONG_LONG wait_ms;

    MHD_run(page->daemon);
    if (was_full && count_clients(page) < CLIENTS_MAX)
        MHD_run(page->daemon); /* it accepts again only in a second turn */
    if (MHD_get_timeout(page->daemon, &wait_ms) == MHD_YES)
        loop_set_timer(loop, &page->timer, clock_now_ns() + wait_ms * NS_PER_MS);
    else
        loop_clear_timer(loop, &page->timer);
}

static void on_events(struct loop_fd *fd, uint32_t epoll_events)
{
    (void)epoll_events;
    run(container_of(fd, struct page, fd));
}

static void on_timer(struct loop_timer *timer)
{
    run(container_of(timer, struct page, timer));
}

struct page *page_create(struct app *app, const char *address, char *why, size_t why_max)
{
    int fd = listen_open(address, why, why_max);
    struct page *page;

    if (fd < 0)
        return NULL;
    page = mem_zalloc(sizeof *page);
    page->app = app;
    page->timer.expired = on_timer;
    page->visitors = visitors_create(app_loop(app));
    page->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, page,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CLIENTS_MAX,
        MHD_OPTION_NOTIFY_CONNECTION, visitors_notify, page->visitors, MHD_OPTION_NOTIFY_COMPLETED,
        visitors_answered, page->visitors, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CLIENT_MEMORY_MAX, MHD_OPTION_END);
    if (!page->daemon) {
        snprintf(why, why_max, "the admin page cannot be started on '%s'", address);
        close(fd);
        visitors_destroy(page->visitors);
        free(page);
        return NULL;
    }
    page->fd = (struct loop_fd){
        MHD_get_daemon_info(page->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, on_events};
    loop_add_fd(app_loop(app), &page->fd, EPOLLIN);
    return page;
}

void page_destroy(struct page *page)
{
    if (!page)
        return;
    loop_remove_fd(app_loop(page->app), &page->fd);
    loop_clear_timer(app_loop(page->app), &page->timer);
    MHD_stop_daemon(page->daemon);
    visitors_destroy(page->visitors);
    free(page);
}
