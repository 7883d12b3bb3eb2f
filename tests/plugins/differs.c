/* Registers one thing where it is checked (that child dies with its parent), and
 * another in the host. */
#include "good.h"

#include <sys/prctl.h>

static struct weir_flusher_class broken = {GOOD_CLASS("flusher_differs")};
static const struct weir_flusher_class *const classes[] = {&broken};
static const struct weir_plugin plugin = {GOOD_PLUGIN(classes)};

static const struct weir_plugin *choose(void)
{
    int signal_number = 0;

    prctl(PR_GET_PDEATHSIG, &signal_number);
    if (!signal_number)
        broken.instance_size = 64;
    return &plugin;
}

REGISTER("flusher_differs", choose());
