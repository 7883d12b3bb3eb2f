#include "config/document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/scanner.h"

/* A longer line is not shown in messages; bytes. */
#define SHOWN_LINE_MAX_BYTES (32 * KIB)

static const char json_wanted[] = "JSON: pipelines are JSON files, e.g. made by `yq -o json`";

void document_destroy(struct document *document)
{
    if (!document)
        return;
    json_object_put(document->json);
    scanner_free(document->root);
    free(document->root);
    free(document->path);
    free(document->text);
    free(document);
}

/* Reads up to the limit and one more byte. 0 or -errno. */
static int read_all(const char *path, struct buf *text)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return -errno;
    while (text->size <= SCANNER_FILE_MAX_BYTES) {
        n = read(fd, buf_reserve(text, 64 * KIB), 64 * KIB);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : 0;
        text->size += (size_t)n;
    }
    return 0;
}

static bool is_yaml(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (!strcasecmp(dot, ".yaml") || !strcasecmp(dot, ".yml"));
}

struct document *document_read(const char *path, struct diag_list *diags)
{
    SCOPED_BUF struct buf text = {0};
    struct place place = {.file = path};
    int r = read_all(path, &text);

    if (!r && is_yaml(path)) {
        diag_add(diags, DIAG_ERROR, "W1002", place, "this is a YAML file")->expected =
            mem_strdup(json_wanted);
        return NULL;
    }
    if (r) {
        diag_add(diags, DIAG_ERROR, "W1000", place, "cannot read this file: %s", strerror(-r));
        return NULL;
    }
    return document_parse(path, text.data, text.size, diags);
}

/* "key: value" or "---" at the start of a line, where JSON would have a bracket. */
static bool looks_like_yaml(const char *text, size_t size)
{
    size_t at = 0;

    while (
        at < size && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '#')) {
        if (text[at] == '#')
            while (at < size && text[at] != '\n')
                at++;
        else
            at++;
    }
    if (size - at >= 3 && !memcmp(text + at, "---", 3))
        return true;
    while (at < size && (text[at] == '_' || (unsigned)((text[at] | 0x20) - 'a') < 26))
        at++;
    return at < size && text[at] == ':' && at > 0 && text[at - 1] != '"';
}

/* Its byte order mark, or the zeroes of ASCII in either order. */
static bool looks_like_utf16(const char *text, size_t size)
{
    if (size >= 2 && (!memcmp(text, "\xFF\xFE", 2) || !memcmp(text, "\xFE\xFF", 2)))
        return true;
    return size >= 4 &&
           (text[0] ? !text[1] && text[2] && !text[3] : text[1] && !text[2] && text[3]);
}

static bool check_text(const char *path, const char *text, size_t size, struct diag_list *diags)
{
    struct place place = {.file = path};
    size_t at = 0;

    if (size > SCANNER_FILE_MAX_BYTES) {
        diag_add(diags, DIAG_ERROR, "W1008", place, "the file is larger than 16 MiB");
        return false;
    }
    while (at < size && memchr(" \t\r\n", text[at], 4))
        at++;
    if (at == size) {
        diag_add(diags, DIAG_ERROR, "W1009", place, "the file is empty")->expected =
            mem_strdup("a JSON object with inputs and flushers");
        return false;
    }
    place = (struct place){path, 1, 1, 1};
    if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
        diag_add(diags, DIAG_ERROR, "W1001", place,
            "the file starts with a byte order mark; save it as UTF-8 without one");
        return false;
    }
    if (looks_like_utf16(text, size)) {
        diag_add(diags, DIAG_ERROR, "W1007", place, "this is no UTF-8: it looks like UTF-16")
            ->expected = mem_strdup("a file that is saved as UTF-8");
        return false;
    }
    if (looks_like_yaml(text, size)) {
        diag_add(diags, DIAG_ERROR, "W1002", place, "this looks like YAML")->expected =
            mem_strdup(json_wanted);
        return false;
    }
    return true;
}

/* Gives every node its value. */
static void attach(struct json_node *node, struct json_object *value)
{
    struct json_node *children = (struct json_node *)(uintptr_t)node->children;

    node->value = value;
    for (size_t i = 0; i < node->n_children; i++) {
        struct json_object *child = NULL;

        if (json_object_is_type(value, json_type_object))
            json_object_object_get_ex(value, children[i].key, &child);
        else if (json_object_is_type(value, json_type_array))
            child = json_object_array_get_idx(value, i);
        attach(&children[i], child);
    }
}

