/*
 * The connections of the admin page. Each has so long for a request, from its first byte or the
 * answer before to the last byte of its answer: one that sends a byte now and then would else
 * hold its place for ever. [control]
 */
#ifndef ADMIN_VISITORS_H
#define ADMIN_VISITORS_H

#include <microhttpd.h>

#define VISITORS_PATIENCE_NS (10 * NS_PER_S)

struct loop;
struct visitors;

struct visitors *visitors_create(struct loop *loop);
/* After the daemon has been stopped. NULL is fine. */
void visitors_destroy(struct visitors *visitors);

/* For MHD_OPTION_NOTIFY_CONNECTION and MHD_OPTION_NOTIFY_COMPLETED, with the visitors. */
void visitors_notify(void *visitors, struct MHD_Connection *connection, void **ret_visitor,
    enum MHD_ConnectionNotificationCode what);
void visitors_answered(void *visitors, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how);

#endif
