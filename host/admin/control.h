/*
 * The control socket: how `weir status` and its like talk to a running host. A unix
 * socket in the data folder that only its owner may open; a client sends one line, a
 * JSON object with `command` and its arguments, and gets one line back. It may close its half
 * of the connection behind the line, or in place of the newline:
 *
 *     {"ok":true,"result":{...}}   or   {"ok":false,"code":1,"error":"words"}
 *
 * Everything on the thread of the app's loop; a command may answer later.
 */
#ifndef ADMIN_CONTROL_H
#define ADMIN_CONTROL_H

#include <json-c/json.h>

#define CONTROL_SOCKET "control.sock"
#define CONTROL_REQUEST_MAX ((size_t)64 << 10) /* bytes of a line */
#define CONTROL_CLIENTS_MAX 32                 /* more are turned away */
#define CONTROL_LOOK_NS (5 * NS_PER_S)         /* how often is looked whether it is there */
#define CONTROL_REST_NS (1 * NS_PER_S)         /* while there is no descriptor for a client */
#define CONTROL_PATIENCE_NS 10000000000ULL     /* for a request to come, an answer to go */

struct app;
struct control;
struct control_request;

/* admin/commands.c lists them. */
struct control_command {
    const char *name; /* "dead-letter list" */
    /* Answers the request, once, now or later. */
    void (*run)(struct control_request *request);
};

/* NULL when there can be no socket; why is logged. */
struct control *control_create(struct app *app);
/* Requests that are open are answered no more, but their answers may still come.
 * NULL is fine. */
void control_destroy(struct control *control);

struct app *control_app(const struct control_request *request);
/* An argument of the request, NULL if it is not there; lives as long as the request. */
struct json_object *control_argument(const struct control_request *request, const char *key);
/* The end of the request; takes `result` over. */
void control_answer(struct control_request *request, struct json_object *result);
/* The end of the request, with the exit code that the client shall have. */
void control_refuse(struct control_request *request, int code, const char *words);

#endif
