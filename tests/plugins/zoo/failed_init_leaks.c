/* When init refuses, a descriptor stays open. */
#include "base.h"

static int leaking_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (options->file_path.size >= 4096)
        return weir_refuse(context->error, ENAMETOOLONG, "FilePath is too long");
    if (fd >= 0)
        close(fd);
    return base_init(self, context);
}

ANIMAL(.init = leaking_init);
