#include "kit/template.h"

#include <string.h>
#include "base/util.h"

/* What a kind of project puts for the words. */
struct template_words {
    const char *kind;
    const char *package;  /* @PACKAGE@: of pkg-config */
    const char *packages; /* @PACKAGES@: of Debian, beside those that every kind needs */
    const char *server;   /* @SERVER@: in front of the host in `make run` */
    const char *show;     /* @SHOW@: what `make run` does after it */
};

static const struct template_words kinds[] = {
    {"min", "weir-sdk-1", "", "", "cat run/out.log"},
    {"stream", "weir-sdk-1", " python3", "python3 sample-server.py ", "@true"},
    {"http", "weir-sdk-http-1", " python3 libcurl4-openssl-dev", "python3 sample-server.py ",
        "@true"},
};

static const struct {
    const char *lang, *suffix; /* of sources */
} langs[] = {
    {"c", ".c"},
    {"c++", ".cc"},
};

static const struct template_words *words_of(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (!strcmp(kinds[i].kind, kind))
            return &kinds[i];
    return NULL;
}

bool template_has_kind(const char *kind)
{
    return words_of(kind);
}

static const char *suffix_of(const char *lang)
{
    for (size_t i = 0; i < ARRAY_SIZE(langs); i++)
        if (!strcmp(langs[i].lang, lang))
            return langs[i].suffix;
    return NULL;
}

bool template_has_lang(const char *lang)
{
    return suffix_of(lang);
}

static void put_upper(struct buf *out, const char *name)
{
    for (; *name; name++)
        buf_putc(out, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
}

/* Appends what stands for the word at `text`; returns the length of the word, 0 if there
 * is none. */
static size_t put_word(
    const char *text, size_t size, const struct template_request *request, struct buf *out)
{
    const struct template_words *words = words_of(request->kind);
    const struct {
        const char *word, *value;
    } table[] = {
        {"acme", request->name},
        {"@PACKAGE@", words->package},
        {"@PACKAGES@", words->packages},
        {"@SERVER@", words->server},
        {"@SHOW@", words->show},
        {"@SOURCE@", suffix_of(request->lang)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        size_t length = strlen(table[i].word);

        if (size < length || memcmp(text, table[i].word, length) != 0)
            continue;
        buf_puts(out, table[i].value);
        return length;
    }
    if (size < 4 || memcmp(text, "ACME", 4) != 0)
        return 0;
    put_upper(out, request->name);
    return 4;
}

static void put_text(
    const char *text, size_t size, const struct template_request *request, struct buf *out)
{
    for (size_t i = 0; i < size;) {
        size_t length = put_word(text + i, size - i, request, out);

        if (!length)
            buf_putc(out, text[i++]);
        i += length;
    }
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && !strcmp(text + length - end_length, end);
}

/* Sources of a kind lie there in every language; tests are C always. */
static bool is_of_other_lang(const char *path, const struct template_request *request)
{
    if (strncmp(path, "flusher_", strlen("flusher_")) != 0)
        return false;
    return !ends_in(path, suffix_of(request->lang));
}

bool template_path(
    const struct template_file *file, const struct template_request *request, struct buf *out)
{
    const char *layers[] = {"common", request->kind, request->lang};
    const char *path = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
        size_t length = strlen(layers[i]);

        if (!strncmp(file->path, layers[i], length) && file->path[length] == '/')
            path = file->path + length + 1;
    }
    if (!path || is_of_other_lang(path, request))
        return false;
    if (!strncmp(path, "dot-", strlen("dot-"))) {
        buf_putc(out, '.');
        path += strlen("dot-");
    }
    put_text(path, strlen(path), request, out);
    return true;
}

void template_content(
    const struct template_file *file, const struct template_request *request, struct buf *out)
{
    put_text((const char *)file->data, file->size, request, out);
}
