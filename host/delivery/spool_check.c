#include "delivery/spool_check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "delivery/spool_env.h"

#define CHECK_TIMEOUT_MS (3 * 60 * 1000)
#define CHECK_DAMAGED 1 /* exit code */

static int spawn(const char *checker, const char *folder, pid_t *ret_pid)
{
    const char *const arguments[] = {"weir", "spool-check", folder, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int r;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    r = posix_spawn(
        ret_pid, checker, &actions, &attributes, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return r;
}

/* Its wait status; killed when it takes too long. */
static int wait_for(pid_t pid)
{
    struct pollfd watch = {pidfd_open(pid, 0), POLLIN, 0};
    int status = 0;

    if (watch.fd >= 0) {
        if (poll(&watch, 1, CHECK_TIMEOUT_MS) <= 0)
            kill(pid, SIGKILL);
        close(watch.fd);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

bool spool_check(const char *checker, const char *folder)
{
    pid_t pid;
    int status, r = spawn(checker, folder, &pid);

    if (r) {
        log_warn("a spool is opened without having been checked", LOG_STR("folder", folder),
            LOG_STR("error", strerror(r)));
        return true;
    }
    status = wait_for(pid);
    return !WIFSIGNALED(status) && WEXITSTATUS(status) != CHECK_DAMAGED;
}

int cli_spool_check(int argc, char **argv)
{
    static const struct rlimit no_core = {0, 0};
    struct spool_env env;
    int r;

    if (argc != 2) {
        fputs("Usage: weir spool-check FOLDER\n", stderr);
        return 64;
    }
    setrlimit(RLIMIT_CORE, &no_core);
    r = spool_env_look(&env, argv[1]);
    if (!r) {
        r = spool_env_walk(&env);
        spool_env_close(&env);
    }
    if (r)
        fprintf(stderr, "%s: %s\n", argv[1], mdb_strerror(r));
    /* A map that does not fit into memory is a damaged number of pages. */
    return spool_env_is_damage(r) || r == MDB_NOTFOUND || r == ENOMEM ? CHECK_DAMAGED : 0;
}
