#include "plugin/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/mem.h"
#include "plugin/loader.h"

#define CHILD_REPLY_FD 3

struct child {
    pid_t pid;
    int pid_fd;              /* readable when it has ended; -1: not to be had */
    int reply_fd, output_fd; /* read ends; -1 when at their end */
    struct buf reply, output;
    bool ended; /* by itself */
    int status; /* of waitpid */
};

static void child_finish(struct child *child)
{
    buf_finish(&child->reply);
    buf_finish(&child->output);
    if (child->pid_fd >= 0)
        close(child->pid_fd);
    if (child->reply_fd >= 0)
        close(child->reply_fd);
    if (child->output_fd >= 0)
        close(child->output_fd);
}

/* A group of its own, so that all it starts can be killed; nothing inherited but
 * the two pipes. */
static int spawn(const struct probe_request *request, int reply_fd, int output_fd, pid_t *ret_pid)
{
    char fd_text[] = {'0' + CHILD_REPLY_FD, '\0'};
    const char *const arguments[] = {"weir", "plugin-probe", "--fd", fd_text, request->path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int r;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output_fd, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, reply_fd, CHILD_REPLY_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, CHILD_REPLY_FD + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    r = posix_spawn(ret_pid, request->executable, &actions, &attributes,
        (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -r;
}

/* A pipe whose ends lie above those that the child gets. */
static int make_pipe(int *ret_read, int *ret_write)
{
    int ends[2], above;

    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    above = fcntl(ends[1], F_DUPFD_CLOEXEC, CHILD_REPLY_FD + 1);
    close(ends[1]);
    if (above < 0) {
        close(ends[0]);
        return -errno;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *ret_read = ends[0];
    *ret_write = above;
    return 0;
}

static int child_start(struct child *child, const struct probe_request *request)
{
    SCOPED_FD int reply_fd = -1;
    SCOPED_FD int output_fd = -1;
    int r = make_pipe(&child->reply_fd, &reply_fd);

    if (!r)
        r = make_pipe(&child->output_fd, &output_fd);
    if (!r)
        r = spawn(request, reply_fd, output_fd, &child->pid);
    if (!r)
        child->pid_fd = pidfd_open(child->pid, 0);
    return r;
}

/* Reads what is there, keeps up to `max` bytes, and closes at the end. */
static void drain(int *fd, struct buf *buf, size_t max)
{
    char bytes[4096];
    ssize_t n;

    while (*fd >= 0) {
        n = read(*fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close(*fd);
            *fd = -1;
            return;
        }
        buf_append(buf, bytes, MIN((size_t)n, max - MIN(max, buf->size)));
    }
}

static bool reply_complete(const struct child *child)
{
    return child->reply.size && child->reply.data[child->reply.size - 1] == '\n';
}

/* Until the reply is whole, the child has ended, or the time is up. */
static void child_listen(struct child *child, uint64_t timeout_ns)
{
    uint64_t deadline_ns = clock_now_ns() + timeout_ns, now_ns;

    while (!reply_complete(child) && !child->ended && (now_ns = clock_now_ns()) < deadline_ns) {
        struct pollfd fds[] = {
            {child->reply_fd, POLLIN, 0},
            {child->output_fd, POLLIN, 0},
            {child->pid_fd, POLLIN, 0},
        };

        poll(fds, ARRAY_SIZE(fds), (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
        child->ended = child->pid_fd >= 0 ? fds[2].revents != 0 : child->reply_fd < 0;
        drain(&child->output_fd, &child->output, PROBE_OUTPUT_BYTES_MAX);
        drain(&child->reply_fd, &child->reply, PROBE_REPLY_BYTES_MAX);
    }
}

static void child_end(struct child *child)
{
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
        ;
}

/* The last stage that the child has told of; -1: none. */
static int last_stage(const struct child *child)
{
    int stage = -1;

    for (size_t i = 0; i < child->reply.size; i++) {
        int digit = child->reply.data[i] - '0';

        if (digit < LOADER_OPEN || digit > LOADER_DONE)
            break;
        stage = digit;
    }
    return stage;
}

static const struct {
    const char *crash, *exit, *hang; /* codes */
    const char *what, *advice;
} stages[] = {
    [LOADER_OPEN] = {"W2131", "W2132", "W2133", "when it is loaded, a constructor of it",
        "take the work out of constructors; init is the place for it"},
    [LOADER_REGISTER] = {"W2134", "W2135", "W2136", "its registration function",
        "let it return a pointer to static memory and do nothing else"},
    [LOADER_IMPORT] = {"W2137", "W2138", "W2138", "reading its tables",
        "check the pointers, counts and sizes in weir_plugin and its classes"},
};

/* What the plugin has printed, as the end of a sentence. */
static void add_output(struct child *child, struct refusal *why)
{
    SCOPED_BUF struct buf quoted = {0};
    SCOPED_FREE char *message = why->message;

    if (!child->output.size) {
        message = NULL;
        return;
    }
    buf_json_string(&quoted, child->output.data, child->output.size);
    why->message = mem_printf("%s; it printed %s", message, buf_text(&quoted));
}

/* The child has not answered: why, by how it ended and how far it had come. */
static int refuse_silence(
    struct child *child, const struct probe_request *request, struct refusal *ret_why)
{
    int stage = last_stage(child);
    int r;

    if (stage < 0 || stage >= (int)ARRAY_SIZE(stages)) {
        r = refuse(ret_why, "W2130", "the process that was to look at it gave no answer");
        refusal_text(&ret_why->found, "wait status %#x, stage %d", child->status, stage);
        refusal_text(
            &ret_why->advice, "try `%s plugin-probe --fd 3 %s 3>&1`", "weir", request->path);
    } else if (!child->ended) {
        r = refuse(ret_why, stages[stage].hang, "%s has not returned in %llu ms",
            stages[stage].what, (unsigned long long)(request->timeout_ns / NS_PER_MS));
    } else if (WIFSIGNALED(child->status)) {
        r = refuse(ret_why, stages[stage].crash, "%s crashed: signal %d (%s)", stages[stage].what,
            WTERMSIG(child->status), strsignal(WTERMSIG(child->status)));
    } else {
        r = refuse(ret_why, stages[stage].exit, "%s ended the process with exit code %d",
            stages[stage].what, WEXITSTATUS(child->status));
    }
    if (!ret_why->advice)
        refusal_text(&ret_why->advice, "%s", stages[stage].advice);
    add_output(child, ret_why);
    return r;
}

static int read_reply(struct child *child, const struct probe_request *request,
    struct descriptor **ret, struct refusal *ret_why)
{
    const char *text = buf_text(&child->reply);
    int r;

    if (!reply_complete(child))
        return refuse_silence(child, request, ret_why);
    r = probe_take_reply(text + strspn(text, "0123456789"), ret, ret_why);
    if (r == -EPROTO) {
        r = refuse(ret_why, "W2139", "its descriptor arrived garbled");
        refusal_text(&ret_why->advice, "does the plugin write to descriptors it has not opened?");
    }
    return r;
}

int probe(const struct probe_request *request, struct descriptor **ret, struct refusal *ret_why)
{
    SCOPED_CALL(child_finish)
    struct child child = {.pid_fd = -1, .reply_fd = -1, .output_fd = -1};
    int r = child_start(&child, request);

    if (r) {
        r = refuse(ret_why, "W2130", "no process could be started to look at it: %s", strerror(-r));
        refusal_text(&ret_why->found, "%s", request->executable);
        return r;
    }
    child_listen(&child, request->timeout_ns);
    child_end(&child);
    return read_reply(&child, request, ret, ret_why);
}
