/*
 * Times read and written by a layout of Go's package time: "2006-01-02 15:04:05.000
 * -0700". A layout is taken apart once. Belongs to one thread.
 */
#ifndef PROCESS_GO_LAYOUT_H
#define PROCESS_GO_LAYOUT_H

#include "base/buf.h"
#include "process/civil.h"

struct go_layout;

/* `text` must live as long as the layout. */
struct go_layout *go_layout_create(struct weir_str text);
void go_layout_destroy(struct go_layout *layout);

/* Reads all of a text; without a zone in it the time is one of `zone`. False: it does not
 * fit, or there is no such day. */
bool go_layout_parse(const struct go_layout *layout, struct weir_str text, struct zone *zone,
    struct moment *ret_moment);

/* Appends the moment as the clocks of `zone` show it. */
void go_layout_format(
    const struct go_layout *layout, struct moment moment, struct zone *zone, struct buf *to);

#endif
