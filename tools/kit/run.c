#include "kit/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"

#define JOBS_MAX 64u
#define PAUSE_MS 100 /* when pidfds are not to be had, the end is polled for */

struct slot {
    struct task *task; /* NULL: free */
    struct child child;
};

struct runner {
    struct plan *plan;
    const struct run_request *request;
    char *folder; /* of all trials */
    struct slot slots[JOBS_MAX];
    struct task **waiting; /* those not begun, by urgency */
    size_t n_waiting;
    size_t n_told;
};

static void tell(struct runner *runner)
{
    struct plan *plan = runner->plan;

    while (runner->n_told < plan->n_tasks && plan->tasks[runner->n_told].done)
        runner->request->done(runner->request->context, &plan->tasks[runner->n_told++]);
}

static void skip_task(struct task *task, enum skip skip, char *reason)
{
    task->done = true;
    task->report = (struct child_report){.verdict = VERDICT_SKIP, .skip = skip, .reason = reason};
}

static bool gives_way(const struct task *giver)
{
    return giver->report.verdict == VERDICT_PASS || giver->report.verdict == VERDICT_WARN;
}

/* Whether a task can start now. One that never can is skipped. */
static bool is_ready(struct task *task)
{
    for (unsigned stage = 0; stage < STAGES_N; stage++) {
        const struct task *giver = task->givers[stage];

        if (!giver)
            continue; /* if it was not chosen, it is taken for passed */
        if (!giver->done)
            return false;
        if (!gives_way(giver)) {
            skip_task(task, SKIP_BLOCKED,
                mem_printf("%s: %s", giver->check->id, verdict_name(giver->report.verdict)));
            return false;
        }
    }
    return true;
}

/* The sink that its class has, if the check cannot do without. False: skipped. */
static bool has_sink(struct task *task)
{
    const enum sink_kind sink = settings_of(task->subject->settings, task->type)->sink;
    const uint32_t needs = task->check->needs;
    const char *lacking = NULL;

    if (needs & NEEDS_SINK && sink == SINK_NONE)
        lacking = "needs a `sink` in weir-verify.json, where what was delivered is counted";
    if (lacking)
        skip_task(task, SKIP_LACKS, mem_strdup(lacking));
    return !lacking;
}

static struct child_request request_of(
    const struct runner *runner, const struct task *task, const char *folder)
{
    return (struct child_request){.check = task->check,
        .path = task->subject->real,
        .type = task->type,
        .settings = task->subject->settings->path,
        .folder = folder,
        .seed = runner->request->seed,
        .sanitizer = task->subject->sanitizer,
        .sink = settings_of(task->subject->settings, task->type)->sink};
}

static char *task_folder(const struct runner *runner, const struct task *task)
{
    return mem_printf("%s/%zu", runner->folder, (size_t)(task - runner->plan->tasks));
}

static void run_here(struct runner *runner, struct task *task)
{
    SCOPED_FREE char *folder = task_folder(runner, task);
    struct child_request request = request_of(runner, task, folder);

    child_run_here(&request, &task->report);
    task->done = true;
}

static void start_task(struct runner *runner, struct slot *slot, struct task *task)
{
    SCOPED_FREE char *folder = task_folder(runner, task);
    struct child_request request = request_of(runner, task, folder);
    int r;

    slot->task = task;
    r = child_start(&slot->child, &request);
    if (!r) {
        slot->child.request.folder = take_ptr(folder);
        return;
    }
    task->report = (struct child_report){.verdict = VERDICT_SKIP,
        .skip = SKIP_LACKS,
        .reason = mem_printf("no process could be started: %s", strerror(-r))};
    task->done = true;
    slot->task = NULL;
}

/* Those that others wait for come first, then those that may take longest: so none is left
 * alone at the end. */
static int compare_urgency(const void *a, const void *b)
{
    const struct task *left = *(struct task *const *)a, *right = *(struct task *const *)b;
    const bool left_gives = left->check->gives != 0, right_gives = right->check->gives != 0;

    if (left_gives != right_gives)
        return right_gives - left_gives;
    if (left->check->timeout_s != right->check->timeout_s)
        return left->check->timeout_s < right->check->timeout_s ? 1 : -1;
    return (left > right) - (left < right);
}

