/* The process of a trial, seen from inside. */
#include "kit/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/crash.h"
#include "kit/server.h"
#include "kit/settings.h"
#include "kit/trial.h"

#define PAGE_FD 3
#define SINK_FD 4

/* Ends with its parent, leaves no core file. */
static void be_harmless(void)
{
    const struct rlimit none = {0, 0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
}

static void *map_page(int fd, size_t size)
{
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

int command_run_check(int argc, char **argv)
{
    struct trial trial = {0};
    struct settings *settings;

    if (argc != 8 || !(trial.check = check_find(argv[1])) ||
        !(trial.page = map_page(PAGE_FD, sizeof *trial.page))) {
        fputs("weir-plugin run-check is used by weir-plugin verify itself\n", stderr);
        return EXIT_FAILURE;
    }
    be_harmless();
    signal(SIGPIPE, SIG_IGN); /* as the host does; NET-06 sees to those who rely on it */
    if (strcmp(argv[7], sink_kind_name(SINK_NONE)) != 0)
        trial.sink = map_page(SINK_FD, sizeof *trial.sink);
    settings = settings_read(argv[4][0] ? argv[4] : NULL);
    if (!settings || chdir(argv[5]))
        return EXIT_FAILURE;
    setenv("HOME", argv[5], 0); /* HYG-07 sees to those who rely on it */
    trial.path = argv[2];
    trial.type = argv[3][0] ? argv[3] : NULL;
    trial.settings = settings;
    trial.folder = argv[5];
    trial.seed = strtoull(argv[6], NULL, 10);
    crash_watch(&trial);
    trial_run(&trial);
    _exit(EXIT_SUCCESS); /* no destructor of the plugin's is to run */
}

static char *take_text(const char *text)
{
    return *text ? mem_strdup(text) : NULL;
}

void child_run_here(const struct child_request *request, struct child_report *ret)
{
    struct trial_page *page = mem_zalloc(sizeof *page);
    const uint64_t started_ns = clock_now_ns();
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct trial trial = {.check = request->check,
        .path = request->path,
        .type = request->type,
        .folder = request->folder,
        .seed = request->seed,
        .page = page,
        .in_process = true};
    struct settings *settings = settings_read(request->settings);
    pid_t server_pid = 0;
    SCOPED_FD int sink_fd = -1;

    trial.settings = settings;
    if (!settings || mkdir(request->folder, 0700) || chdir(request->folder) ||
        child_start_server(request, &server_pid, &trial.sink, &sink_fd))
        snprintf(page->reason, sizeof page->reason, "cannot work in %s", request->folder);
    else
        trial_run(&trial);
    *ret = (struct child_report){.verdict = (enum verdict)page->verdict,
        .skip = (enum skip)page->skip,
        .reason = mem_strdup(page->reason),
        .note = take_text(page->note),
        .ms = (clock_now_ns() - started_ns) / NS_PER_MS};
    if (here < 0 || fchdir(here))
        abort();
    close(here);
    child_stop_server(request, server_pid, trial.sink);
    child_remove_folder(request->folder);
    /* The plugin may still use what it was given. */
}
