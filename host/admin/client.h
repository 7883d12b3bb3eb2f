/* Asking a running host over its control socket. [any] */
#ifndef ADMIN_CLIENT_H
#define ADMIN_CLIENT_H

#include <json-c/json.h>
#include <stdint.h>

#define CONTROL_ANSWER_MAX ((size_t)256 << 20) /* bytes */

/* Exit codes of commands that ask. */
enum {
    CONTROL_NO_HOST = 69,    /* none runs on that data folder */
    CONTROL_BAD_ANSWER = 70, /* it did not speak to us as expected */
};

/* Sends the request and waits for its answer. 0 with the result, the caller's; else an
 * exit code with words in `why`. */
int control_ask(const char *data_dir, struct json_object *request, struct json_object **ret_result,
    char *why, size_t why_max);

#endif
