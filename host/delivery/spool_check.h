/*
 * Looks at a spool that lies there from before, in a process of its own: LMDB trusts its
 * file, and a damaged one can crash whoever opens it.
 */
#ifndef DELIVERY_SPOOL_CHECK_H
#define DELIVERY_SPOOL_CHECK_H

#include <stdbool.h>

/* Runs `checker spool-check FOLDER` and waits for it, for some minutes at most. False
 * when the spool is damaged; what keeps the checker from running is no damage. [control] */
bool spool_check(const char *checker, const char *folder);

/* `weir spool-check FOLDER`. Not for people. */
int cli_spool_check(int argc, char **argv);

#endif
