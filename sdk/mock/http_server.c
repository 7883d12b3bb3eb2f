#include <weir/mock_http.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "own.h"

#define CONNECTIONS_MAX 64
#define HEAD_MAX ((size_t)64 << 10)
#define AWAIT_S 30

struct answer {
    int status;
    char *text; /* the whole answer */
};

/* A client: what it has sent of its next request. */
struct connection {
    int fd; /* -1: none */
    char *data;
    size_t size, capacity;
};

struct weir_mock_server {
    int listener, stop_fd;
    char url[64];
    pthread_t thread;
    struct connection connections[CONNECTIONS_MAX]; /* the thread's */

    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t came;
    struct answer *answers;
    uint32_t n_answers, next_answer;
    struct weir_mock_request **requests;
    uint32_t n_requests;
};

static void must(int good)
{
    if (!good)
        abort();
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->data);
    *connection = (struct connection){.fd = -1};
}

static void send_all(int fd, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t n = send(fd, text, size, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

/* The next answer by the script; its text is the caller's. */
static struct answer take_answer(struct weir_mock_server *server)
{
    struct answer answer = {200, NULL};

    if (server->n_answers) {
        answer = server->answers[server->next_answer];
        if (server->next_answer + 1 < server->n_answers)
            server->next_answer++;
    }
    answer.text = mock_text((struct weir_str){answer.text, answer.text ? strlen(answer.text) : 0});
    return answer;
}

static struct answer note_request(
    struct weir_mock_server *server, const char *data, size_t head, size_t body)
{
    struct weir_mock_request *request = mock_allocate(sizeof *request);
    struct answer answer;

    request->head = mock_text((struct weir_str){data, head});
    request->body = mock_text((struct weir_str){data + head, body});
    request->body_size = body;
    pthread_mutex_lock(&server->lock);
    server->requests = mock_grow(server->requests, server->n_requests, sizeof(void *));
    server->requests[server->n_requests++] = request;
    answer = take_answer(server);
    pthread_cond_broadcast(&server->came);
    pthread_mutex_unlock(&server->lock);
    return answer;
}

/* What Content-Length says; 0 without one. */
static size_t body_size(const char *head, size_t size)
{
    static const char name[] = "\r\nContent-Length:";

    for (size_t i = 0; i + sizeof name < size; i++)
        if (strncasecmp(head + i, name, sizeof name - 1) == 0)
            return strtoul(head + i + sizeof name - 1, NULL, 10);
    return 0;
}

/* Answers the request at the front of what was read; 0 when there is none (any more). */
static int serve(struct weir_mock_server *server, struct connection *connection)
{
    const char *end =
        connection->size ? memmem(connection->data, connection->size, "\r\n\r\n", 4) : NULL;
    size_t head = end ? (size_t)(end - connection->data) + 4 : 0;
    size_t body = head ? body_size(connection->data, head) : 0;
    struct answer answer;

    if (!head || connection->size - head < body)
        return 0;
    answer = note_request(server, connection->data, head, body);
    connection->size -= head + body;
    memmove(connection->data, connection->data + head + body, connection->size);
    if (answer.status == WEIR_MOCK_CLOSE)
        drop(connection);
    else if (answer.status != WEIR_MOCK_STALL)
        send_all(connection->fd,
            *answer.text ? answer.text : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    free(answer.text);
    return connection->fd >= 0;
}

static void read_some(struct weir_mock_server *server, struct connection *connection)
{
    ssize_t n;

    if (connection->capacity - connection->size < HEAD_MAX) {
        connection->capacity = connection->capacity * 2 + HEAD_MAX;
        connection->data = realloc(connection->data, connection->capacity);
        must(connection->data != NULL);
    }
    n = recv(connection->fd, connection->data + connection->size, HEAD_MAX, 0);
    if (n <= 0) {
        drop(connection);
        return;
    }
    connection->size += (size_t)n;
    while (serve(server, connection))
        ;
}

static void take_client(struct weir_mock_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

    for (int i = 0; fd >= 0 && i < CONNECTIONS_MAX; i++) {
        if (server->connections[i].fd < 0) {
            server->connections[i].fd = fd;
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

static void *run(void *owner)
{
    struct weir_mock_server *server = owner;
    struct pollfd fds[CONNECTIONS_MAX + 2];

    for (;;) {
        for (int i = 0; i < CONNECTIONS_MAX; i++)
            fds[i] = (struct pollfd){server->connections[i].fd, POLLIN, 0};
        fds[CONNECTIONS_MAX] = (struct pollfd){server->listener, POLLIN, 0};
        fds[CONNECTIONS_MAX + 1] = (struct pollfd){server->stop_fd, POLLIN, 0};
        if (poll(fds, CONNECTIONS_MAX + 2, -1) < 0)
            continue;
        if (fds[CONNECTIONS_MAX + 1].revents)
            return NULL;
        for (int i = 0; i < CONNECTIONS_MAX; i++)
            if (fds[i].revents)
                read_some(server, &server->connections[i]);
        if (fds[CONNECTIONS_MAX].revents)
            take_client(server);
    }
}

struct weir_mock_server *weir_mock_server_new(void)
{
    struct weir_mock_server *server = mock_allocate(sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct sockaddr *any = (struct sockaddr *)(void *)&address;

    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server->listener >= 0 && bind(server->listener, any, size) == 0);
    must(listen(server->listener, CONNECTIONS_MAX) == 0);
    must(getsockname(server->listener, any, &size) == 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    must(server->stop_fd >= 0);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        server->connections[i].fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->came, NULL);
    must(pthread_create(&server->thread, NULL, run, server) == 0);
    return server;
}

void weir_mock_server_free(struct weir_mock_server *server)
{
    if (!server)
        return;
    must(eventfd_write(server->stop_fd, 1) == 0);
    pthread_join(server->thread, NULL);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (server->connections[i].fd >= 0)
            drop(&server->connections[i]);
    for (uint32_t i = 0; i < server->n_requests; i++) {
        free(server->requests[i]->head);
        free(server->requests[i]->body);
        free(server->requests[i]);
    }
    for (uint32_t i = 0; i < server->n_answers; i++)
        free(server->answers[i].text);
    close(server->listener);
    close(server->stop_fd);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->came);
    free(server->requests);
    free(server->answers);
    free(server);
}

const char *weir_mock_server_url(const struct weir_mock_server *server)
{
    return server->url;
}

void weir_mock_server_answer(
    struct weir_mock_server *server, int status, const char *headers, const char *body)
{
    struct answer answer = {.status = status};

    must(asprintf(&answer.text, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n%s", status,
             strlen(body), headers, body) > 0);
    pthread_mutex_lock(&server->lock);
    server->answers = mock_grow(server->answers, server->n_answers, sizeof answer);
    server->answers[server->n_answers++] = answer;
    pthread_mutex_unlock(&server->lock);
}

uint32_t weir_mock_server_await(struct weir_mock_server *server, uint32_t n)
{
    struct timespec end;
    uint32_t n_requests;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += AWAIT_S;
    pthread_mutex_lock(&server->lock);
    while (
        server->n_requests < n && pthread_cond_timedwait(&server->came, &server->lock, &end) == 0)
        ;
    n_requests = server->n_requests;
    pthread_mutex_unlock(&server->lock);
    return n_requests;
}

const struct weir_mock_request *weir_mock_server_request(
    struct weir_mock_server *server, uint32_t i)
{
    const struct weir_mock_request *request;

    pthread_mutex_lock(&server->lock);
    must(i < server->n_requests);
    request = server->requests[i];
    pthread_mutex_unlock(&server->lock);
    return request;
}
