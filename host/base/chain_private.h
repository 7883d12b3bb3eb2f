/* What the parser of chains (chain_parse.c) and the walk (chain.c) share. */
#ifndef BASE_CHAIN_PRIVATE_H
#define BASE_CHAIN_PRIVATE_H

#include "base/chain.h"

#define CHAIN_LINKS_MAX 256U

enum link_kind {
    LINK_ONE,   /* one byte of the set */
    LINK_RUN,   /* `min` or more */
    LINK_OPEN,  /* a group begins */
    LINK_CLOSE, /* and ends */
    LINK_END,   /* the end of the subject */
};

/* A link as it is written. */
struct link {
    enum link_kind kind;
    uint32_t group; /* OPEN, CLOSE */
    uint8_t min;    /* RUN: 0 or 1 */
    bool lazy;      /* RUN: as few as can be */
    bool set[256];  /* ONE, RUN */
};

/* Writes up to CHAIN_LINKS_MAX links. False: not a chain. */
bool chain_parse(
    struct weir_str text, struct link *links, uint32_t *ret_n_links, uint32_t *ret_n_groups);

#endif
