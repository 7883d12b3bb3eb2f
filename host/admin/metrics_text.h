/*
 * A snapshot as Prometheus text (format 0.0.4). The names are a promise: a test holds
 * them against a list. What plugins measure themselves follows as weir_plugin_*.
 */
#ifndef ADMIN_METRICS_TEXT_H
#define ADMIN_METRICS_TEXT_H

#include "app/snapshot.h"
#include "base/buf.h"
#include "base/metric.h"

/* Appends all families. `plugins` may be NULL. Pure, but for the process_* ones, which
 * are read from /proc/self. */
void metrics_text(const struct snapshot *snapshot, struct metrics *plugins, struct buf *out);

#endif
