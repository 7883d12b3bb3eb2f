#include "good.h"

#include <signal.h>

WEIR_NOTE_("crash_registered", "1.0.0", 0u, "flusher_crash_registered")

const struct weir_plugin *weir_plugin_register_v1(
    const struct weir_host *host, struct weir_error *error)
{
    (void)host;
    (void)error;
    raise(SIGSEGV);
    return NULL;
}
