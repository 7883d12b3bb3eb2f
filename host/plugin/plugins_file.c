#include "plugin/plugins_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/suggest.h"
#include "plugin/plugins_yaml.h"

struct reader {
    const char *path;
    struct plugins_list *list;
    struct diag_list *diags;
    struct fy_node *key; /* the last one: where a value stands that is nothing */
};

static const struct {
    const char *name;
    bool active; /* on this platform */
} sections[] = {
    {"common", true}, {"linux", true}, {"windows", false},
    {"debug", true}, /* a plugin that no pipeline names is not loaded anyway */
};

static bool text_is(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && !memcmp(text, word, size);
}

static void wrong_shape(
    struct reader *reader, struct fy_node *node, const char *what, const char *expected)
{
    bool nothing = fy_node_is_null(node) && reader->key;
    struct diag *diag = diag_add(reader->diags, DIAG_ERROR, "W2003",
        yaml_place(reader->path, nothing ? reader->key : node), "%s is %s", what, yaml_kind(node));

    diag->expected = mem_strdup(expected);
}

static void foreign_key(struct reader *reader, struct fy_node *key, const char *name)
{
    struct diag *diag = diag_add(reader->diags, DIAG_ERROR, "W2005", yaml_place(reader->path, key),
        "`%s` belongs to a host that compiles Go plugins in; this one loads native .so files",
        name);

    diag->suggestion = mem_strdup("name the plugin's .so file: `import: path/to/flusher_x.so`");
}

static void unknown_key(
    struct reader *reader, struct fy_node *key, const char *const *known, const char *where)
{
    size_t size = 0;
    const char *text = yaml_text(key, &size);
    SCOPED_FREE char *name = mem_strndup(text ? text : "", text ? size : 0);
    struct suggestion suggestion;
    struct buf expected = {0};
    struct diag *diag = diag_add(reader->diags, DIAG_ERROR, "W2004", yaml_place(reader->path, key),
        "there is no key `%s` in %s", name, where);

    suggest_start(&suggestion, name);
    for (size_t i = 0; known[i]; i++) {
        suggest_offer(&suggestion, known[i]);
        buf_printf(&expected, "%s%s", i ? ", " : "one of: ", known[i]);
    }
    diag->expected = buf_take(&expected);
    if (suggestion.best)
        diag->suggestion = mem_printf("did you mean `%s`?", suggestion.best);
}

/* Keys starting x- are anybody's. */
static bool is_own_key(struct fy_node *key)
{
    size_t size = 0;
    const char *text = yaml_text(key, &size);

    return text && size > 2 && !strncmp(text, "x-", 2);
}

static int key_index(struct fy_node *key, const char *const *names)
{
    size_t size = 0;
    const char *text = yaml_text(key, &size);

    for (int i = 0; text && names[i]; i++)
        if (text_is(text, size, names[i]))
            return i;
    return -1;
}

/* github.com/acme/x: a first part with a dot, and no .so at the end. */
static bool looks_like_go(const char *import)
{
    const char *slash = strchr(import, '/');
    const char *dot = strchr(import, '.');
    size_t size = strlen(import);

    return slash && dot && dot < slash && dot != import &&
           (size < 3 || strcmp(import + size - 3, ".so") != 0);
}

static void take_import(struct reader *reader, struct fy_node *value, struct plugins_entry *entry)
{
    size_t size = 0;
    const char *text = yaml_text(value, &size);
    struct place place = yaml_place(reader->path, value);

    if (!text || !size || memchr(text, '\0', size)) {
        wrong_shape(reader, value, "`import`", "the path of a .so file");
        return;
    }
    entry->import = mem_strndup(text, size);
    entry->line = place.line;
    entry->column = place.column;
    entry->length = place.length;
    if (looks_like_go(entry->import)) {
        struct diag *diag = diag_add(reader->diags, DIAG_ERROR, "W2006", place,
            "`%s` is a Go import path; this host loads native .so files", entry->import);

        diag->suggestion =
            mem_strdup("give the path of the plugin's .so file: `import: path/to/flusher_x.so`");
    }
}

