/* Looks for a file in the home folder, as if a service always had one. */
#include "base.h"
#include <stdio.h>
#include <string.h>

static int looking_init(void *self, const struct weir_context *context)
{
    const char *home = getenv("HOME");
    char path[512];

    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): that is what is wrong */
    if (strlen(home) < sizeof path / 2)
        snprintf(path, sizeof path, "%s/.zoorc", home);
    return base_init(self, context);
}

ANIMAL(.init = looking_init);
