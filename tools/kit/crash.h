/* What a trial leaves behind when its process dies of a signal: the number, the stack,
 * and whose fault it was if the check has laid a trap. [control] */
#ifndef KIT_CRASH_H
#define KIT_CRASH_H

#include "kit/trial.h"

/* Installs handlers for the signals that a fault raises; one trial at a time. Who
 * had them before, a sanitizer, is called when nobody is to blame. */
void crash_watch(struct trial *trial);

/* Gives the signals their defaults back: the process dies of them, and is silent. */
void crash_ignore(void);

#endif
