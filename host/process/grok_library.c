#include "process/grok_library.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include "base/map.h"
#include "base/mem.h"
#include "event/batch.h"
#include "process/grok_patterns.h"
#include "process/rules.h"

#define FILE_BYTES_MAX (1 * MIB)
#define NESTING_MAX 64U
#define REASON_MAX 160U

struct entry {
    struct map_item by_name;
    struct entry *next;
    char *name, *text;
};

struct grok_library {
    struct map map;
    struct entry *entries; /* a list of all */
};

static struct entry *find(const struct grok_library *library, struct weir_str name)
{
    struct entry *entry;

    MAP_EACH_OF(entry, &library->map, XXH3_64bits(name.data, name.size), by_name)
    if (str_equal(str_of(entry->name), name))
        return entry;
    return NULL;
}

void grok_library_add(struct grok_library *library, struct weir_str name, struct weir_str text)
{
    struct entry *entry = find(library, name);

    if (!entry) {
        entry = mem_zalloc(sizeof *entry);
        entry->name = mem_strndup(name.data, name.size);
        entry->next = library->entries;
        library->entries = entry;
        map_put(&library->map, &entry->by_name, XXH3_64bits(name.data, name.size));
    }
    free(entry->text);
    entry->text = mem_strndup(text.data, text.size);
}

struct grok_library *grok_library_create(void)
{
    struct grok_library *library = mem_zalloc(sizeof *library);

    for (size_t i = 0; i < grok_n_patterns; i++)
        grok_library_add(library, str_of(grok_patterns[i].name), str_of(grok_patterns[i].text));
    return library;
}

void grok_library_destroy(struct grok_library *library)
{
    if (!library)
        return;
    map_finish(&library->map);
    for (struct entry *entry = library->entries, *next; entry; entry = next) {
        next = entry->next;
        free(entry->name);
        free(entry->text);
        free(entry);
    }
    free(library);
}

/* -- files -- */

static bool add_line(struct grok_library *library, struct weir_str line)
{
    const char *space = memchr(line.data, ' ', line.size);
    size_t size = space ? (size_t)(space - line.data) : 0;

    if (!line.size || *line.data == '#' || *line.data == '"')
        return true;
    if (!size)
        return false;
    grok_library_add(library, (struct weir_str){line.data, size},
        (struct weir_str){space + 1, line.size - size - 1});
    return true;
}

static bool add_text(
    struct grok_library *library, const char *path, char *text, char *why, size_t why_max)
{
    unsigned number = 1;
    char *rest = text, *line;

    for (; (line = strsep(&rest, "\n")); number++) {
        size_t size = strlen(line);

        if (size && line[size - 1] == '\r')
            size--;
        if (add_line(library, (struct weir_str){line, size}))
            continue;
        snprintf(why, why_max, "CustomPatternDir: %s:%u is not a name, a space and an expression",
            path, number);
        return false;
    }
    return true;
}

