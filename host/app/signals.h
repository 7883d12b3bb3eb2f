/*
 * The signals of the process, taken on the control thread's loop: SIGTERM and SIGINT ask for
 * a stop, SIGHUP for a reload. [control]
 */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

struct loop;
struct signals;

struct signals_spec {
    struct loop *loop;
    void (*stop)(void *owner, const char *name); /* the signal's */
    void (*reload)(void *owner);
    void *owner;
};

/* Before any thread is made: all inherit that they do not take them. NULL when it cannot. */
struct signals *signals_create(const struct signals_spec *spec);
/* They stay blocked. NULL is fine. */
void signals_destroy(struct signals *signals);

#endif
