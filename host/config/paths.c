/* From FILE|DIR arguments to configuration files. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/pipeline_config.h"

struct paths {
    char **items;
    size_t count, capacity;
};

static bool has_ending(const char *name, const char *ending)
{
    size_t size = strlen(name), n = strlen(ending);

    return size > n && !strcmp(name + size - n, ending);
}

static void add(struct paths *paths, char *path)
{
    MEM_GROW(paths->items, paths->count, paths->capacity);
    paths->items[paths->count++] = path;
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && has_ending(entry->d_name, ".json");
}

static void add_folder(struct paths *paths, const char *folder, struct diag_list *diags)
{
    struct place place = {.file = folder};
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, wanted, alphasort);

    if (n < 0)
        diag_add(diags, DIAG_ERROR, "W1000", place, "cannot read this folder: %s", strerror(errno));
    else if (!n)
        diag_add(diags, DIAG_ERROR, "W1018", place, "there is no *.json in this folder");
    for (int i = 0; i < n; i++) {
        add(paths,
            mem_printf("%s%s%s", folder, has_ending(folder, "/") ? "" : "/", entries[i]->d_name));
        free(entries[i]);
    }
    free((void *)entries);
}

static void add_argument(struct paths *paths, const char *argument, struct diag_list *diags)
{
    struct place place = {.file = argument};
    struct stat status;

    if (stat(argument, &status))
        diag_add(diags, DIAG_ERROR, "W1018", place, "%s", strerror(errno));
    else if (S_ISDIR(status.st_mode))
        add_folder(paths, argument, diags);
    else
        add(paths, mem_strdup(argument));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static size_t stem_size(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && dot > name ? (size_t)(dot - name) : strlen(name);
}

static bool same_stem(const char *a, const char *b)
{
    a = base_name(a);
    b = base_name(b);
    return stem_size(a) == stem_size(b) && !strncmp(a, b, stem_size(a));
}

/* Lanes and positions are named after the stem: the second file with one goes. */
static void drop_equal_stems(struct paths *paths, struct diag_list *diags)
{
    size_t kept = 0;

    for (size_t i = 0; i < paths->count; i++) {
        size_t j = 0;

        while (j < kept && !same_stem(paths->items[j], paths->items[i]))
            j++;
        if (j == kept) {
            paths->items[kept++] = paths->items[i];
            continue;
        }
        diag_add(diags, DIAG_ERROR, "W1017", (struct place){.file = paths->items[i]},
            "its pipeline would have the same name as that of %s", paths->items[j])
            ->suggestion = mem_strdup("rename one of them");
        free(paths->items[i]);
    }
    paths->count = kept;
}

size_t config_paths(
    char *const *arguments, size_t n_arguments, char ***ret_paths, struct diag_list *diags)
{
    struct paths paths = {0};

    for (size_t i = 0; i < n_arguments; i++)
        add_argument(&paths, arguments[i], diags);
    drop_equal_stems(&paths, diags);
    *ret_paths = paths.items;
    return paths.count;
}
