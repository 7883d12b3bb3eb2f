/* Opens a file when it is loaded. */
#include "base.h"

static int random_fd;

__attribute__((constructor)) static void begin(void)
{
    random_fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
}

ANIMAL();
