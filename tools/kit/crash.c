#include "kit/crash.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"

#define FRAMES_MAX 24
#define STACK_BYTES ((size_t)64 * 1024)
#define HANDLER_TIMEOUT_S 3u /* it may hang on a lock that the crash left behind */

static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

/* A signal handler is told nothing else. */
static struct trial *watched;

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
    const char *reason;
    int n;

    (void)context;
    if (watched->blame && (reason = watched->blame(watched, info->si_addr)))
        trial_fail_at_once(watched, reason);
    watched->page->signal = number;
    signal(SIGALRM, SIG_DFL);
    alarm(HANDLER_TIMEOUT_S);
    n = backtrace(frames, FRAMES_MAX);
    /* The first two are this handler and the signal's frame. */
    for (int i = 2; i < n; i++)
        put_frame(watched->page->frames, sizeof watched->page->frames, frames[i]);
    signal(number, SIG_DFL);
    raise(number);
}

void crash_watch(struct trial *trial)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    struct sigaction action = {
        .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t stack = {.ss_sp = mem_zalloc(STACK_BYTES), .ss_size = STACK_BYTES};
    void *frame[1];

    watched = trial;
    backtrace(frame, 1); /* loads what it needs */
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &action, NULL);
#else
    (void)trial;
#endif
}

void crash_ignore(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        signal(signals[i], SIG_DFL);
}
