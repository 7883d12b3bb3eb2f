/*
 * Parcels that are not in use, shared by the lanes of the process: thousands of lanes
 * that send now and then keep none each, and those that send much allocate none. [any]
 */
#ifndef DELIVERY_PARCELS_H
#define DELIVERY_PARCELS_H

#include "delivery/parcel.h"

/* So many wait to be used again; more are freed. */
#define PARCELS_KEPT_MAX 64u

struct parcels;

struct parcels *parcels_create(void);
/* Parcels that are out stay; they must not come back. NULL is fine. */
void parcels_destroy(struct parcels *parcels);

/* An empty one, in no list. `parcels` NULL: none are kept. */
struct parcel *parcels_get(struct parcels *parcels);
/* Takes back one that is in no list and whose groups have been let go. */
void parcels_put(struct parcels *parcels, struct parcel *parcel);

#endif
