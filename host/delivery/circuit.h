/*
 * The circuit breaker of a lane: after some failures in a row the destination counts
 * as down, and one batch at a time is tried instead of all that wait; so a dead
 * destination is asked rarely and only the probe's attempts are used up.
 *
 *              `threshold` failures in a row            the pause is over
 *   CLOSED ------------------------------> OPEN ------------------------> HALF_OPEN
 *     ^                                     ^  ^                            |    |
 *     +------------- any success -----------+  +------- probe failed -------+    |
 *     +--------------------------------------------------- probe succeeded ------+
 *
 * Pure, but for the struct that it is told to change; its test is a table.
 */
#ifndef DELIVERY_CIRCUIT_H
#define DELIVERY_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

enum circuit_state {
    CIRCUIT_CLOSED,    /* all may be sent */
    CIRCUIT_OPEN,      /* nothing, until open_until_ns */
    CIRCUIT_HALF_OPEN, /* one probe is out, nothing else */
};

/* Zeroed: closed. */
struct circuit {
    enum circuit_state state;
    uint64_t failures; /* in a row */
    uint64_t open_until_ns;
};

/* Whether a batch may be sent now. The first that may after a pause is the probe. */
bool circuit_ask(struct circuit *circuit, uint64_t now_ns);

/* How a batch ended. `probe`: it was sent as one; what was sent before the circuit
 * opened and fails late changes nothing. A failure waits at least `pause_ns` before
 * the next probe. `threshold` 0: never opens. */
void circuit_tell(struct circuit *circuit, bool success, bool probe, uint64_t threshold,
    uint64_t now_ns, uint64_t pause_ns);

/* The probe was not sent after all (the flusher is not ready): another may be. */
void circuit_cancel(struct circuit *circuit, uint64_t now_ns);

/* "closed", "open", "half_open" */
const char *circuit_word(const struct circuit *circuit);

#endif
