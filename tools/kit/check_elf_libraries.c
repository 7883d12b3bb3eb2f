/* ELF: the libraries it needs, and where they are searched. */
#include "kit/check_elf.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/binary.h"
#include "kit/trial.h"

/* Whether a run path leads only to where the plugin lies, or to system folders. */
static bool is_good_run_path(const char *path, size_t size)
{
    static const char *const good[] = {"$ORIGIN", "${ORIGIN}", "/usr/", "/lib/", "/opt/"};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        if (size >= strlen(good[i]) && !strncmp(path, good[i], strlen(good[i])))
            return true;
    return false;
}

void elf_run_path(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    const char *list = binary->runpath ? binary->runpath : binary->rpath;

    for (; list && *list; list += strcspn(list, ":")) {
        size_t size;

        list += *list == ':';
        size = strcspn(list, ":");
        if (!size)
            trial_fail(trial, "its run path has an empty element, which is the working folder");
        if (!is_good_run_path(list, size))
            trial_fail(trial,
                "its run path has '%.*s'; only $ORIGIN/... and system folders are the same on "
                "every machine",
                (int)size, list);
    }
}

/* Libraries that change the whole process they are loaded into. */
static const char *const disturbing[] = {
    "libjemalloc.", "libtcmalloc", "libmimalloc.", "libpython", "libgc.", "libpthread_nonshared"};

void elf_needed(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    char names[ELF_NAMES_MAX] = "";

    for (size_t i = 0; i < binary->n_needed; i++) {
        SCOPED_FREE char *found = binary_find_library(binary, trial->path, binary->needed[i]);

        for (size_t j = 0; j < ARRAY_SIZE(disturbing); j++)
            if (!strncmp(binary->needed[i], disturbing[j], strlen(disturbing[j])))
                trial_fail(trial, "it needs %s, which would replace parts of the host's process",
                    binary->needed[i]);
        if (!found)
            trial_fail(trial, "it needs %s, which is not found", binary->needed[i]);
        elf_add_name(names, binary->needed[i]);
    }
    trial_note(trial, "needs %s", names[0] ? names : "no library");
}

void elf_glibc(struct trial *trial)
{
    unsigned major = 0, minor = 0, our_major = 0, our_minor = 0;
    const char *symbol = NULL;

    if (!binary_floor(elf_read(trial), "GLIBC_", &major, &minor, &symbol))
        trial_foreign(trial, "it wants no versioned symbol of glibc");
    if (sscanf(gnu_get_libc_version(), "%u.%u", &our_major, &our_minor) != 2)
        trial_lacks(trial, "the version of this machine's C library is not known");
    if (major > our_major || (major == our_major && minor > our_minor))
        trial_fail(trial, "it needs glibc %u.%u for %s, and this machine has %s", major, minor,
            symbol, gnu_get_libc_version());
    trial_note(trial, "needs glibc %u.%u or newer, for %s", major, minor, symbol);
}

void elf_libstdcxx(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    unsigned major = 0, minor = 0;
    const char *symbol = NULL;

    if (!binary_floor(binary, "GLIBCXX_", &major, &minor, &symbol) &&
        !binary_floor(binary, "CXXABI_", &major, &minor, &symbol))
        trial_foreign(trial, "it does not use the C++ library");
    trial_note(trial, "the newest of the C++ library that it needs is for %s (%u.%u)", symbol,
        major, minor);
}

void elf_soname(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    const char *name = strrchr(trial->path, '/');

    name = name ? name + 1 : trial->path;
    if (binary->soname && strcmp(binary->soname, name) != 0)
        trial_warn(trial,
            "its SONAME is %s, its file %s: two plugins of one SONAME are one to "
            "the dynamic loader",
            binary->soname, name);
}
