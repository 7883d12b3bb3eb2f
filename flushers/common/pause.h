/*
 * A long wait inside flush(), as the contract has it: the host knows that the call is
 * alive, and a stop ends it.
 */
#ifndef COMMON_PAUSE_H
#define COMMON_PAUSE_H

#include <stdbool.h>
#include <weir/host.h>

/* Waits `ns`. False when set_urgent or stop woke it before. [any] */
bool pause_for(const struct weir_host *host, uint64_t ns);

#endif
