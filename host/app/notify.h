/*
 * What the service manager is told (sd_notify's protocol, spoken to $NOTIFY_SOCKET):
 * that all is loaded, that a reload or the stop goes on, and, as often as it asks, that
 * the control thread still turns. Without that variable nothing is told. [control]
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include "base/loop.h"

struct notify;

/* Takes the variables out of the environment: they are not for children. Before any
 * thread. */
struct notify *notify_create(struct loop *loop);
/* NULL is fine. */
void notify_destroy(struct notify *notify);

/* `status` is a line for people. */
void notify_ready(struct notify *notify, const char *status);
void notify_reloading(struct notify *notify);
/* `patience_ns`: the stop may take so long without a further word. */
void notify_stopping(struct notify *notify, uint64_t patience_ns);

#endif
