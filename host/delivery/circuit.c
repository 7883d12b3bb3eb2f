#include "delivery/circuit.h"

bool circuit_ask(struct circuit *circuit, uint64_t now_ns)
{
    switch (circuit->state) {
    case CIRCUIT_CLOSED:
        return true;
    case CIRCUIT_OPEN:
        if (now_ns < circuit->open_until_ns)
            return false;
        circuit->state = CIRCUIT_HALF_OPEN;
        return true;
    default: /* the probe is out */
        return false;
    }
}

void circuit_tell(struct circuit *circuit, bool success, bool probe, uint64_t threshold,
    uint64_t now_ns, uint64_t pause_ns)
{
    if (success) {
        *circuit = (struct circuit){CIRCUIT_CLOSED, 0, 0};
        return;
    }
    if (circuit->state != CIRCUIT_CLOSED && !probe)
        return;
    circuit->failures++;
    if (!threshold || circuit->failures < threshold)
        return;
    circuit->state = CIRCUIT_OPEN;
    circuit->open_until_ns = now_ns + pause_ns;
}

void circuit_cancel(struct circuit *circuit, uint64_t now_ns)
{
    if (circuit->state != CIRCUIT_HALF_OPEN)
        return;
    circuit->state = CIRCUIT_OPEN;
    circuit->open_until_ns = now_ns;
}

const char *circuit_word(const struct circuit *circuit)
{
    static const char *const words[] = {"closed", "open", "half_open"};

    return words[circuit->state];
}
