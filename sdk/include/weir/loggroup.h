/*
 * Helper for plugins (linked into them, no part of the ABI): a group as the
 * protobuf message sls_logs.LogGroup (sdk/proto/sls_logs.proto).
 *
 * Category, Topic and Source are always there, even when empty, as upstream
 * has it; MachineUUID only when not empty, Time_ns only when not 0. Texts are
 * copied byte for byte, not checked for UTF-8.
 */
#ifndef WEIR_LOGGROUP_H
#define WEIR_LOGGROUP_H

#include <weir/batch.h>
#include <weir/buffer.h>

WEIR_BEGIN_DECLS

/* Bytes of the message. */
size_t weir_loggroup_size(const struct weir_group *group);

/* Appends the message. Nothing at all when memory runs out (buffer->failed). */
void weir_loggroup_append(struct weir_buffer *buffer, const struct weir_group *group);

WEIR_END_DECLS

#endif
