/*
 * The process of one trial: this program, started anew in a process group of its own,
 * with a time limit that ends the whole group. [control]
 */
#ifndef KIT_CHILD_H
#define KIT_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/buf.h"
#include "kit/check.h"
#include "kit/outcome.h"

#define CHILD_OUTPUT_MAX ((size_t)64 * 1024) /* bytes that are kept of what it prints */

struct child_request {
    const struct check *check;
    const char *path;     /* of the plugin */
    const char *type;     /* NULL: the file as a whole */
    const char *settings; /* path; NULL: none */
    const char *folder;   /* to work in; must not exist yet */
    uint64_t seed;
    unsigned sink;         /* enum sink_kind of the class */
    const char *sanitizer; /* library that must be loaded before the plugin; NULL: none */
};

struct child {
    struct child_request request;
    pid_t pid;        /* 0: not running */
    pid_t server_pid; /* of the scripted server; 0: none */
    int pid_fd;       /* readable when it has ended */
    int output_fd;
    struct trial_page *page;
    struct sink_page *sink_page; /* of the server; NULL: none */
    struct buf output;
    uint64_t started_ns, deadline_ns;
};

/* What is known when it has ended; texts are on the heap, NULL or of some length. */
struct child_report {
    enum verdict verdict;
    enum skip skip;
    char *reason, *note, *frames, *output;
    uint64_t ms;
};

/* 0 or -errno. */
int child_start(struct child *child, const struct child_request *request);
/* Reads what it prints, without waiting. */
void child_read(struct child *child);
/* Ends what is left of it, and says how it went; the child can be used again. */
void child_finish(struct child *child, bool timed_out, struct child_report *ret);
void child_report_finish(struct child_report *report);

/* The same trial in this process, for a debugger. */
void child_run_here(const struct child_request *request, struct child_report *ret);

/* `weir-plugin run-check`: the other end. */
int command_run_check(int argc, char **argv);

/* Starts the scripted server of a trial if its sink is one; 0 or -errno. The page is
 * shared by *ret_page and, for a process to come, by *ret_fd (-1: no server). */
int child_start_server(
    const struct child_request *request, pid_t *ret_pid, struct sink_page **ret_page, int *ret_fd);
void child_stop_server(const struct child_request *request, pid_t pid, struct sink_page *page);

/* Removes a folder and all in it. */
void child_remove_folder(const char *path);

/* The path of this program without functions in place of the C library's, which a sanitizer
 * has itself. It lies beside this one. The caller frees it. */
char *child_sanitized_program(void);

#endif
