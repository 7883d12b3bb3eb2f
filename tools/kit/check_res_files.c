/* RES: files of a class that may write none. */
#include "kit/check_res.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/calls.h"
#include "kit/life.h"
#include "kit/snapshot.h"

#define WARM_UP 10u
#define FLUSHES 200u
#define LIVES 20u

/* Files that the process has open for writing, but for those under the folder. */
static void expect_none_open(struct trial *trial)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        char path[320], target[512];
        ssize_t size;
        int flags;

        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        size = readlink(path, target, sizeof target - 1);
        flags = fcntl(atoi(entry->d_name), F_GETFL);
        if (size <= 0 || flags < 0 || (flags & O_ACCMODE) == O_RDONLY || atoi(entry->d_name) < 3)
            continue;
        target[size] = '\0';
        if (target[0] == '/' && strncmp(target, "/dev/", 5) != 0 &&
            strncmp(target, "/memfd:", 7) != 0 &&
            strncmp(target, trial->folder, strlen(trial->folder)) != 0)
            trial_fail(trial, "%s is open for writing, and the class is not FS_WRITE", target);
    }
    if (folder)
        closedir(folder);
}

/* The data folder of the instance is its own; wherever else it has written, also if the file is
 * closed or gone, is the operator's. */
static void expect_none_written(struct trial *trial)
{
    SCOPED_FREE char *folder = realpath(trial->folder, NULL);
    SCOPED_FREE char *data = mem_printf("%s/data/", folder ? folder : trial->folder);
    const char *path;

    for (unsigned i = 0; (path = calls_written(i)); i++)
        if (strncmp(path, data, strlen(data)) != 0)
            trial_fail(trial, "it writes to %s, and the class is not FS_WRITE", path);
}

void res_files(struct trial *trial)
{
    SCOPED_FREE char *before = NULL;
    SCOPED_FREE char *after = NULL;
    struct stand *stand = stand_start(trial, NULL);
    char text[512];

    if (stand->class->flags & WEIR_FS_WRITE)
        trial_foreign(trial, "the class may write files");
    before = snapshot_take(ASPECT_ENTRIES);
    life_flush(stand, 10);
    expect_none_open(trial);
    after = snapshot_take(ASPECT_ENTRIES);
    /* The data folder of the instance is its own. */
    snapshot_difference(before, after, text, sizeof text);
    if (strcmp(before, after) != 0 && strcmp(text, "data") != 0)
        trial_fail(
            trial, "files are made in the working folder, and the class is not FS_WRITE: %s", text);
    life_end(stand);
    expect_none_written(trial);
}

static unsigned count_files(const char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    unsigned n = 0;

    while (entries && (entry = readdir(entries)))
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (entries)
        closedir(entries);
    return n;
}

/* A folder that keeps a file of each batch, or of each life, is full one day. */
void res_data_folder(struct trial *trial)
{
    SCOPED_FREE char *folder = mem_printf("%s/data", trial->folder);
    struct stand *stand = stand_start(trial, NULL);
    unsigned early, late, n;

    life_flush(stand, WARM_UP);
    early = count_files(folder);
    n = life_flush(stand, FLUSHES);
    late = count_files(folder);
    life_end(stand);
    if (n > WARM_UP && late > early + n / 2)
        trial_fail(trial, "%u flushes leave %u files more in the data folder", n, late - early);
    early = count_files(folder);
    for (unsigned i = 0; i < LIVES; i++)
        life_run(trial, 1);
    late = count_files(folder);
    if (late >= early + LIVES)
        trial_warn(trial, "%u lives leave %u files more in the data folder", LIVES, late - early);
    if (!late)
        trial_foreign(trial, "it keeps no files in its data folder");
}