static struct json_object *parse_values(const char *text, size_t size, const char **ret_error)
{
    struct json_tokener *tokener = json_tokener_new_ex(SCANNER_DEPTH_MAX + 2);
    struct json_object *json;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    json = json_tokener_parse_ex(tokener, text, (int)size);
    if (json_tokener_get_error(tokener) == json_tokener_continue) /* a number at the very end */
        json = json_tokener_parse_ex(tokener, "", -1);
    *ret_error = json_tokener_get_error(tokener) == json_tokener_success
                     ? NULL
                     : json_tokener_error_desc(json_tokener_get_error(tokener));
    json_tokener_free(tokener);
    return json;
}

/* A place in a text that moves from line to line. */
struct cursor {
    const char *at, *end; /* the line's first byte; the text's end */
    unsigned line;
};

static char *copy_line(struct cursor *cursor, unsigned line)
{
    const char *newline;
    size_t size;

    while (cursor->line < line &&
           (newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at)))) {
        cursor->at = newline + 1;
        cursor->line++;
    }
    size = MIN((size_t)(cursor->end - cursor->at), SHOWN_LINE_MAX_BYTES + 1);
    newline = memchr(cursor->at, '\n', size);
    if (newline)
        size = (size_t)(newline - cursor->at);
    return size <= SHOWN_LINE_MAX_BYTES ? mem_strndup(cursor->at, size) : NULL;
}

void document_show_lines(
    const char *path, const char *text, size_t size, size_t from, struct diag_list *diags)
{
    struct cursor cursor = {text, text + size, 1};

    for (size_t i = from; i < diags->count; i++) {
        struct diag *diag = &diags->items[i];

        if (!diag->line || diag->source_line || !diag->file || strcmp(diag->file, path) != 0 ||
            diag_is_secret_line(diags, diag->line))
            continue;
        if (diag->line < cursor.line)
            cursor = (struct cursor){text, text + size, 1};
        diag->source_line = copy_line(&cursor, diag->line);
    }
}

/* Takes away shown lines that name something secret: of a text that is no JSON, options
 * cannot say what is. */
static void hide_likely_secrets(size_t from, struct diag_list *diags)
{
    static const char *const words[] = {"pass", "pwd", "secret", "token", "credential", "auth",
        "apikey", "api_key", "accesskey", "access_key", "private"};

    for (size_t i = from; i < diags->count; i++)
        for (size_t j = 0; diags->items[i].source_line && j < ARRAY_SIZE(words); j++)
            if (strcasestr(diags->items[i].source_line, words[j])) {
                free(diags->items[i].source_line);
                diags->items[i].source_line = NULL;
            }
}

struct document *document_parse(
    const char *path, const char *text, size_t size, struct diag_list *diags)
{
    size_t from = diags->count;
    struct json_node *root = NULL;
    struct document *document;
    const char *error;

    if (check_text(path, text, size, diags))
        root = scanner_scan(path, text, size, diags);
    if (!root) {
        document_show_lines(path, text, size, from, diags);
        hide_likely_secrets(from, diags);
        return NULL;
    }
    document = mem_zalloc(sizeof *document);
    document->path = mem_strdup(path);
    document->text = mem_strndup(text, size);
    document->size = size;
    document->root = root;
    document->json = parse_values(document->text, size, &error);
    if (error) {
        diag_add(diags, DIAG_ERROR, "W1001", root->place, "json-c refuses this text: %s", error);
        document_destroy(document);
        return NULL;
    }
    attach(root, document->json);
    document_show_lines(path, text, size, from, diags);
    return document;
}

const struct json_node *json_member(const struct json_node *object, const char *key)
{
    for (size_t i = 0; i < object->n_children; i++)
        if (object->children[i].key && !strcmp(object->children[i].key, key))
            return &object->children[i];
    for (size_t i = 0; i < object->n_children; i++)
        if (object->children[i].key && !strcasecmp(object->children[i].key, key))
            return &object->children[i];
    return NULL;
}

bool json_twin(
    const struct json_node *object, const struct json_node *member, struct diag_list *diags)
{
    for (const struct json_node *other = object->children; other != member; other++)
        if (!strcasecmp(other->key, member->key)) {
            diag_add(diags, DIAG_ERROR, "W1005", member->key_place,
                "'%s' and '%s' are the same key; the other is in line %u", member->key, other->key,
                other->key_place.line);
            return true;
        }
    return false;
}
