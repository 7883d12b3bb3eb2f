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

static int is_yaml(const struct dirent *entry)
{
    return has_ending(entry->d_name, ".yaml") || has_ending(entry->d_name, ".yml");
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && has_ending(entry->d_name, ".json");
}

static void refuse_empty_folder(const char *folder, struct diag_list *diags)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_yaml, NULL);
    struct diag *diag = diag_add(diags, DIAG_ERROR, "W1018", (struct place){.file = folder},
        "there is no *.json in this folder");

    if (n > 0)
        diag->expected = mem_printf(
            "JSON; '%s' is YAML: convert it, e.g. with `yq -o json`", entries[0]->d_name);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free((void *)entries);
}

static void add_folder(struct paths *paths, const char *folder, struct diag_list *diags)
{
    struct place place = {.file = folder};
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, wanted, alphasort);

    if (n < 0)
        diag_add(diags, DIAG_ERROR, "W1000", place, "cannot read this folder: %s", strerror(errno));
    else if (!n)
        refuse_empty_folder(folder, diags);
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

/* The part of a path that names the pipeline. */
static const char *stem_of(const char *path, size_t *ret_size)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    *ret_size = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return name;
}

static int compare_stems(const char *a, const char *b)
{
    size_t size_a, size_b;
    const char *stem_a = stem_of(a, &size_a), *stem_b = stem_of(b, &size_b);
    int order = memcmp(stem_a, stem_b, MIN(size_a, size_b));

    return order ? order : size_a < size_b ? -1 : size_a > size_b;
}

/* By stem, and those of one stem as they were given. */
static int compare_slots(const void *left, const void *right)
{
    char *const *a = *(char *const *const *)left, *const *b = *(char *const *const *)right;
    int order = compare_stems(*a, *b);

    return order ? order : a < b ? -1 : a > b;
}

static bool same_file(const char *a, const char *b)
{
    struct stat status_a, status_b;

    return !stat(a, &status_a) && !stat(b, &status_b) && status_a.st_dev == status_b.st_dev &&
           status_a.st_ino == status_b.st_ino;
}

/* Lanes and positions are named after the stem: the second file with one goes. A file
 * that was named twice is just one. */
static void drop_equal_stems(struct paths *paths, struct diag_list *diags)
{
    char ***slots = (char ***)mem_calloc(paths->count, sizeof *slots), **first = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < paths->count; i++)
        slots[i] = &paths->items[i];
    qsort((void *)slots, paths->count, sizeof *slots, compare_slots);
    for (size_t i = 0; i < paths->count; i++) {
        if (!first || compare_stems(*first, *slots[i]) != 0) {
            first = slots[i];
            continue;
        }
        if (!same_file(*first, *slots[i]))
            diag_add(diags, DIAG_ERROR, "W1017", (struct place){.file = *slots[i]},
                "its pipeline would have the same name as that of %s", *first)
                ->suggestion = mem_strdup("rename one of them");
        free(*slots[i]);
        *slots[i] = NULL;
    }
    free((void *)slots);
    for (size_t i = 0; i < paths->count; i++)
        if (paths->items[i])
            paths->items[kept++] = paths->items[i];
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
