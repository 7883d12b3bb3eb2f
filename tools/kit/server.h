/*
 * The scripted server of the kit: an HTTP/1.1 or bare TCP peer on 127.0.0.1 that answers
 * well, badly, late or not at all, as the check says. It is a process of its own; a
 * check steers it through a shared page, of which each member may change at any time.
 */
#ifndef KIT_SERVER_H
#define KIT_SERVER_H

#include <stdatomic.h>

enum server_mode {
    SERVER_TAKES,     /* 200 */
    SERVER_ANSWERS,   /* `status`, with Retry-After if `retry_after_s` */
    SERVER_REFUSES,   /* does not listen, and drops its connections */
    SERVER_STALLS,    /* accepts, and never reads */
    SERVER_HANGS,     /* reads, and never answers */
    SERVER_RESETS,    /* resets after `after_bytes` of a request */
    SERVER_CLOSES,    /* reads the request, and closes without an answer */
    SERVER_HALF,      /* half an answer, then the end */
    SERVER_DRIPS,     /* 200, byte by byte */
    SERVER_BABBLES,   /* an answer that is no HTTP */
    SERVER_FLOODS,    /* headers without end, up to 64 MiB */
    SERVER_CREEPS,    /* reads 1 KiB every 10 ms */
    SERVER_REDIRECTS, /* `status` and where to, unless that is where the request goes; then 200 */
    SERVER_INFORMS,   /* 103, then 200 */
    SERVER_ENDS,      /* 200, then the end, of which nothing was said */
};

/* Shared memory; zeroed at first. */
struct sink_page {
    /* set by the check */
    atomic_uint mode; /* enum server_mode */
    atomic_uint status, retry_after_s, after_bytes;
    atomic_uint times;    /* the mode is for so many requests, then SERVER_TAKES; 0: for all */
    atomic_uint body_max; /* bytes; larger requests get 413; 0: none does */
    atomic_uint delay_ms; /* before each answer */
    atomic_uint hang_ups; /* how often it is to have closed all its connections, in good order */
    /* set by the server */
    atomic_uint port; /* 0: not ready yet */
    atomic_uint n_connections, n_open, n_requests, n_taken;
    atomic_uint n_unread;        /* bodies in an encoding that is not known, see unpack.h */
    atomic_uint obeyed;          /* the mode that it works by now */
    atomic_uint hung_up;         /* as often as it has done so */
    atomic_uint last_connect_ms; /* since its start, when the last connection came */
};

/* `weir-plugin run-server KIND FOLDER`, with the page as descriptor 3: what it has taken
 * goes to FOLDER/taken. Ends with its parent. */
int command_run_server(int argc, char **argv);

#endif
