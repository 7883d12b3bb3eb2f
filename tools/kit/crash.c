#include "kit/crash.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/util.h"

#define FRAMES_MAX 24
#define STACK_BYTES ((size_t)64 * 1024)
#define HANDLER_TIMEOUT_S 3u /* it may hang on a lock that the crash left behind */

static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

/* A signal handler is told nothing else. */
static struct trial *watched;
/* Who had the signals before: a sanitizer, which then has its say. */
static struct sigaction before[ARRAY_SIZE(signals)];

static const struct sigaction *handler_before(int number)
{
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        if (signals[i] == number && before[i].sa_flags & SA_SIGINFO)
            return &before[i];
    return NULL;
}

static void put_frame(char *text, size_t max, const void *address)
{
    Dl_info info = {0};
    const char *file;
    const size_t used = strlen(text);

    if (!dladdr(address, &info) || !info.dli_fname) {
        snprintf(text + used, max - used, "%p\n", address);
        return;
    }
    file = strrchr(info.dli_fname, '/');
    snprintf(text + used, max - used, "%s+0x%zx %s\n", file ? file + 1 : info.dli_fname,
        (size_t)((const char *)address - (const char *)info.dli_fbase),
        info.dli_sname ? info.dli_sname : "");
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    void *frames[FRAMES_MAX];
    const struct sigaction *next = handler_before(number);
    const char *reason;
    int n;

    if (watched->blame && (reason = watched->blame(watched, info->si_addr)))
        trial_fail_at_once(watched, reason);
    watched->page->signal = number;
    signal(SIGALRM, SIG_DFL);
    alarm(HANDLER_TIMEOUT_S);
    n = backtrace(frames, FRAMES_MAX);
    /* The first two are this handler and the signal's frame. */
    for (int i = 2; i < n; i++)
        put_frame(watched->page->frames, sizeof watched->page->frames, frames[i]);
    if (next)
        next->sa_sigaction(number, info, context);
    signal(number, SIG_DFL);
    raise(number);
}

void crash_watch(struct trial *trial)
{
    struct sigaction action = {
        .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    static char memory[STACK_BYTES];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    void *frame[1];

    watched = trial;
    backtrace(frame, 1); /* loads what it needs */
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &action, &before[i]);
}

void crash_ignore(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        signal(signals[i], SIG_DFL);
}
