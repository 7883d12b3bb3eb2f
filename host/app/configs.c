#include "app/configs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>
#include "app/catalog.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/util.h"
#include "config/reference.h"
#include "config/render.h"

#define READ_BYTES (64 * KIB)
#define LOOK_BYTES_MAX MIB

/* "web.json:5:6: W1003: unknown key ...; did you mean ...?" */
static char *diag_words(const struct diag *diag)
{
    struct buf words = {0};

    if (diag->file)
        buf_puts(&words, diag->file);
    if (diag->line)
        buf_printf(&words, ":%u:%u", diag->line, diag->column);
    buf_printf(&words, "%s%s: %s", diag->file ? ": " : "", diag->code, diag->message);
    if (diag->expected)
        buf_printf(&words, "; expected %s", diag->expected);
    if (diag->suggestion)
        buf_printf(&words, "; %s", diag->suggestion);
    return buf_take(&words);
}

static const struct diag *first_error(const struct diag_list *diags, size_t from)
{
    for (size_t i = from; i < diags->count; i++)
        if (diags->items[i].severity == DIAG_ERROR)
            return &diags->items[i];
    return NULL;
}

static int compare_known(const void *name, const void *item)
{
    return strcmp(name, ((const struct known_config *)item)->name);
}

/* False: it cannot be read, or is too long to be looked at here. */
static bool read_text(const char *path, struct buf *text)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    ssize_t n = -1;

    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return false; /* a pipe can be read only once */
    while ((n = read(fd, buf_reserve(text, READ_BYTES), READ_BYTES)) > 0) {
        text->size += (size_t)n;
        if (text->size > LOOK_BYTES_MAX)
            return false;
    }
    return !n;
}

static void note_referred(void *context, const char *path)
{
    struct config_set *set = context;

    MEM_GROW(set->referred, set->n_referred, set->cap_referred);
    set->referred[set->n_referred++] = mem_strdup(path);
}

/* Whether its text is that of what runs. One that refers to other files or the environment
 * may mean something else each time. */
static bool is_same(
    const struct configs_request *request, const struct config_entry *entry, struct config_set *set)
{
    const struct known_config *known =
        request->n_known
            ? bsearch(entry->name, request->known, request->n_known, sizeof *known, compare_known)
            : NULL;
    SCOPED_BUF struct buf text = {0};

    if (!read_text(entry->path, &text))
        return false;
    if (memmem(text.data, text.size, "${", 2)) {
        reference_each_file(text.data, text.size, note_referred, set);
        return false;
    }
    return known && XXH64(text.data, text.size, 0) == known->digest;
}

static void read_file(
    struct config_entry *entry, const struct pipeline_request *request, struct diag_list *diags)
{
    size_t from = diags->count;
    const struct diag *error;

    entry->config = pipeline_config_read(entry->path, request, diags);
    if (entry->config)
        return;
    error = first_error(diags, from);
    entry->why = error ? diag_words(error) : mem_strdup("it has errors");
}

static void keep_problems(struct config_set *set, const struct diag_list *diags)
{
    set->problems = mem_calloc(diags->count, sizeof(char *));
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i].severity == DIAG_ERROR)
            set->problems[set->n_problems++] = diag_words(&diags->items[i]);
}

static int by_name(const void *left, const void *right)
{
    const struct config_entry *a = left, *b = right;

    return strcmp(a->name, b->name);
}

void configs_log_diags(const struct diag_list *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        SCOPED_FREE char *words = diag_words(diag);

        if (diag->severity == DIAG_ERROR)
            log_error("configuration", LOG_STR("code", diag->code), LOG_STR("what", words));
        else if (diag->severity == DIAG_WARNING)
            log_warn("configuration", LOG_STR("code", diag->code), LOG_STR("what", words));
    }
}

/* It was deleted while those before it were read: as if it had not been listed. A link that
 * leads nowhere is an error. */
static bool has_gone(const char *path)
{
    struct stat status;

    return lstat(path, &status) && errno == ENOENT;
}

void config_set_read(const struct configs_request *request, bool text, struct config_set *ret_set)
{
    struct pipeline_request read = {
        .catalog = catalog_config(request->catalog), .compat = request->compat};
    struct diag_list diags = {0};
    char **paths = NULL;
    size_t n_paths = config_paths(request->paths, request->n_paths, &paths, &diags);

    *ret_set = (struct config_set){0};
    keep_problems(ret_set, &diags);
    ret_set->items = mem_calloc(n_paths, sizeof *ret_set->items);
    for (size_t i = 0; i < n_paths; i++) {
        struct config_entry *entry = &ret_set->items[ret_set->count];

        if (has_gone(paths[i])) {
            free(paths[i]);
            continue;
        }
        ret_set->count++;
        entry->path = paths[i];
        entry->name = pipeline_name_of(paths[i]);
        entry->same = is_same(request, entry, ret_set);
        if (!entry->same)
            read_file(entry, &read, &diags);
        ret_set->n_refused += entry->why != NULL;
    }
    qsort(ret_set->items, ret_set->count, sizeof *ret_set->items, by_name);
    free((void *)paths);
    diag_list_hide_lines(&diags);
    if (text)
        render_diags_text(&diags, stderr);
    else
        configs_log_diags(&diags);
    diag_list_finish(&diags);
}

static int compare_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct config_entry *)item)->name);
}

struct config_entry *config_set_find(const struct config_set *set, const char *name)
{
    return set->count ? bsearch(name, set->items, set->count, sizeof *set->items, compare_name)
                      : NULL;
}

void config_set_finish(struct config_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        pipeline_config_destroy(set->items[i].config);
        free(set->items[i].name);
        free(set->items[i].path);
        free(set->items[i].why);
    }
    for (size_t i = 0; i < set->n_problems; i++)
        free(set->problems[i]);
    free((void *)set->problems);
    for (size_t i = 0; i < set->n_referred; i++)
        free(set->referred[i]);
    free((void *)set->referred);
    free(set->items);
    *set = (struct config_set){0};
}
