/*
 * A flusher class: one kind of destination, as a const table of facts and calls.
 * This is the one header a plugin includes; it brings the others.
 *
 * Life of an instance, as the host keeps it:
 *
 *   (memory zeroed, options filled) -> init -> { is_ready, flush }* -> set_urgent
 *       -> { is_ready, flush }* -> stop -> (memory freed)
 *
 * Calls into one instance never overlap, with two exceptions: set_urgent may
 * overlap any call (it sets a flag, nothing more), and flush may overlap itself
 * when the class says WEIR_CONCURRENT. Successive calls may come on different
 * threads. A plugin is never unloaded.
 */
#ifndef WEIR_FLUSHER_H
#define WEIR_FLUSHER_H

#include <weir/abi.h>
#include <weir/batch.h>
#include <weir/host.h>
#include <weir/option.h>

WEIR_BEGIN_DECLS

/* What became of a batch. Zero is the answer that loses nothing, and what a host takes
 * a value for that it does not know: one of a later minor is for hosts of that minor. */
enum {
    WEIR_RETRY = 0,     /* not now: the host keeps it, waits, sends it again */
    WEIR_DELIVERED = 1, /* the destination has it */
    WEIR_REJECTED = 2,  /* will never succeed: the host dead-letters or drops it */
    WEIR_PENDING = 3,   /* will be said by settle(); class needs WEIR_ASYNC */
    WEIR_BROKEN = 4,    /* as RETRY, and this instance must be restarted */
};

/* Capabilities of a class; all other bits are 0. */
enum {
    WEIR_CONCURRENT = 1u << 0, /* flush may overlap itself on one instance */
    WEIR_ASYNC = 1u << 1,      /* flush may answer WEIR_PENDING */
    WEIR_NET = 1u << 2,        /* talks to the network */
    WEIR_FS_WRITE = 1u << 3,   /* writes files of the operator's choice */
    WEIR_STDOUT = 1u << 4,     /* writes to the process's standard output */
};

/* Given to init(); it and all behind it are the host's, and live until stop() has returned or
 * init() has failed. */
struct weir_context {
    uint32_t struct_size;
    uint32_t reserved;            /* not to be looked at */
    const struct weir_host *host; /* this instance's table */
    const void *options;          /* the options struct, filled; NULL if options_size is 0 */
    /* The checked configuration with defaults, as one canonical JSON object. It
     * holds secrets in clear: never log it. A NUL follows the last byte. */
    struct weir_str options_json;
    struct weir_str project;
    struct weir_str logstore;
    struct weir_str config; /* the pipeline's name */
    int64_t logstore_key;
    struct weir_str lane; /* <pipeline>/<type>/<id>, unique in the process */
    /* Where init() says why it failed; arrives with code 0 and "". Ends with init(). */
    struct weir_error *error;
};

/* The table and all behind it are static: the host reads them at any time, on any thread. */
struct weir_flusher_class {
    uint32_t struct_size;
    uint32_t flags; /* WEIR_CONCURRENT ... */

    const char *type;        /* flusher_[a-z0-9_]{1,56}; unique among all plugins */
    const char *version;     /* of the class: "1.0.0" */
    const char *description; /* one sentence, shown by `weir plugins` and in logs */

    uint32_t instance_size; /* bytes; the host allocates them zeroed, aligned for any type */
    uint32_t options_size;  /* bytes of the options struct; 0 = none */
    const struct weir_option *options; /* NULL if there are none */
    uint32_t n_options;
    uint32_t option_stride; /* sizeof(struct weir_option) as compiled */

    /* Required. Makes the instance ready to work; opens nothing exclusive, since the
     * instance of a replaced pipeline may still be running: outputs are opened at
     * the first flush. 0 on success. Otherwise anything else, with words in
     * context->error; it has then cleaned up, and no other call follows. [control] */
    int (*init)(void *self, const struct weir_context *context);

    /* Non-zero when a flush makes sense now. Cheap, no I/O, never blocks. Asked
     * right before every flush; on zero the host asks again after a growing pause
     * (10 ms to 1 s) or after notify_ready(). The texts end with the call. Absent: always
     * ready. [flush] */
    int (*is_ready)(
        void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key);

    /* Required. Delivers one batch and says what became of it: WEIR_*. `result`
     * takes the details; it ends with the call. [flush] */
    uint32_t (*flush)(void *self, const struct weir_batch *batch, struct weir_result *result);

