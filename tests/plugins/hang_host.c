/* Is loaded without trouble where it is checked, and hangs in the host. */
#include "good.h"

#include <sys/prctl.h>
#include <unistd.h>

static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_hang_host")};
static const struct weir_flusher_class *const classes[] = {&broken};
static const struct weir_plugin plugin = {GOOD_PLUGIN(classes)};

static const struct weir_plugin *choose(void)
{
    int signal_number = 0;

    prctl(PR_GET_PDEATHSIG, &signal_number);
    while (!signal_number)
        pause();
    return &plugin;
}

REGISTER("flusher_hang_host", choose());
