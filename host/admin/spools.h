/* The commands about spools that no flusher uses. [control] */
#ifndef ADMIN_SPOOLS_H
#define ADMIN_SPOOLS_H

#include <json-c/json.h>

struct control_request;
struct snapshot;

/* Looks anew. {"spools": [{name, logs, bytes, oldest_age, error}, ...], "left_out": n} */
void spool_list_command(struct control_request *request);
/* Argument: "name". {"dropped": name, "logs": n, "bytes": n}; refused when a flusher has it. */
void spool_drop_command(struct control_request *request);

/* What list answers, as it was when they were looked for last. The caller's. */
struct json_object *unused_spools_json(const struct snapshot *snapshot);

#endif
