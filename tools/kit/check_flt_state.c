/* FLT: a data folder that is not as the plugin has left it. */
#include "kit/check_flt.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kit/life.h"

#define FILES_MAX 16u
#define FILE_BYTES_MAX ((size_t)64 * 1024)
#define STEP_BYTES 16u
#define PLACES_MAX 64u /* in a file */
#define DAMAGE_NS (6 * NS_PER_S)

void flt_data_folder(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    FILE *file = fopen("data", "we"); /* where the folder should be */

    if (file)
        fclose(file);
    if (!stand_init(stand)) {
        life_flush(stand, 3);
        life_end(stand);
    } else if (!stand->text[0]) {
        trial_fail(trial, "init fails without a data folder, and without words");
    }
}

/* -- files of state -- */

struct state_file {
    char *path;
    struct buf bytes;
};

static void read_bytes(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return;
    out->size += fread(buf_reserve(out, FILE_BYTES_MAX), 1, FILE_BYTES_MAX, file);
    fclose(file);
}

static void write_bytes(const char *path, const char *data, size_t size)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return;
    fwrite(data, 1, size, file);
    fclose(file);
}

/* The files that the plugin has left in its data folder; how many. */
static size_t read_state(const char *folder, struct state_file *files)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    while (entries && n < FILES_MAX && (entry = readdir(entries))) {
        if (entry->d_name[0] == '.' && (!entry->d_name[1] || entry->d_name[1] == '.'))
            continue;
        files[n].path = mem_printf("%s/%s", folder, entry->d_name);
        read_bytes(files[n].path, &files[n].bytes);
        n += files[n].bytes.size > 0;
    }
    if (entries)
        closedir(entries);
    return n;
}

/* What it makes of it is its own matter; only a crash, a hang, and silence are wrong. */
static void live_with(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);

    if (stand_init(stand)) {
        if (!stand->text[0])
            trial_fail(trial, "init refuses a damaged file without words");
        stand_end(stand);
        return;
    }
    life_flush(stand, 2);
    life_end(stand);
}

static void live_with_bytes(struct trial *trial, const struct state_file *file, const char *data,
    size_t size, const char *what, size_t at)
{
    trial_note(trial, "%s %s at byte %zu of %zu", strrchr(file->path, '/') + 1, what, at,
        file->bytes.size);
    write_bytes(file->path, data, size);
    live_with(trial);
    write_bytes(file->path, file->bytes.data, file->bytes.size);
}

/* How many places of the file were damaged. */
static unsigned damage(struct trial *trial, const struct state_file *file, uint64_t end_ns)
{
    const size_t size = file->bytes.size;
    const size_t step = MAX(STEP_BYTES, size / PLACES_MAX + 1);
    SCOPED_FREE char *bytes = mem_zalloc(size);
    unsigned n = 0;

    for (size_t at = 0; at < size && (!n || clock_now_ns() < end_ns); at += step, n++) {
        live_with_bytes(trial, file, file->bytes.data, at, "cut", at);
        for (size_t i = at; i < MIN(at + step, size) && i < at + STEP_BYTES; i++) {
            memcpy(bytes, file->bytes.data, size);
            bytes[i] = (char)~bytes[i];
            live_with_bytes(trial, file, bytes, size, "damaged", i);
        }
    }
    return n;
}

void flt_state(struct trial *trial)
{
    const uint64_t end_ns = clock_now_ns() + DAMAGE_NS;
    SCOPED_FREE char *folder = mem_printf("%s/data", trial->folder);
    struct state_file files[FILES_MAX] = {0};
    unsigned places = 0;
    size_t n;

    life_run(trial, 3);
    n = read_state(folder, files);
    if (!n)
        trial_foreign(trial, "it keeps no files in its data folder");
    for (size_t i = 0; i < n; i++)
        places += damage(trial, &files[i], end_ns);
    trial_note(trial, "%zu files damaged at %u places", n, places);
}