static void line_up(struct runner *runner)
{
    const struct plan *plan = runner->plan;

    runner->waiting = mem_calloc(plan->n_tasks, sizeof(struct task *));
    for (size_t i = 0; i < plan->n_tasks; i++)
        runner->waiting[runner->n_waiting++] = &plan->tasks[i];
    qsort((void *)runner->waiting, runner->n_waiting, sizeof(struct task *), compare_urgency);
}

/* The most urgent of those that can start; it waits no more. NULL: none can. */
static struct task *next_task(struct runner *runner)
{
    struct task *next = NULL;
    size_t kept = 0, i = 0;

    while (i < runner->n_waiting && !next) {
        struct task *task = runner->waiting[i++];

        if (is_ready(task) && has_sink(task))
            next = task;
        else if (!task->done)
            runner->waiting[kept++] = task;
    }
    memmove((void *)&runner->waiting[kept], (void *)&runner->waiting[i],
        (runner->n_waiting - i) * sizeof(struct task *));
    runner->n_waiting -= i - kept;
    return next;
}

/* Orphans of a trial that is over come to us; nothing else of ours has no slot. */
static void kill_orphans(const struct runner *runner)
{
    char path[64], pids[4096];
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (!file)
        return;
    size = fread(pids, 1, sizeof pids - 1, file);
    fclose(file);
    pids[size] = '\0';
    for (char *at = pids, *end = at; *at; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        bool known = end == at || pid <= 0;

        for (size_t i = 0; i < JOBS_MAX; i++)
            known |= runner->slots[i].task && (runner->slots[i].child.pid == pid ||
                                                  runner->slots[i].child.server_pid == pid);
        if (end == at)
            return;
        if (known)
            continue;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

static void look_at(struct runner *runner, struct slot *slot, uint64_t now_ns)
{
    struct task *task = slot->task;
    char *folder = (char *)(uintptr_t)slot->child.request.folder;
    bool ended;

    child_read(&slot->child);
    ended = has_ended(&slot->child);
    if (!ended && now_ns < slot->child.deadline_ns)
        return;
    child_finish(&slot->child, !ended, &task->report);
    free(folder);
    task->done = true;
    slot->task = NULL;
    kill_orphans(runner);
}

static void wait_for_children(struct runner *runner)
{
    struct pollfd fds[JOBS_MAX * 2];
    nfds_t n = 0;
    uint64_t now_ns;

    for (size_t i = 0; i < JOBS_MAX; i++)
        if (runner->slots[i].task) {
            fds[n++] = (struct pollfd){runner->slots[i].child.pid_fd, POLLIN, 0};
            fds[n++] = (struct pollfd){runner->slots[i].child.output_fd, POLLIN, 0};
        }
    poll(fds, n, PAUSE_MS);
    now_ns = clock_now_ns();
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (runner->slots[i].task)
            look_at(runner, &runner->slots[i], now_ns);
}

/* Whether a child runs. */
static bool fill_slots(struct runner *runner)
{
    bool any = false;

    for (size_t i = 0; i < MIN(runner->request->jobs, JOBS_MAX); i++) {
        struct slot *slot = &runner->slots[i];
        struct task *task = NULL;

        if (!slot->task && (task = next_task(runner)))
            start_task(runner, slot, task);
        any |= slot->task != NULL;
    }
    return any;
}

static void run_all(struct runner *runner)
{
    while (runner->n_told < runner->plan->n_tasks) {
        struct task *task = runner->request->in_process ? next_task(runner) : NULL;

        if (task)
            run_here(runner, task);
        else if (!runner->request->in_process && fill_slots(runner))
            wait_for_children(runner);
        tell(runner);
    }
}

int run_plan(struct plan *plan, const struct run_request *request)
{
    const char *parent = getenv("TMPDIR");
    struct runner runner = {.plan = plan,
        .request = request,
        .folder = mem_printf("%s/weir-verify-XXXXXX", parent && *parent ? parent : "/tmp")};

    if (!mkdtemp(runner.folder)) {
        free(runner.folder);
        return -errno;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    line_up(&runner);
    run_all(&runner);
    child_remove_folder(runner.folder);
    free((void *)runner.waiting);
    free(runner.folder);
    return 0;
}
