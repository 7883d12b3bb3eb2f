#include "admin/control.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "admin/commands.h"
#include "admin/control_path.h"
#include "admin/json.h"
#include "app/app.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

#define READ_BYTES (4 * KIB)
#define BACKLOG 16
#define USAGE 64 /* exit code of a client whose request is none */

struct control {
    struct app *app;
    struct loop *loop;
    struct loop_fd listener;
    struct loop_timer look; /* whether the socket is there still */
    struct loop_timer rest; /* set: the listener is not watched */
    struct list clients;
    unsigned n_clients;
};

/* One connection. */
struct client {
    struct loop_fd fd;
    struct loop_timer patience;
    struct control *control;
    struct list link;
    struct control_request *request; /* that is being answered */
    struct buf in, out;
    size_t sent;
};

struct control_request {
    struct app *app;
    struct client *client; /* NULL: it has gone */
    struct json_object *object;
};

static void client_destroy(struct client *client)
{
    if (client->request)
        client->request->client = NULL;
    loop_remove_fd(client->control->loop, &client->fd);
    loop_clear_timer(client->control->loop, &client->patience);
    close(client->fd.fd);
    list_remove(&client->link);
    client->control->n_clients--;
    buf_finish(&client->in);
    buf_finish(&client->out);
    free(client);
}

static void out_of_patience(struct loop_timer *timer)
{
    client_destroy(container_of(timer, struct client, patience));
}

static void begin_patience(struct client *client)
{
    struct loop *loop = client->control->loop;

    loop_set_timer(loop, &client->patience, loop_now_ns(loop) + CONTROL_PATIENCE_NS);
}

/* Sends what the socket takes; false when the client has gone. */
static bool send_some(struct client *client)
{
    while (client->sent < client->out.size) {
        ssize_t n = send(client->fd.fd, client->out.data + client->sent,
            client->out.size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (n < 0) {
            client_destroy(client);
            return false;
        }
        client->sent += (size_t)n;
        begin_patience(client);
    }
    client_destroy(client); /* one answer, and that is all */
    return false;
}

static void on_writable(struct loop_fd *fd, uint32_t epoll_events)
{
    (void)epoll_events;
    send_some(container_of(fd, struct client, fd));
}

/* Takes the answer over. */
static void answer(struct control_request *request, struct json_object *object)
{
    struct client *client = request->client;

    if (client) {
        buf_puts(&client->out, json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
        buf_putc(&client->out, '\n');
        client->request = NULL;
        loop_remove_fd(client->control->loop, &client->fd);
        client->fd.ready = on_writable;
        begin_patience(client);
        loop_add_fd(client->control->loop, &client->fd, EPOLLOUT);
    }
    json_object_put(object);
    json_object_put(request->object);
    free(request);
}

void control_answer(struct control_request *request, struct json_object *result)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "ok", json_object_new_boolean(1));
    json_object_object_add(object, "result", result);
    answer(request, object);
}

void control_refuse(struct control_request *request, int code, const char *words)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "ok", json_object_new_boolean(0));
    json_object_object_add(object, "code", json_object_new_int(code));
    json_object_object_add(object, "error", json_text(words));
    answer(request, object);
}

struct app *control_app(const struct control_request *request)
{
    return request->app;
}

struct json_object *control_argument(const struct control_request *request, const char *key)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(request->object, key, &value);
    return value;
}

static void run_command(struct control_request *request)
{
    struct json_object *name = json_object_is_type(request->object, json_type_object)
                                   ? json_object_object_get(request->object, "command")
                                   : NULL;
    const struct control_command *command;

    if (!json_object_is_type(name, json_type_string)) {
        control_refuse(request, USAGE, "a request is a line: {\"command\": \"...\"}");
        return;
    }
    command = control_command_find(json_object_get_string(name));
    if (command)
        command->run(request);
    else
        control_refuse(request, USAGE, "this weir does not know that command; is it older?");
}

/* A whole line has come. The socket stays watched, so that a client that goes away
 * while it waits is noticed. */
static void take_request(struct client *client, size_t size)
{
    struct control_request *request = mem_zalloc(sizeof *request);

    client->in.data[size] = '\0';
    loop_clear_timer(client->control->loop, &client->patience);
    request->app = client->control->app;
    request->client = client;
    request->object = json_tokener_parse(client->in.data);
    client->request = request;
    run_command(request);
}

/* No more comes from the client; what has come is the request, if its newline is missing. It
 * may wait for the answer still: that it has gone is told by EPOLLHUP. */
static void take_end(struct client *client, uint32_t epoll_events)
{
    struct loop *loop = client->control->loop;

    if (epoll_events & (EPOLLHUP | EPOLLERR) || (!client->request && !client->in.size)) {
        client_destroy(client);
        return;
    }
    if (!client->request)
        take_request(client, client->in.size);
    if (client->request) {
        loop_remove_fd(loop, &client->fd);
        loop_add_fd(loop, &client->fd, 0);
    }
}

