/*
 * One check at work on one plugin (and one of its classes), in the process that was
 * started for it. The verdict goes to a page shared with the process that waits, so
 * it is there whatever becomes of this one.
 */
#ifndef KIT_TRIAL_H
#define KIT_TRIAL_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "kit/check.h"
#include "kit/outcome.h"

#define TRIAL_REASON_MAX 2048
#define TRIAL_DOING_MAX 160
#define TRIAL_FRAMES_MAX 2048
#define TRIAL_ENDED_MAX 256u /* stands that are kept */

/* Shared memory; zeroed at first. */
struct trial_page {
    atomic_uint verdict; /* enum verdict; the first one that is set stays */
    unsigned skip;       /* enum skip */
    char reason[TRIAL_REASON_MAX];
    char doing[TRIAL_DOING_MAX];   /* the call into the plugin that runs, or the last */
    char frames[TRIAL_FRAMES_MAX]; /* the stack at a crash, one frame a line */
    int signal;                    /* that the process is dying of; 0: none */
    char note[TRIAL_REASON_MAX];   /* what is worth telling beside a PASS: counts, figures */
};

struct descriptor;
struct plugin_class;
struct settings;
struct sink_page;

struct trial {
    const struct check *check;
    const char *path;                /* of the plugin, absolute */
    const char *type;                /* the class; NULL for a check of the file */
    const struct settings *settings; /* of weir-verify.json */
    const char *folder;              /* of this trial; the working folder, empty at first */
    uint64_t seed;
    struct trial_page *page;
    struct sink_page *sink; /* of the scripted server; NULL: none runs */
    const char *peer_url;   /* that stands for the server's URL in configs; NULL: its own */
    const char *peer_name;  /* that stands for the server in configs; NULL: its address */
    unsigned place;         /* which instance's ${verify:dir} it is; 0: `folder` */
    unsigned n_places;      /* the highest that was used */
    bool in_process;        /* for a debugger: no process of its own */

    /* Whose memory an address is that a crash was about, as the reason of a FAIL; NULL:
     * nobody's in particular. Set by checks that lay traps. Called in a signal handler. */
    const char *(*blame)(const struct trial *trial, const void *address);
    void *blame_context;

    /* private */
    struct descriptor *descriptor;        /* once loaded */
    struct stand *ended[TRIAL_ENDED_MAX]; /* the last ones, see stand_end() */
    size_t n_ended;
    pthread_t thread; /* that runs the check */
    jmp_buf end;      /* in_process: where the trial goes on */
    pthread_mutex_t doing_lock;
};

/* Runs the check; the verdict is in the page afterwards. [control] */
void trial_run(struct trial *trial);

/* These end the trial; from a thread of the plugin's they end the process. [any] */
void trial_fail(struct trial *trial, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
/* Not to be found out, as something is not given: "needs ...". */
void trial_lacks(struct trial *trial, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
/* Nothing to be found out here: "the class has no options". */
void trial_foreign(struct trial *trial, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* The trial goes on and will end as WARN if nothing worse comes. The first one stays. */
void trial_warn(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Shown beside the verdict. */
void trial_note(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Which call into the plugin begins; shown when it does not come back. */
void trial_doing(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The plugin's descriptor, loaded at first use; a refusal ends the trial as FAIL. */
struct descriptor *trial_descriptor(struct trial *trial);
/* The class that the trial is about. */
const struct plugin_class *trial_class(struct trial *trial);

/* The verdict is PASS whatever comes, but for a crash and a timeout. The trial goes on. */
void trial_pass(struct trial *trial);

/* FAIL from the signal handler, with no more to come. */
void trial_fail_at_once(struct trial *trial, const char *reason) __attribute__((noreturn));

/* A pseudo-random number; the sequence depends on the seed only. */
uint64_t trial_random(uint64_t *state);

#endif
