/*
 * The admin page, over HTTP: GET /metrics (Prometheus text), /livez (the control thread
 * turns), /readyz (200 when all that is configured runs, 503 with words otherwise).
 * Nothing can be changed over it. Everything on the thread of the app's loop.
 */
#ifndef ADMIN_PAGE_H
#define ADMIN_PAGE_H

#include <stddef.h>

struct app;
struct page;

/* `address`: as in admin/listen. NULL with words in `why`. */
struct page *page_create(struct app *app, const char *address, char *why, size_t why_max);
/* NULL is fine. */
void page_destroy(struct page *page);

#endif
