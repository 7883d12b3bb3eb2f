#include "admin/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "admin/control_path.h"
#include "base/buf.h"
#include "base/util.h"

#define READ_BYTES (64 * KIB)

static int connect_to(const char *data_dir)
{
    struct sockaddr_un address = {0};
    SCOPED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int folder = -1, r = fd < 0 ? -errno : control_address(data_dir, &address, &folder);

    if (!r && connect(fd, (const struct sockaddr *)&address, sizeof address))
        r = -errno;
    if (folder >= 0)
        close(folder);
    return r ? r : take_fd(fd);
}

static int send_line(int fd, const char *text, size_t size)
{
    while (size) {
        ssize_t n = send(fd, text, size, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Up to the newline, which is left out. */
static int read_line(int fd, struct buf *line)
{
    while (!line->size || line->data[line->size - 1] != '\n') {
        ssize_t n = read(fd, buf_reserve(line, READ_BYTES), READ_BYTES);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (!n || line->size > CONTROL_ANSWER_MAX)
            return -EBADMSG;
        line->size += (size_t)n;
    }
    line->size--;
    return 0;
}

static int take_answer(
    struct json_object *answer, struct json_object **ret_result, char *why, size_t why_max)
{
    struct json_object *ok = json_object_object_get(answer, "ok");
    struct json_object *code = json_object_object_get(answer, "code");
    struct json_object *error = json_object_object_get(answer, "error");

    if (json_object_is_type(ok, json_type_boolean) && json_object_get_boolean(ok)) {
        *ret_result = json_object_get(json_object_object_get(answer, "result"));
        return 0;
    }
    snprintf(why, why_max, "%s", error ? json_object_get_string(error) : "no answer that is known");
    return code ? json_object_get_int(code) : CONTROL_BAD_ANSWER;
}

int control_ask(const char *data_dir, struct json_object *request, struct json_object **ret_result,
    char *why, size_t why_max)
{
    SCOPED_BUF struct buf line = {0}, answer = {0};
    SCOPED_FD int fd = connect_to(data_dir);
    struct json_object *parsed;
    int r;

    if (fd < 0) {
        snprintf(why, why_max, "no weir can be asked on the data folder %s: %s; give --data",
            data_dir, strerror(-fd));
        return CONTROL_NO_HOST;
    }
    buf_puts(&line, json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN));
    buf_putc(&line, '\n');
    r = send_line(fd, line.data, line.size);
    if (!r)
        r = read_line(fd, &answer);
    parsed = r ? NULL : json_tokener_parse(buf_text(&answer));
    if (!parsed) {
        snprintf(why, why_max, "the running weir did not answer%s%s", r ? ": " : "",
            r ? strerror(-r) : "");
        return CONTROL_BAD_ANSWER;
    }
    r = take_answer(parsed, ret_result, why, why_max);
    json_object_put(parsed);
    return r;
}
