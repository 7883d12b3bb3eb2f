#include "app/configs.h"

#include <stdlib.h>
#include <string.h>
#include "app/catalog.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/util.h"
#include "config/render.h"

/* "web.json:5:6: W1003: unknown key ...; did you mean ...?" */
static char *diag_words(const struct diag *diag)
{
    struct buf words = {0};

    if (diag->file)
        buf_puts(&words, diag->file);
    if (diag->line)
        buf_printf(&words, ":%u:%u", diag->line, diag->column);
    buf_printf(&words, "%s%s: %s", diag->file ? ": " : "", diag->code, diag->message);
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

static void read_file(struct config_entry *entry, char *path,
    const struct pipeline_request *request, struct diag_list *diags)
{
    size_t from = diags->count;

    entry->path = path;
    entry->name = pipeline_name_of(path);
    entry->config = pipeline_config_read(path, request, diags);
    if (!entry->config) {
        const struct diag *error = first_error(diags, from);

        entry->why = error ? diag_words(error) : mem_strdup("it has errors");
    }
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

static void log_diags(const struct diag_list *diags)
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

void config_set_read(const struct configs_request *request, bool text, struct config_set *ret_set)
{
    struct pipeline_request read = {catalog_config(request->catalog), request->compat};
    struct diag_list diags = {0};
    char **paths = NULL;
    size_t n_paths = config_paths(request->paths, request->n_paths, &paths, &diags);

    *ret_set = (struct config_set){.count = n_paths};
    keep_problems(ret_set, &diags);
    ret_set->items = mem_calloc(n_paths, sizeof *ret_set->items);
    for (size_t i = 0; i < n_paths; i++) {
        read_file(&ret_set->items[i], paths[i], &read, &diags);
        ret_set->n_refused += !ret_set->items[i].config;
    }
    qsort(ret_set->items, n_paths, sizeof *ret_set->items, by_name);
    free((void *)paths);
    diag_list_hide_lines(&diags);
    if (text)
        render_diags_text(&diags, stderr);
    else
        log_diags(&diags);
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
    free(set->items);
    *set = (struct config_set){0};
}
