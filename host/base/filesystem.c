#include "base/filesystem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include "base/mem.h"
#include "base/util.h"

/* The numbers are the kernel's (statfs(2)); some have no name in Debian's headers. */
static const struct {
    uint32_t type;
    enum filesystem kind;
    const char *name;
} known[] = {
    {0x01021994, FILESYSTEM_MEMORY, "tmpfs"},
    {0x858458F6, FILESYSTEM_MEMORY, "ramfs"},
    {0x00006969, FILESYSTEM_NETWORK, "nfs"},
    {0x0000517B, FILESYSTEM_NETWORK, "smb"},
    {0xFE534D42, FILESYSTEM_NETWORK, "smb2"},
    {0xFF534D42, FILESYSTEM_NETWORK, "cifs"},
    {0x0000564C, FILESYSTEM_NETWORK, "ncp"},
    {0x00C36400, FILESYSTEM_NETWORK, "ceph"},
    {0x5346414F, FILESYSTEM_NETWORK, "afs"},
    {0x6B414653, FILESYSTEM_NETWORK, "afs"},
    {0x73757245, FILESYSTEM_NETWORK, "coda"},
    {0x0BD00BD0, FILESYSTEM_NETWORK, "lustre"},
};

enum filesystem filesystem_by_type(uint64_t type, const char **ret_name)
{
    *ret_name = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (known[i].type == (uint32_t)type) {
            *ret_name = known[i].name;
            return known[i].kind;
        }
    return FILESYSTEM_DISK;
}

/* Cuts the last name off. */
static bool go_up(char *path)
{
    size_t size = strlen(path);

    while (size && path[size - 1] == '/')
        size--;
    while (size && path[size - 1] != '/')
        size--;
    path[size] = '\0';
    return size;
}

enum filesystem filesystem_of(const char *path, const char **ret_name)
{
    SCOPED_FREE char *at = mem_strdup(path);
    struct statfs status;
    int r;

    while ((r = statfs(at, &status)) < 0 && errno == ENOENT && go_up(at))
        ;
    if (r < 0 && errno == ENOENT) /* a relative path of which nothing is there */
        r = statfs(".", &status);
    *ret_name = NULL;
    return r < 0 ? FILESYSTEM_DISK : filesystem_by_type((uint64_t)status.f_type, ret_name);
}

int filesystem_check_store(const char *folder, const char *what, char *why, size_t why_max)
{
    const char *name;

    if (filesystem_of(folder, &name) != FILESYSTEM_NETWORK)
        return 0;
    snprintf(why, why_max, "%s: is on %s, and %s only safe on a local disk", folder, name, what);
    return -ENOTSUP;
}