static void on_readable(struct loop_fd *fd, uint32_t epoll_events)
{
    struct client *client = container_of(fd, struct client, fd);
    ssize_t n = read(fd->fd, buf_reserve(&client->in, READ_BYTES), READ_BYTES);
    char *newline;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (!n) {
        take_end(client, epoll_events);
        return;
    }
    if (n < 0 || client->request || client->in.size + (size_t)n > CONTROL_REQUEST_MAX) {
        client_destroy(client);
        return;
    }
    newline = memchr(client->in.data + client->in.size, '\n', (size_t)n);
    client->in.size += (size_t)n;
    if (newline)
        take_request(client, (size_t)(newline - client->in.data));
}

/* No descriptor is left for a client: it waits, and the loop is not turned for it meanwhile. */
static void rest(struct control *control)
{
    loop_remove_fd(control->loop, &control->listener);
    loop_set_timer(control->loop, &control->rest, loop_now_ns(control->loop) + CONTROL_REST_NS);
}

static void have_rested(struct loop_timer *timer)
{
    struct control *control = container_of(timer, struct control, rest);

    loop_add_fd(control->loop, &control->listener, EPOLLIN);
}

static void on_connection(struct loop_fd *fd, uint32_t epoll_events)
{
    struct control *control = container_of(fd, struct control, listener);
    int accepted = accept4(fd->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct client *client;

    (void)epoll_events;
    if (accepted < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            rest(control);
        return;
    }
    if (control->n_clients == CONTROL_CLIENTS_MAX) {
        close(accepted);
        return;
    }
    client = mem_zalloc(sizeof *client);
    client->control = control;
    client->fd = (struct loop_fd){.fd = accepted, .ready = on_readable};
    client->patience.expired = out_of_patience;
    list_append(&control->clients, &client->link);
    control->n_clients++;
    begin_patience(client);
    loop_add_fd(control->loop, &client->fd, EPOLLIN);
}

/* The data folder is locked, so a socket that is there is a dead one's. Nobody can
 * connect before listen(), so its mode is right in time. */
static int listen_in(const char *data_dir)
{
    SCOPED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {0};
    int folder = -1, r = fd < 0 ? -errno : control_address(data_dir, &address, &folder);

    if (!r) {
        unlink(address.sun_path);
        if (bind(fd, (const struct sockaddr *)&address, sizeof address) ||
            chmod(address.sun_path, 0600) || listen(fd, BACKLOG))
            r = -errno;
    }
    if (folder >= 0)
        close(folder);
    return r ? r : take_fd(fd);
}

/* The data folder was deleted, and has been made anew, or will be. */
static void listen_again(struct control *control)
{
    int fd = listen_in(app_data_dir(control->app));

    if (fd < 0)
        return;
    loop_clear_timer(control->loop, &control->rest);
    loop_remove_fd(control->loop, &control->listener);
    close(control->listener.fd);
    control->listener.fd = fd;
    loop_add_fd(control->loop, &control->listener, EPOLLIN);
}

static void look(struct loop_timer *timer)
{
    struct control *control = container_of(timer, struct control, look);
    SCOPED_FREE char *path = mem_printf("%s/%s", app_data_dir(control->app), CONTROL_SOCKET);

    if (access(path, F_OK) < 0 && errno == ENOENT)
        listen_again(control);
    loop_set_timer(control->loop, timer, loop_now_ns(control->loop) + CONTROL_LOOK_NS);
}

struct control *control_create(struct app *app)
{
    struct control *control = mem_zalloc(sizeof *control);
    int fd = listen_in(app_data_dir(app));

    control->app = app;
    control->loop = app_loop(app);
    control->listener = (struct loop_fd){.fd = fd, .ready = on_connection};
    list_init(&control->clients);
    control->look.expired = look;
    control->rest.expired = have_rested;
    if (fd >= 0) {
        loop_add_fd(control->loop, &control->listener, EPOLLIN);
        loop_set_timer(control->loop, &control->look, loop_now_ns(control->loop) + CONTROL_LOOK_NS);
        return control;
    }
    log_warn("there is no control socket: `weir status` and its like will not work",
        LOG_STR("data", app_data_dir(app)), LOG_STR("error", strerror(-fd)));
    free(control);
    return NULL;
}

void control_destroy(struct control *control)
{
    SCOPED_FREE char *path = NULL;
    struct client *client;

    if (!control)
        return;
    path = mem_printf("%s/%s", app_data_dir(control->app), CONTROL_SOCKET);
    unlink(path);
    loop_clear_timer(control->loop, &control->look);
    loop_clear_timer(control->loop, &control->rest);
    loop_remove_fd(control->loop, &control->listener);
    close(control->listener.fd);
    LIST_EACH (client, &control->clients, link) {
        client_destroy(client);
    }
    free(control);
}
