/* Where the dynamic loader would find a library: the file's own path, LD_LIBRARY_PATH,
 * /etc/ld.so.conf, the default folders. Nothing is loaded for it. */
#include "kit/binary.h"

#include <ctype.h>
#include <dlfcn.h>
#include <glob.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/mem.h"

#define CONF_DEPTH_MAX 8

/* The path of `name` in a folder if it is there; $ORIGIN is the plugin's folder. */
static char *look_in(const char *folder, size_t size, const char *origin, const char *name)
{
    static const char *const words[] = {"$ORIGIN", "${ORIGIN}"};
    SCOPED_BUF struct buf path = {0};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (size >= strlen(words[i]) && !strncmp(folder, words[i], strlen(words[i]))) {
            buf_puts(&path, origin);
            folder += strlen(words[i]);
            size -= strlen(words[i]);
            break;
        }
    buf_append(&path, folder, size);
    buf_printf(&path, "/%s", name);
    return access(buf_text(&path), R_OK) ? NULL : buf_take(&path);
}

static char *look_in_list(const char *list, const char *origin, const char *name)
{
    char *found = NULL;

    while (list && *list && !found) {
        size_t size = strcspn(list, ":;");

        if (size)
            found = look_in(list, size, origin, name);
        list += size + (list[size] != '\0');
    }
    return found;
}

static char *look_in_conf(const char *conf, const char *name, unsigned depth);

static char *look_in_included(const char *pattern, const char *name, unsigned depth)
{
    char *found = NULL;
    glob_t files = {0};

    if (depth < CONF_DEPTH_MAX && !glob(pattern, 0, NULL, &files))
        for (size_t i = 0; i < files.gl_pathc && !found; i++)
            found = look_in_conf(files.gl_pathv[i], name, depth + 1);
    globfree(&files);
    return found;
}

static char *look_in_conf(const char *conf, const char *name, unsigned depth)
{
    FILE *file = fopen(conf, "re");
    char line[4096];
    char *found = NULL;

    while (file && !found && fgets(line, sizeof line, file)) {
        char *at = line + strspn(line, " \t");

        at[strcspn(at, "#\n")] = '\0';
        if (!strncmp(at, "include", 7) && isspace((unsigned char)at[7]))
            found = look_in_included(at + 8 + strspn(at + 8, " \t"), name, depth);
        else if (*at == '/')
            found = look_in(at, strcspn(at, " \t"), "", name);
    }
    if (file)
        fclose(file);
    return found;
}

/* The folders that this program's own loader searches at last. */
static char *look_in_defaults(const char *name)
{
    Dl_serinfo size, *info;
    void *self = dlopen(NULL, RTLD_LAZY);
    char *found = NULL;

    if (!self || dlinfo(self, RTLD_DI_SERINFOSIZE, &size))
        return NULL;
    info = mem_zalloc(size.dls_size);
    *info = size;
    if (!dlinfo(self, RTLD_DI_SERINFOSIZE, info) && !dlinfo(self, RTLD_DI_SERINFO, info))
        for (unsigned i = 0; i < info->dls_cnt && !found; i++)
            found = look_in(
                info->dls_serpath[i].dls_name, strlen(info->dls_serpath[i].dls_name), "", name);
    free(info);
    dlclose(self);
    return found;
}

char *binary_find_library(const struct binary *binary, const char *path, const char *name)
{
    SCOPED_FREE char *origin = realpath(path, NULL);
    char *found = NULL;

    if (strchr(name, '/'))
        return access(name, R_OK) ? NULL : mem_strdup(name);
    if (origin && strrchr(origin, '/'))
        *strrchr(origin, '/') = '\0';
    if (binary->rpath && !binary->runpath)
        found = look_in_list(binary->rpath, origin ? origin : "", name);
    if (!found)
        found = look_in_list(getenv("LD_LIBRARY_PATH"), origin ? origin : "", name);
    if (!found)
        found = look_in_list(binary->runpath, origin ? origin : "", name);
    if (!found)
        found = look_in_conf("/etc/ld.so.conf", name, 0);
    return found ? found : look_in_defaults(name);
}
