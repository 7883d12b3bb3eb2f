/* Writes a file at registration. */
#include "base.h"

static const struct weir_flusher_class animal_class = {BASE_CLASS(ANIMAL_TYPE)};

static void leave_mark(void)
{
    int fd = open("zoo-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
}

WEIR_NOTE_("zoo", "1.0.0", 0u, ANIMAL_TYPE)
REGISTER(animal_class, leave_mark(); return &plugin);
