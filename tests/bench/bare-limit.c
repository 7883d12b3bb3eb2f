/*
 * What can be had at best of a core: a file is read, split into lines, laid out and
 * written, by the straightest program there is. Nothing is acknowledged, nothing can
 * wait, nothing is retried, there is one thread.
 *
 *     bare-limit none|raw|json IN [OUT]
 *
 * none: the lines become log groups, which are packed as protobuf and forgotten.
 * raw: the lines are written to OUT. json: {"content":"..."} lines are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/json.h>
#include <weir/loggroup.h>

#define BLOCK_BYTES (512u << 10)
#define GROUP_LOGS 1024u

enum mode { MODE_NONE, MODE_RAW, MODE_JSON };

struct limit {
    enum mode mode;
    int in, out;
    char block[2 * BLOCK_BYTES]; /* a line that a read cuts goes on at the front */
    size_t held;
    struct weir_kv contents[GROUP_LOGS];
    struct weir_log logs[GROUP_LOGS];
    uint32_t n_logs;
    struct weir_buffer buffer;
    uint64_t n_lines, n_bytes;
};

__attribute__((noreturn)) static void give_up(const char *what)
{
    fprintf(stderr, "bare-limit: %s: %s\n", what, strerror(errno));
    exit(74);
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);

        if (n < 0)
            give_up("write");
        data += n;
        size -= (size_t)n;
    }
}

static void end_group(struct limit *limit)
{
    struct weir_group group = {.struct_size = sizeof group,
        .n_logs = limit->n_logs,
        .log_stride = sizeof *limit->logs,
        .logs = limit->logs};

    if (limit->mode == MODE_NONE)
        weir_loggroup_append(&limit->buffer, &group);
    else if (limit->mode == MODE_JSON)
        for (uint32_t i = 0; i < limit->n_logs; i++) {
            weir_json_log(&limit->buffer, &limit->logs[i]);
            weir_buffer_append_byte(&limit->buffer, '\n');
        }
    else
        for (uint32_t i = 0; i < limit->n_logs; i++) {
            weir_buffer_append_str(&limit->buffer, limit->contents[i].value);
            weir_buffer_append_byte(&limit->buffer, '\n');
        }
    if (limit->mode != MODE_NONE)
        write_all(limit->out, limit->buffer.data, limit->buffer.size);
    limit->n_lines += limit->n_logs;
    limit->n_bytes += limit->buffer.size;
    limit->n_logs = 0;
    weir_buffer_clear(&limit->buffer);
}

/* Returns what is left behind the last newline. */
static size_t take_lines(struct limit *limit, size_t size)
{
    const char *at = limit->block, *end = at + size, *newline;

    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        struct weir_kv *content = &limit->contents[limit->n_logs];

        *content = (struct weir_kv){{"content", 7}, {at, (size_t)(newline - at)}};
        limit->logs[limit->n_logs++] = (struct weir_log){1700000000, 0, 1, 0, content};
        if (limit->n_logs == GROUP_LOGS)
            end_group(limit);
        at = newline + 1;
    }
    if (limit->n_logs)
        end_group(limit);
    memmove(limit->block, at, (size_t)(end - at));
    return (size_t)(end - at);
}

static void run(struct limit *limit)
{
    for (;;) {
        size_t room = sizeof limit->block - limit->held;
        ssize_t n =
            read(limit->in, limit->block + limit->held, room < BLOCK_BYTES ? room : BLOCK_BYTES);

        if (n < 0)
            give_up("read");
        if (n == 0)
            return;
        limit->held = take_lines(limit, limit->held + (size_t)n);
        if (limit->held == sizeof limit->block) {
            errno = E2BIG;
            give_up("a line");
        }
    }
}

int main(int argc, char **argv)
{
    static const char *const modes[] = {"none", "raw", "json"};
    static struct limit limit = {.out = -1};

    while (argc > 1 && limit.mode <= MODE_JSON && strcmp(modes[limit.mode], argv[1]) != 0)
        limit.mode++;
    if (argc < 3 || limit.mode > MODE_JSON || (limit.mode != MODE_NONE) != (argc == 4)) {
        fputs("usage: bare-limit none|raw|json IN [OUT]\n", stderr);
        return 64;
    }
    limit.in = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (limit.in < 0)
        give_up(argv[2]);
    if (argc == 4)
        limit.out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (argc == 4 && limit.out < 0)
        give_up(argv[3]);
    run(&limit);
    printf("%ju lines, %ju bytes\n", (uintmax_t)limit.n_lines, (uintmax_t)limit.n_bytes);
    return 0;
}
