#include "cli/plugin_files.h"

#include <string.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "base/util.h"

#define PLUGINS_FILE "plugins.yml"

void plugin_files_add(struct plugin_files *files, const char *path)
{
    MEM_GROW(files->items, files->count, files->capacity);
    files->items[files->count++] = path;
}

/* The folder that `config` is or lies in. */
static char *folder_of(const char *config)
{
    struct stat status;
    const char *slash = strrchr(config, '/');

    if (!stat(config, &status) && S_ISDIR(status.st_mode))
        return mem_strdup(config);
    return slash ? mem_strndup(config, (size_t)(slash - config)) : mem_strdup(".");
}

static char *find_in(const char *folder)
{
    char *path = mem_printf("%s/" PLUGINS_FILE, folder);

    if (!access(path, F_OK))
        return path;
    free(path);
    return NULL;
}

void plugin_files_default(struct plugin_files *files, const char *config)
{
    SCOPED_FREE char *beside = config ? folder_of(config) : NULL;

    if (files->count)
        return;
    if (beside)
        files->own = find_in(beside);
    if (!files->own)
        files->own = find_in(".");
    if (!files->own)
        files->own = find_in(WEIR_CONFIG_DIR);
    if (files->own)
        plugin_files_add(files, files->own);
}

void plugin_files_finish(struct plugin_files *files)
{
    free((void *)files->items);
    free(files->own);
    *files = (struct plugin_files){0};
}