static void take_digest(struct reader *reader, struct fy_node *value, struct plugins_entry *entry)
{
    size_t size = 0;
    const char *text = yaml_text(value, &size);
    bool good = text && size == DIGEST_HEX_SIZE - 1;
    struct diag *diag;

    for (size_t i = 0; good && i < size; i++) {
        good = isxdigit((unsigned char)text[i]);
        entry->digest[i] = (char)tolower((unsigned char)text[i]);
    }
    if (good)
        return;
    diag = diag_add(reader->diags, DIAG_ERROR, "W2008", yaml_place(reader->path, value),
        "`sha256` is no SHA-256 digest");
    diag->expected = mem_strdup("64 hexadecimal digits, as sha256sum prints them");
    if (text && size > 7 && !strncasecmp(text, "sha256:", 7))
        diag->suggestion = mem_strdup("leave out `sha256:` in front of it");
    else if (text && size != DIGEST_HEX_SIZE - 1)
        diag->suggestion = mem_printf("it has %zu characters", size);
}

static void take_isolation(struct reader *reader, struct fy_node *value)
{
    size_t size = 0;
    const char *text = yaml_text(value, &size);
    struct place place = yaml_place(reader->path, value);
    struct diag *diag;

    if (text && text_is(text, size, "thread"))
        return;
    if (text && text_is(text, size, "process")) {
        diag = diag_add(reader->diags, DIAG_ERROR, "W2010", place,
            "`isolation: process` is not available in this version");
        diag->suggestion = mem_strdup("write `isolation: thread`, or leave it out: the plugin "
                                      "then runs in the host, and its crash ends the host");
        return;
    }
    diag = diag_add(reader->diags, DIAG_ERROR, "W2009", place, "there is no such isolation");
    diag->expected = mem_strdup("thread or process");
}

static void take_pair(struct reader *reader, struct fy_node_pair *pair, struct plugins_entry *entry)
{
    static const char *const known[] = {"import", "sha256", "isolation", NULL};
    static const char *const upstream[] = {"gomod", "path", NULL};
    struct fy_node *key = fy_node_pair_key(pair);
    struct fy_node *value = fy_node_pair_value(pair);
    int upstream_index = key_index(key, upstream);

    reader->key = key;
    switch (key_index(key, known)) {
    case 0:
        take_import(reader, value, entry);
        break;
    case 1:
        take_digest(reader, value, entry);
        break;
    case 2:
        take_isolation(reader, value);
        break;
    default:
        if (upstream_index >= 0)
            foreign_key(reader, key, upstream[upstream_index]);
        else if (!is_own_key(key))
            unknown_key(reader, key, known, "an entry");
    }
}

static void add_entry(struct reader *reader, struct plugins_entry *entry)
{
    struct plugins_list *list = reader->list;

    entry->file = mem_strdup(reader->path);
    MEM_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = *entry;
}

static void read_entry(struct reader *reader, struct fy_node *node, bool active)
{
    struct plugins_entry entry = {.active = active};
    size_t n_errors = reader->diags->n_errors;
    struct fy_node_pair *pair;
    void *at = NULL;

    if (!fy_node_is_mapping(node)) {
        wrong_shape(reader, node, "an entry", "a mapping: `- import: path/to/flusher_x.so`");
        return;
    }
    while ((pair = fy_node_mapping_iterate(node, &at)))
        take_pair(reader, pair, &entry);
    if (!entry.import && reader->diags->n_errors == n_errors) {
        struct diag *diag = diag_add(reader->diags, DIAG_ERROR, "W2007",
            yaml_place(reader->path, node), "the entry has no `import`");

        diag->suggestion = mem_strdup("add `import: path/to/flusher_x.so`");
    }
    /* With a wrong digest or isolation the file must not be used. */
    if (entry.import && reader->diags->n_errors == n_errors)
        add_entry(reader, &entry);
    else
        free(entry.import);
}

static void read_section(struct reader *reader, struct fy_node *node, bool active)
{
    struct fy_node *entry;
    void *at = NULL;

    if (fy_node_is_null(node))
        return;
    if (!fy_node_is_sequence(node)) {
        wrong_shape(reader, node, "a section", "a list of entries");
        return;
    }
    while ((entry = fy_node_sequence_iterate(node, &at))) {
        if (reader->list->count == PLUGINS_FILE_ENTRIES_MAX) {
            diag_add(reader->diags, DIAG_ERROR, "W2012", yaml_place(reader->path, entry),
                "more than %d plugins are not taken", PLUGINS_FILE_ENTRIES_MAX);
            return;
        }
        read_entry(reader, entry, active);
    }
}

static void read_sections(struct reader *reader, struct fy_node *node)
{
    static const char *const names[] = {"common", "linux", "windows", "debug", NULL};
    struct fy_node_pair *pair;
    void *at = NULL;

    if (fy_node_is_null(node))
        return;
    if (!fy_node_is_mapping(node)) {
        wrong_shape(
            reader, node, "`plugins`", "a mapping of sections: common, linux, windows, debug");
        return;
    }
    while ((pair = fy_node_mapping_iterate(node, &at))) {
        struct fy_node *key = fy_node_pair_key(pair);
        int i = key_index(key, names);

        if (i >= 0)
            read_section(reader, fy_node_pair_value(pair), sections[i].active);
        else if (!is_own_key(key))
            unknown_key(reader, key, names, "`plugins`");
    }
}

