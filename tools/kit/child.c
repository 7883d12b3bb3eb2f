#include "kit/child.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/heap.h"
#include "kit/server.h"
#include "kit/settings.h"
#include "kit/trial.h"

#define PAGE_FD 3
#define SINK_FD 4
#define SERVER_START_MS 5000u

#define SANITIZED_TIME_FACTOR 4u

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void child_remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Zeroed memory that a process we start can map, by *ret_fd. NULL with errno. */
static void *share_page(const char *name, size_t size, int *ret_fd)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    void *page;

    if (fd < 0 || ftruncate(fd, (off_t)size))
        return NULL;
    page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return NULL;
    *ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, SINK_FD + 1);
    close(fd);
    return page;
}

static int make_output(int *ret_read, int *ret_write)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    *ret_read = ends[0];
    *ret_write = fcntl(ends[1], F_DUPFD_CLOEXEC, SINK_FD + 1);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return 0;
}

/* Whether a sanitizer may report something. */
static bool is_sanitized(const struct child_request *request)
{
    return request->sanitizer || !heap_visible();
}

char *child_sanitized_program(void)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

    path[size > 0 ? size : 0] = '\0';
    return mem_printf("%s-sanitized", path);
}

/* The environment for a sanitizer: its library, if one is given, comes before all others,
 * and the kit's own memory, which is left to the end of the process, is not looked at. */
struct environment {
    char *preload, *options;
    char **items;
};

static void environment_finish(struct environment *environment)
{
    free(environment->preload);
    free(environment->options);
    free((void *)environment->items);
}

static bool starts_with(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

static void environment_make(struct environment *environment, const char *library)
{
    const char *options = getenv("ASAN_OPTIONS");
    size_t n = 0;

    while (environ[n])
        n++;
    environment->items = mem_calloc(n + 3, sizeof *environment->items);
    if (library)
        environment->preload = mem_printf("LD_PRELOAD=%s", library);
    environment->options =
        mem_printf("ASAN_OPTIONS=%s:leak_check_at_exit=0", options ? options : "");
    n = 0;
    environment->items[n++] = environment->options;
    if (library)
        environment->items[n++] = environment->preload;
    for (char **at = environ; *at; at++)
        if ((!library || !starts_with(*at, "LD_PRELOAD=")) && !starts_with(*at, "ASAN_OPTIONS="))
            environment->items[n++] = *at;
}

/* This program anew, in a process group of its own, with nothing
 * inherited but what `actions` says. 0 or -errno. */
static int spawn_self(const char *const *arguments, posix_spawn_file_actions_t *actions,
    const char *sanitizer, pid_t *ret_pid)
{
    SCOPED_FREE char *program =
        sanitizer ? child_sanitized_program() : mem_strdup("/proc/self/exe");
    SCOPED_CALL(environment_finish) struct environment environment = {0};
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int r;

    if (sanitizer || !heap_visible())
        environment_make(&environment, sanitizer);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    r = posix_spawn(ret_pid, program, actions, &attributes, (char *const *)(uintptr_t)arguments,
        environment.items ? environment.items : environ);
    posix_spawnattr_destroy(&attributes);
    return -r;
}

static char *sink_folder(const struct child_request *request)
{
    return mem_printf("%s.sink", request->folder);
}

static int spawn_server(
    const struct child_request *request, const char *folder, int page_fd, pid_t *ret_pid)
{
    const char *const arguments[] = {
        "weir-plugin", "run-server", sink_kind_name(request->sink), folder, NULL};
    posix_spawn_file_actions_t actions;
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, page_fd, PAGE_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, PAGE_FD + 1);
    r = spawn_self(arguments, &actions, NULL, ret_pid);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

int child_start_server(
    const struct child_request *request, pid_t *ret_pid, struct sink_page **ret_page, int *ret_fd)
{
    SCOPED_FREE char *folder = sink_folder(request);
    const bool wanted = request->check->scope == CHECK_CLASS &&
                        (request->sink == SINK_HTTP || request->sink == SINK_TCP);
    struct sink_page *page;
    int fd = -1;
    int r;

    if (!wanted)
        return 0;
    if (mkdir(folder, 0700))
        return -errno;
    page = share_page("weir-sink", sizeof *page, &fd);
    if (!page)
        return -errno;
    r = spawn_server(request, folder, fd, ret_pid);
    for (unsigned ms = 0; !r && !atomic_load(&page->port) && ms < SERVER_START_MS; ms++)
        usleep(1000);
    *ret_page = page;
    *ret_fd = fd;
    return r ? r : atomic_load(&page->port) ? 0 : -ETIMEDOUT;
}

void child_stop_server(const struct child_request *request, pid_t pid, struct sink_page *page)
{
    SCOPED_FREE char *folder = sink_folder(request);

    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (!page)
        return;
    munmap(page, sizeof *page);
    child_remove_folder(folder);
}

static int spawn_check(struct child *child, int page_fd, int sink_fd, int output_fd)
{
    const struct child_request *request = &child->request;
    SCOPED_FREE char *seed = mem_printf("%llu", (unsigned long long)request->seed);
    const char *const arguments[] = {"weir-plugin", "run-check", request->check->id, request->path,
        request->type ? request->type : "", request->settings ? request->settings : "",
        request->folder, seed, sink_kind_name(child->sink_page ? request->sink : SINK_NONE), NULL};
    posix_spawn_file_actions_t actions;
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output_fd, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, page_fd, PAGE_FD);
    if (sink_fd >= 0)
        posix_spawn_file_actions_adddup2(&actions, sink_fd, SINK_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, sink_fd >= 0 ? SINK_FD + 1 : PAGE_FD + 1);
    r = spawn_self(arguments, &actions, request->sanitizer, &child->pid);
    posix_spawn_file_actions_destroy(&actions);
    if (r)
        child->pid = 0;
    return r;
}