    /* The pipeline is about to stop; `exiting` is non-zero when the whole process
     * ends. More calls of flush may follow. Sets a flag, no more; one that takes longer
     * than 1 s is left behind, and no stop() follows. Absent: nothing is done. [any] */
    void (*set_urgent)(void *self, int exiting);

    /* Last call. No flush is running. Delivers or gives back what is held, by
     * `deadline_ns` (host clock); what is still PENDING when it returns counts as
     * RETRY. Frees everything the instance made, joins its threads. 0, or anything
     * else with words in `result`. Absent: nothing to do. [control] */
    int (*stop)(void *self, uint64_t deadline_ns, struct weir_result *result);

    /* Tests the connection without sending data, for `weir check --connect`, by
     * `deadline_ns` (host clock). 0 when the destination answers, else anything else
     * with words in `result`. Absent: it cannot be tested. [control] */
    int (*probe)(void *self, uint64_t deadline_ns, struct weir_result *result);
};

/* What a plugin is: its classes, and what it was built for. Static, as all behind it. */
struct weir_plugin {
    uint32_t struct_size;
    uint32_t abi_minor;   /* the minor of the headers it was compiled with */
    uint32_t needs_minor; /* the oldest host minor it can live with */
    uint32_t n_classes;   /* at least 1 */
    const struct weir_flusher_class *const *classes;
    const char *name;    /* "stdout"; for people */
    const char *version; /* of the plugin: "1.0.0" */
    const char *vendor;  /* may be NULL, as the next two */
    const char *license; /* SPDX expression */
    const char *url;
};

/* Type of the exported function. No I/O, no threads, done in 10 ms; may be called
 * again and returns the same pointer, to static memory. NULL with words in `err`
 * when the plugin refuses this host. `host` lives for good, and has name, version,
 * log(), log_enabled() and the clocks only: all other calls in it are NULL. [control] */
typedef const struct weir_plugin *weir_plugin_register_fn(
    const struct weir_host *host, struct weir_error *err);

WEIR_EXPORT const struct weir_plugin *weir_plugin_register_v1(
    const struct weir_host *host, struct weir_error *err);

/* The ELF note that tells what is inside without running any code: owner "weir",
 * type WEIR_NOTE_TYPE, and as content four 32-bit numbers and a text of lines
 * `key=value`: name, version, types (separated by commas). Readers skip keys that they
 * do not know, and notes of other majors. */
#define WEIR_NOTE_TYPE 1u

#define WEIR_NOTE_(NAME, VERSION, NEEDS_MINOR, TYPES) \
    __attribute__((section(".note.weir"), used, aligned(4))) static const struct { \
        uint32_t name_size, content_size, note_type; \
        char owner[8]; \
        uint32_t abi_major, abi_minor, needs_minor, text_size; \
        char text[sizeof("name=" NAME "\nversion=" VERSION "\ntypes=" TYPES "\n")]; \
    } weir_note_ = {5, 16 + sizeof("name=" NAME "\nversion=" VERSION "\ntypes=" TYPES "\n"), \
        WEIR_NOTE_TYPE, "weir", WEIR_ABI_MAJOR, WEIR_ABI_MINOR, NEEDS_MINOR, \
        sizeof("name=" NAME "\nversion=" VERSION "\ntypes=" TYPES "\n") - 1, \
        "name=" NAME "\nversion=" VERSION "\ntypes=" TYPES "\n"};

/*
 * Writes note, descriptor and registration function. Once in a plugin, at file
 * scope: WEIR_PLUGIN("acme", "1.0.0", "flusher_acme", &acme_class);
 * TYPES is one string, the types of the classes in order, separated by commas.
 * Behind it come pointers to the class tables.
 */
#define WEIR_PLUGIN(NAME, VERSION, TYPES, ...) \
    WEIR_NOTE_(NAME, VERSION, 0u, TYPES) \
    static const struct weir_flusher_class *const weir_classes_[] = {__VA_ARGS__}; \
    static const struct weir_plugin weir_plugin_ = {(uint32_t)sizeof(struct weir_plugin), \
        WEIR_ABI_MINOR, 0u, (uint32_t)(sizeof weir_classes_ / sizeof weir_classes_[0]), \
        weir_classes_, NAME, VERSION, NULL, NULL, NULL}; \
    const struct weir_plugin *weir_plugin_register_v1( \
        const struct weir_host *weir_host_, struct weir_error *weir_err_) \
    { \
        (void)weir_host_; \
        (void)weir_err_; \
        return &weir_plugin_; \
    } \
    struct weir_plugin /* swallows the semicolon */

WEIR_END_DECLS

#endif