static void read_root(struct reader *reader, struct fy_node *root)
{
    static const char *const known[] = {"plugins", NULL};
    static const char *const upstream[] = {"project", NULL};
    struct fy_node_pair *pair;
    void *at = NULL;

    if (fy_node_is_null(root))
        return;
    if (!fy_node_is_mapping(root)) {
        wrong_shape(reader, root, "the file", "a mapping with the key `plugins`");
        return;
    }
    while ((pair = fy_node_mapping_iterate(root, &at))) {
        struct fy_node *key = fy_node_pair_key(pair);

        if (!key_index(key, known))
            read_sections(reader, fy_node_pair_value(pair));
        else if (!key_index(key, upstream))
            foreign_key(reader, key, upstream[0]);
        else if (!is_own_key(key))
            unknown_key(reader, key, known, "the file");
    }
}

void plugins_file_parse(const char *path, const char *text, size_t size, struct plugins_list *list,
    struct diag_list *diags)
{
    struct reader reader = {path, list, diags, NULL};
    size_t from = diags->count;
    struct fy_document *document = yaml_parse(path, text, size, diags);

    if (document)
        read_root(&reader, fy_document_root(document));
    if (document)
        yaml_refuse_second(path, text, size, diags);
    fy_document_destroy(document);
    yaml_add_source_lines(path, text, size, diags, from);
}

/* 0 or -errno; -EFBIG: over the bound. */
static int read_text(const char *path, struct buf *text)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n;

    if (fd < 0)
        return -errno;
    while ((n = read(fd, buf_reserve(text, 64 * KIB), 64 * KIB)) > 0) {
        text->size += (size_t)n;
        if (text->size > PLUGINS_FILE_BYTES_MAX)
            return -EFBIG;
    }
    return n < 0 ? -errno : 0;
}

static void read_one(const char *path, struct plugins_list *list, struct diag_list *diags)
{
    SCOPED_BUF struct buf text = {0};
    struct place whole = {.file = path};
    int r = read_text(path, &text);

    if (r == -EFBIG)
        diag_add(diags, DIAG_ERROR, "W2012", whole, "the file is larger than %zu bytes",
            PLUGINS_FILE_BYTES_MAX);
    else if (r)
        diag_add(diags, DIAG_ERROR, "W2001", whole, "%s cannot be read: %s", path, strerror(-r));
    else
        plugins_file_parse(path, buf_text(&text), text.size, list, diags);
}

static int is_plugins_file(const struct dirent *item)
{
    size_t size = strlen(item->d_name);

    return item->d_name[0] != '.' && size > 4 && !strcmp(item->d_name + size - 4, ".yml");
}

static void read_folder(const char *folder, struct plugins_list *list, struct diag_list *diags)
{
    struct dirent **items = NULL;
    int n = scandir(folder, &items, is_plugins_file, alphasort);

    if (n < 0 && errno != ENOENT)
        diag_add(diags, DIAG_ERROR, "W2001", (struct place){.file = folder},
            "%s cannot be read: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        SCOPED_FREE char *path = mem_printf("%s/%s", folder, items[i]->d_name);

        read_one(path, list, diags);
        free(items[i]);
    }
    free((void *)items);
}

void plugins_file_read(const char *path, struct plugins_list *list, struct diag_list *diags)
{
    const char *slash = strrchr(path, '/');
    SCOPED_FREE char *folder = mem_strndup(path, slash ? (size_t)(slash - path + 1) : 0);
    SCOPED_FREE char *external = mem_printf("%sexternal_plugins.yml", folder);
    SCOPED_FREE char *more = mem_printf("%splugins.d", folder);

    read_one(path, list, diags);
    if (strcmp(path, external) != 0 && (!access(external, F_OK) || errno != ENOENT))
        read_one(external, list, diags);
    read_folder(more, list, diags);
}

void plugins_list_finish(struct plugins_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].import);
        free(list->items[i].file);
    }
    free(list->items);
    *list = (struct plugins_list){0};
}

struct place plugins_entry_place(const struct plugins_entry *entry)
{
    return (struct place){
        .file = entry->file, .line = entry->line, .column = entry->column, .length = entry->length};
}
