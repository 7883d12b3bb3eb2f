/*
 * A LogGroup message (sdk/proto/sls_logs.proto) back to a group: what comes out of the
 * spool and the dead letters. Whatever the bytes are, it reads no further than them.
 */
#ifndef DELIVERY_GROUP_READ_H
#define DELIVERY_GROUP_READ_H

#include "event/group.h"

#define GROUP_READ_LOGS_MAX (1u << 24) /* in one message; more is refused */

/* The message lies in `block`, which the group then holds; its other memory is of
 * `memory`. `range`, which may be NULL, is taken over: the group is for `lanes` and holds
 * it for them. Unknown fields are skipped. NULL when the message is malformed. [any] */
struct group *group_read(struct memory *memory, struct block *block, struct weir_str message,
    struct range *range, uint64_t lanes);

#endif
