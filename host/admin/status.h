/* The status command: a snapshot as JSON. Its members are named like those of the
 * snapshot; durations are in seconds, sizes in bytes. [control] */
#ifndef ADMIN_STATUS_H
#define ADMIN_STATUS_H

#include <json-c/json.h>

struct control_request;
struct snapshot;

void status_command(struct control_request *request);
/* The caller's. */
struct json_object *status_json(const struct snapshot *snapshot);

#endif