static bool add_file(struct grok_library *library, const char *path, char *why, size_t why_max)
{
    SCOPED_FREE char *text = NULL;
    struct stat status;
    FILE *file = fopen(path, "re");
    bool good = file && !fstat(fileno(file), &status) && S_ISREG(status.st_mode) &&
                (size_t)status.st_size <= FILE_BYTES_MAX;

    if (!file)
        snprintf(why, why_max, "CustomPatternDir: %s: %s", path, strerror(errno));
    else if (!good)
        snprintf(why, why_max, "CustomPatternDir: %s is no ordinary file of at most 1 MiB", path);
    if (good) {
        text = mem_zalloc((size_t)status.st_size + 1);
        text[fread(text, 1, (size_t)status.st_size, file)] = '\0';
    }
    if (file)
        fclose(file);
    return good && add_text(library, path, text, why, why_max);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool add_folder(struct grok_library *library, const char *path, char *why, size_t why_max)
{
    struct dirent **entries;
    int count = scandir(path, &entries, not_hidden, alphasort);
    bool good = count >= 0;

    if (!good)
        snprintf(why, why_max, "CustomPatternDir: %s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        SCOPED_FREE char *file = mem_printf("%s/%s", path, entries[i]->d_name);

        good = good && add_file(library, file, why, why_max);
        free(entries[i]);
    }
    if (count >= 0)
        free((void *)entries);
    return good;
}

bool grok_library_add_path(
    struct grok_library *library, const char *path, char *why, size_t why_max)
{
    struct stat status;

    if (!stat(path, &status) && S_ISDIR(status.st_mode))
        return add_folder(library, path, why, why_max);
    return add_file(library, path, why, why_max);
}

/* -- expressions -- */

/* An expression being made: its text, and the keys of the groups grok_1, grok_2, ... */
struct making {
    const struct grok_library *library;
    struct buf text;
    struct weir_str *keys;
    uint32_t n_keys, cap_keys;
    char reason[REASON_MAX];
};

/* "NAME", "NAME:key" or "NAME:key:type", the type being without a meaning. */
static bool take_reference(
    struct weir_str text, struct weir_str *ret_name, struct weir_str *ret_key)
{
    const char *end = text.data + text.size, *colon = memchr(text.data, ':', text.size);

    for (const char *at = text.data; at < end; at++)
        if (*at != '_' && *at != '-' && *at != '.' && *at != ':' && *at != '@' && *at != '[' &&
            *at != ']' && !(*at >= '0' && *at <= '9') && (unsigned)((*at | 0x20) - 'a') >= 26)
            return false;
    *ret_name = (struct weir_str){text.data, (size_t)((colon ? colon : end) - text.data)};
    *ret_key = (struct weir_str){"", 0};
    if (colon) {
        const char *second = memchr(colon + 1, ':', (size_t)(end - colon - 1));

        *ret_key = (struct weir_str){colon + 1, (size_t)((second ? second : end) - colon - 1)};
    }
    return ret_name->size;
}

static bool expand(struct making *making, struct weir_str text, unsigned depth);

static bool expand_reference(struct making *making, struct weir_str reference, unsigned depth)
{
    struct weir_str name, key;
    const struct entry *entry;

    if (!take_reference(reference, &name, &key)) {
        snprintf(making->reason, REASON_MAX, "%%{%.*s} is no reference to a name",
            (int)MIN(reference.size, (size_t)64), reference.data);
        return false;
    }
    entry = find(making->library, name);
    if (!entry || depth == NESTING_MAX) {
        snprintf(making->reason, REASON_MAX,
            entry ? "%.*s stands for itself, or is nested too deep" : "%.*s is not known",
            (int)MIN(name.size, (size_t)64), name.data);
        return false;
    }
    if (key.size) {
        MEM_GROW(making->keys, making->n_keys, making->cap_keys);
        making->keys[making->n_keys++] = key;
        buf_printf(&making->text, "(?<grok_%u>", making->n_keys);
    } else {
        buf_puts(&making->text, "(?:");
    }
    if (!expand(making, str_of(entry->text), depth + 1))
        return false;
    buf_putc(&making->text, ')');
    return true;
}

/* Appends the text with its references replaced. "%{" without an end is text. */
static bool expand(struct making *making, struct weir_str text, unsigned depth)
{
    const char *at = text.data, *end = at + text.size, *open, *close;

    while (at < end && (open = memmem(at, (size_t)(end - at), "%{", 2))) {
        close = memchr(open, '}', (size_t)(end - open));
        if (!close)
            break;
        buf_append(&making->text, at, (size_t)(open - at));
        if (!expand_reference(
                making, (struct weir_str){open + 2, (size_t)(close - open - 2)}, depth))
            return false;
        if (making->text.size > GROK_EXPRESSION_BYTES_MAX) {
            snprintf(making->reason, REASON_MAX, "the expression is larger than 256 KiB");
            return false;
        }
        at = close + 1;
    }
    buf_append(&making->text, at, (size_t)(end - at));
    return true;
}

static void add_group(struct grok *grok, struct weir_str key, uint32_t group)
{
    struct grok_field *field = grok->fields;
    uint32_t i = 0;

    while (i < grok->n_fields && !str_equal(str_of(field[i].key), key))
        i++;
    field = &grok->fields[i];
    if (i == grok->n_fields) {
        grok->n_fields++;
        field->key = mem_strndup(key.data, key.size);
    }
    field->groups = mem_realloc(field->groups, field->n_groups + 1, sizeof *field->groups);
    memmove(field->groups + 1, field->groups, field->n_groups * sizeof *field->groups);
    field->groups[0] = group;
    field->n_groups++;
}

/* Every group with a name makes a content: of ours the key, of the user's the name. */
static void add_groups(struct grok *grok, const struct making *making)
{
    uint32_t n_groups = pattern_n_groups(grok->pattern);

    grok->fields = mem_calloc(n_groups + 1U, sizeof *grok->fields);
    for (uint32_t group = 1; group <= n_groups; group++) {
        const char *name = pattern_group_name(grok->pattern, group);
        unsigned number;

        if (!name)
            continue;
        if (sscanf(name, "grok_%u", &number) == 1 && number && number <= making->n_keys)
            add_group(grok, making->keys[number - 1], group);
        else
            add_group(grok, str_of(name), group);
    }
}

bool grok_init(struct grok *grok, const struct grok_library *library, struct weir_str text,
    char *why, size_t why_max)
{
    struct making making = {.library = library};
    bool good = expand(&making, text, 0);

    *grok = (struct grok){0};
    if (good)
        grok->pattern = pattern_create((struct weir_str){buf_text(&making.text), making.text.size},
            PATTERN_LINE_DOT | PATTERN_DUPNAMES, making.reason, sizeof making.reason);
    good = grok->pattern;
    if (good)
        add_groups(grok, &making);
    else
        snprintf(why, why_max, "Match, %.*s: %s", (int)MIN(text.size, (size_t)80), text.data,
            making.reason);
    buf_finish(&making.text);
    free(making.keys);
    return good;
}

void grok_finish(struct grok *grok)
{
    pattern_destroy(grok->pattern);
    for (uint32_t i = 0; i < grok->n_fields; i++) {
        free(grok->fields[i].key);
        free(grok->fields[i].groups);
    }
    free(grok->fields);
}
