#include "good.h"

#include <stdio.h>

WEIR_NOTE_("refuses", "1.0.0", 0u, "flusher_refuses")

const struct weir_plugin *weir_plugin_register_v1(
    const struct weir_host *host, struct weir_error *error)
{
    error->code = 7;
    snprintf(error->text, error->text_max, "no licence for a host called %s", host->name);
    return NULL;
}
