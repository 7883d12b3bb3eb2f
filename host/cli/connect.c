#include "cli/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "plugin/instance.h"

/* For stop, and for starting the child. */
#define GRACE_NS (5 * NS_PER_S)

/* One flusher to be asked. */
struct contact {
    struct registry *registry;
    const struct pipeline_config *pipeline;
    const struct component_config *flusher;
    uint64_t timeout_ns;
    struct diag_list *diags;
};

enum outcome {
    OUTCOME_SILENT, /* nothing came: the child has crashed, or was killed */
    OUTCOME_ANSWERS,
    OUTCOME_NO_PROBE,
    OUTCOME_NO_INIT,
    OUTCOME_NO_ANSWER,
};

/* What the child writes, in one go: less than a pipe takes at once. */
struct answer {
    uint32_t outcome;
    char words[CONNECT_WORDS_MAX];
};

/* ---- in the child ---- */

static int no_settle(
    void *owner, uint64_t batch_id, uint32_t verdict, const struct weir_result *result)
{
    (void)owner;
    (void)batch_id;
    (void)verdict;
    (void)result;
    return -ENOENT;
}

static int no_mark(void *owner, const struct weir_batch *batch, uint32_t group, uint32_t log,
    uint32_t verdict, int32_t code, struct weir_str text)
{
    (void)owner;
    (void)batch;
    (void)group;
    (void)log;
    (void)verdict;
    (void)code;
    (void)text;
    return -EINVAL;
}

static void no_notice(void *owner)
{
    (void)owner;
}

static uint32_t outcome_of(int r, struct answer *answer)
{
    if (!r)
        return OUTCOME_ANSWERS;
    if (r == -ENOTSUP)
        return OUTCOME_NO_PROBE;
    if (r == -ETIMEDOUT)
        snprintf(answer->words, sizeof answer->words, "probe hangs");
    return OUTCOME_NO_ANSWER;
}

static void ask(const struct contact *contact, struct answer *answer)
{
    const struct component_config *flusher = contact->flusher;
    SCOPED_FREE char *lane = mem_printf("%s/%s", contact->pipeline->name, flusher->name);
    struct instance_spec spec = {
        .registry = contact->registry,
        .type = flusher->type,
        .class = flusher->class,
        .options = flusher->options,
        .pipeline = contact->pipeline->name,
        .project = flusher->project,
        .logstore = flusher->logstore,
        .logstore_key = flusher->logstore_key,
        .lane = lane,
        .init_timeout_ns = contact->timeout_ns,
        .settle = no_settle,
        .mark = no_mark,
        .notify_ready = no_notice,
    };
    struct weir_result result = {
        .struct_size = sizeof result, .text = answer->words, .text_max = sizeof answer->words};
    struct weir_result ignored = {.struct_size = sizeof ignored};
    struct instance *instance;

    if (instance_create(&spec, &instance, answer->words, sizeof answer->words)) {
        answer->outcome = OUTCOME_NO_INIT;
        return;
    }
    answer->outcome =
        outcome_of(instance_probe(instance, clock_now_ns() + contact->timeout_ns, &result), answer);
    if (!instance_abandoned(instance))
        instance_stop(instance, clock_now_ns() + NS_PER_S, &ignored);
}

/* Ends with its parent and leaves no core file; prints nothing of its own. */
static _Noreturn void child(const struct contact *contact, int fd)
{
    const struct rlimit none = {0, 0};
    struct answer answer = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
    setpgid(0, 0);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    ask(contact, &answer);
    (void)!write(fd, &answer, sizeof answer);
    _exit(EXIT_SUCCESS); /* no destructor of the plugin's is to run: it has answered */
}

/* ---- in the parent ---- */

/* Until it has answered, has ended, or its time is up. */
static void read_answer(int fd, uint64_t timeout_ns, struct answer *ret_answer)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    struct answer answer;

    *ret_answer = (struct answer){0};
    if (poll(&poller, 1, (int)(timeout_ns / NS_PER_MS)) == 1 &&
        read(fd, &answer, sizeof answer) == (ssize_t)sizeof answer) {
        answer.words[sizeof answer.words - 1] = '\0';
        *ret_answer = answer;
    }
}

/* The child and all that it has started are gone afterwards. Returns its status. */
static int reap(pid_t pid)
{
    int status = 0;

    killpg(pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static void say_silent(const struct contact *contact, int status)
{
    const char *how = "ended the process";

    if (WIFSIGNALED(status))
        how = WTERMSIG(status) == SIGKILL ? "did not come back" : strsignal(WTERMSIG(status));
    diag_add(contact->diags, DIAG_ERROR, "W3004", contact->flusher->place,
        "the connection test of %s in pipeline %s failed: %s", contact->flusher->name,
        contact->pipeline->name, how);
}

static void say(const struct contact *contact, const struct answer *answer)
{
    const struct component_config *flusher = contact->flusher;
    const char *words = answer->words[0] ? answer->words : "no reason was given";

    switch (answer->outcome) {
    case OUTCOME_NO_PROBE:
        diag_add(contact->diags, DIAG_NOTE, "W3002", flusher->place, "%s has no connection test",
            flusher->type);
        break;
    case OUTCOME_NO_INIT:
        diag_add(contact->diags, DIAG_ERROR, "W3003", flusher->place,
            "%s of pipeline %s cannot start: %s", flusher->name, contact->pipeline->name, words);
        break;
    case OUTCOME_NO_ANSWER:
        diag_add(contact->diags, DIAG_ERROR, "W3001", flusher->place,
            "the destination of %s in pipeline %s does not answer: %s", flusher->name,
            contact->pipeline->name, words);
        break;
    default:
        break;
    }
}

static void say_no_child(const struct contact *contact)
{
    diag_add(contact->diags, DIAG_ERROR, "W3004", contact->flusher->place,
        "no child process can be had for the connection test: %s", strerror(errno));
}

static void connect_flusher(const struct contact *contact)
{
    SCOPED_FD int read_fd = -1;
    struct answer answer;
    int fds[2], status;
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) < 0)
        return say_no_child(contact);
    read_fd = fds[0];
    pid = fork();
    if (pid == 0)
        child(contact, fds[1]);
    close(fds[1]);
    if (pid < 0)
        return say_no_child(contact);
    setpgid(pid, pid);
    read_answer(read_fd, 2 * contact->timeout_ns + GRACE_NS, &answer);
    status = reap(pid);
    if (answer.outcome == OUTCOME_SILENT)
        say_silent(contact, status);
    else
        say(contact, &answer);
}

void connect_pipeline(struct registry *registry, const struct pipeline_config *config,
    uint64_t timeout_ns, struct diag_list *diags)
{
    const struct component_list *flushers = &config->sections[CONFIG_FLUSHER];
    struct contact contact = {
        .registry = registry, .pipeline = config, .timeout_ns = timeout_ns, .diags = diags};

    for (size_t i = 0; i < flushers->count; i++) {
        contact.flusher = &flushers->items[i];
        connect_flusher(&contact);
    }
}
