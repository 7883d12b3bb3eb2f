/*
 * First contact with a plugin: a child process loads it, registers it, checks it,
 * and sends back its descriptor. What crashes, hangs or ends its process there has
 * done no harm here, and is refused. [any]
 */
#ifndef PLUGIN_PROBE_H
#define PLUGIN_PROBE_H

#include <stdint.h>
#include "plugin/descriptor.h"

#define PROBE_TIMEOUT_DEFAULT_NS (10 * NS_PER_S)
#define PROBE_REPLY_BYTES_MAX (16 * MIB)
#define PROBE_OUTPUT_BYTES_MAX 256 /* of what the plugin prints; the rest is dropped */

struct probe_request {
    const char *executable; /* knows `plugin-probe` */
    const char *path;       /* of the plugin file */
    uint64_t timeout_ns;    /* then the child and all it has started are killed */
};

/* 0, or -ENOEXEC with the reason. */
int probe(const struct probe_request *request, struct descriptor **ret, struct refusal *ret_why);

/*
 * What goes through the pipe: for each stage reached one digit, then one line of
 * JSON, {"descriptor":{...}} or {"refusal":{...}}. Shared by both ends.
 */
void probe_put_refusal(const struct refusal *refusal, struct buf *buf);
/* The reverse, of a whole line; -EPROTO when it is none. */
int probe_take_reply(const char *line, struct descriptor **ret, struct refusal *ret_why);

#endif
