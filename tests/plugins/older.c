/* Compiled when the class ended with `flush`: a page that cannot be touched follows, and
 * the plugin struct ends with `version`, a poisoned pointer behind it. */
#include "good.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CLASS_SIZE (offsetof(struct weir_flusher_class, flush) + sizeof(void *))

static const struct weir_flusher_class whole = {
    GOOD_CLASS("flusher_older"), .struct_size = CLASS_SIZE};
static const struct weir_flusher_class *classes[1];
static const struct weir_plugin plugin = {
    GOOD_PLUGIN(classes),
    .struct_size = offsetof(struct weir_plugin, version) + sizeof(char *),
    .vendor = (const char *)16,
};

static const struct weir_plugin *make(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages;

    if (classes[0])
        return &plugin;
    pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    mprotect(pages + page, page, PROT_NONE);
    memcpy(pages + page - CLASS_SIZE, &whole, CLASS_SIZE);
    classes[0] = (const void *)(pages + page - CLASS_SIZE);
    return &plugin;
}

REGISTER("flusher_older", make());
