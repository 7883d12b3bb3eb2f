/*
 * weir-verify.json: what the author of a plugin tells the kit about it.
 *
 *   {
 *     "config": {"RemoteURL": "${verify:url}"},
 *     "sink": "http",
 *     "waivers": [{"checks": "FLU-1[01]", "reason": "why", "until": "2027-06-30"}],
 *     "flushers": {"flusher_other": {"config": {}, "sink": "file:out.log"}}
 *   }
 *
 * `config` is the `detail` of a flusher that works with the sink. In its strings stand
 * for the kit's own: ${verify:url}, ${verify:address}, ${verify:host}, ${verify:port} of
 * the scripted server, ${verify:dir} the empty working folder of the check. `sink` says
 * where what was delivered can be counted: "http", "tcp", "file:PATH", "command:LINE"
 * (a shell command that prints the logs received; run in the working folder). `waivers`
 * excuse checks whose id matches a regular expression, until the end of a day. What is
 * said in `flushers` holds for that class in place of the rest.
 *
 * Immutable once read. [any]
 */
#ifndef KIT_SETTINGS_H
#define KIT_SETTINGS_H

#include <json-c/json.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum sink_kind {
    SINK_NONE,
    SINK_HTTP,
    SINK_TCP,
    SINK_FILE,
    SINK_COMMAND,
};

struct class_settings {
    char *type;                 /* NULL: for every class without settings of its own */
    struct json_object *config; /* NULL: not given */
    enum sink_kind sink;
    char *sink_argument; /* PATH, LINE */
};

struct waiver {
    char *checks; /* as written */
    regex_t pattern;
    char *reason, *until; /* "2027-06-30" */
};

struct settings {
    char *path; /* NULL: there is no such file */
    struct class_settings *classes;
    size_t n_classes, cap_classes;
    struct waiver *waivers;
    size_t n_waivers, cap_waivers;
};

/* NULL after it has been told to standard error what is wrong. `path` NULL: empty ones. */
struct settings *settings_read(const char *path);
void settings_destroy(struct settings *settings);

/* weir-verify.json beside the plugin, or in the current folder; NULL: neither is
 * there. The caller frees it. */
char *settings_find(const char *plugin);

/* Never NULL. `type` NULL: those that hold for all. */
const struct class_settings *settings_of(const struct settings *settings, const char *type);

/* The waiver that excuses this check, NULL if there is none. */
const struct waiver *settings_waiver(const struct settings *settings, const char *id);
/* Whether its end date has passed; `today` as "2027-06-30". */
bool waiver_expired(const struct waiver *waiver, const char *today);

/* "http" ... */
const char *sink_kind_name(enum sink_kind kind);

#endif
