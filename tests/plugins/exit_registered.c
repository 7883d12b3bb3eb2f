#include "good.h"

#include <stdlib.h>

WEIR_NOTE_("exit_registered", "1.0.0", 0u, "flusher_exit_registered")

const struct weir_plugin *weir_plugin_register_v1(
    const struct weir_host *host, struct weir_error *error)
{
    (void)host;
    (void)error;
    exit(3);
    return NULL;
}