int child_start(struct child *child, const struct child_request *request)
{
    SCOPED_FD int page_fd = -1;
    SCOPED_FD int output_fd = -1;
    SCOPED_FD int sink_fd = -1;
    const unsigned timeout_s =
        request->check->timeout_s ? request->check->timeout_s : CHECK_TIMEOUT_S;
    int r;

    *child = (struct child){.request = *request, .pid_fd = -1, .output_fd = -1};
    if (mkdir(request->folder, 0700))
        return -errno;
    child->page = share_page("weir-trial", sizeof *child->page, &page_fd);
    if (!child->page)
        return -errno;
    r = make_output(&child->output_fd, &output_fd);
    if (!r)
        r = child_start_server(request, &child->server_pid, &child->sink_page, &sink_fd);
    child->started_ns = clock_now_ns();
    child->deadline_ns =
        child->started_ns +
        timeout_s * (is_sanitized(request) ? SANITIZED_TIME_FACTOR : 1u) * NS_PER_S;
    if (!r)
        r = spawn_check(child, page_fd, sink_fd, output_fd);
    if (!r)
        child->pid_fd = pidfd_open(child->pid, 0);
    return r;
}

void child_read(struct child *child)
{
    char bytes[4096];
    ssize_t n;

    while (child->output_fd >= 0) {
        n = read(child->output_fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        if (n == 0) {
            close(child->output_fd);
            child->output_fd = -1;
            return;
        }
        buf_append(&child->output, bytes,
            MIN((size_t)n, CHILD_OUTPUT_MAX - MIN(CHILD_OUTPUT_MAX, child->output.size)));
    }
}

/* The line of a sanitizer's report that says what it is; NULL: there is none. */
static char *sanitizer_words(const struct child_request *request, struct buf *output)
{
    static const char *const signs[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
        "WARNING: ThreadSanitizer", "runtime error: "};
    const char *text = is_sanitized(request) ? buf_text(output) : "";
    const char *at;

    for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
        if ((at = strstr(text, signs[i])))
            return mem_printf("%.*s", (int)strcspn(at, "\n"), at);
    return NULL;
}

static char *during(const struct trial_page *page, const char *what)
{
    return page->doing[0] ? mem_printf("%s, in %s", what, page->doing) : mem_strdup(what);
}

static void report_end(struct child *child, int status, struct child_report *ret)
{
    const struct trial_page *page = child->page;
    const int number = page->signal ? page->signal : WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    SCOPED_FREE char *sanitizer = sanitizer_words(&child->request, &child->output);
    SCOPED_FREE char *what = NULL;

    if (sanitizer) {
        ret->verdict = VERDICT_CRASH;
        ret->reason = during(page, sanitizer);
    } else if (number) {
        ret->verdict = VERDICT_CRASH;
        what = mem_printf("signal %d (%s)", number, strsignal(number));
        ret->reason = during(page, what);
    } else if (atomic_load(&page->verdict) == VERDICT_NONE) {
        ret->verdict = VERDICT_FAIL;
        what = mem_printf(
            "the process ended with exit code %d before the check was over", WEXITSTATUS(status));
        ret->reason = during(page, what);
    } else {
        ret->verdict = (enum verdict)atomic_load(&page->verdict);
        ret->skip = (enum skip)page->skip;
        ret->reason = mem_strndup(page->reason, strnlen(page->reason, sizeof page->reason));
    }
}

static char *take_text(const char *text, size_t max)
{
    return *text ? mem_strndup(text, strnlen(text, max)) : NULL;
}

void child_finish(struct child *child, bool timed_out, struct child_report *ret)
{
    int status = 0;

    *ret = (struct child_report){.ms = (clock_now_ns() - child->started_ns) / NS_PER_MS};
    if (child->pid > 0) {
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    child_read(child);
    if (timed_out) {
        SCOPED_FREE char *what = mem_printf("no end after %llu ms", (unsigned long long)ret->ms);

        ret->verdict = VERDICT_TIMEOUT;
        ret->reason = during(child->page, what);
    } else {
        report_end(child, status, ret);
    }
    ret->note = take_text(child->page->note, sizeof child->page->note);
    ret->frames = take_text(child->page->frames, sizeof child->page->frames);
    if (child->output.size)
        ret->output = buf_take(&child->output);
    munmap(child->page, sizeof *child->page);
    if (child->pid_fd >= 0)
        close(child->pid_fd);
    if (child->output_fd >= 0)
        close(child->output_fd);
    buf_finish(&child->output);
    child_stop_server(&child->request, child->server_pid, child->sink_page);
    child->server_pid = 0;
    child_remove_folder(child->request.folder);
    child->pid = 0;
}

void child_report_finish(struct child_report *report)
{
    free(report->reason);
    free(report->note);
    free(report->frames);
    free(report->output);
    *report = (struct child_report){0};
}
