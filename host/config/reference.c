#include "config/reference.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "base/mem.h"

bool reference_present(const char *text, size_t size)
{
    return memmem(text, size, "${", 2) != NULL;
}

static bool add_env(const char *name, struct place place, struct buf *out, struct diag_list *diags)
{
    const char *value = getenv(name);

    if (value) {
        buf_puts(out, value);
        return true;
    }
    diag_add(diags, DIAG_ERROR, "W1301", place, "the environment has no variable '%s'", name)
        ->expected = mem_strdup("a variable that is set when weir starts");
    return false;
}

static bool add_file(const char *path, struct place place, struct buf *out, struct diag_list *diags)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t start = out->size;
    ssize_t n = -1;

    if (fd >= 0) {
        n = read(fd, buf_reserve(out, REFERENCE_FILE_MAX_BYTES + 1), REFERENCE_FILE_MAX_BYTES + 1);
        if (n > (ssize_t)REFERENCE_FILE_MAX_BYTES) {
            diag_add(diags, DIAG_ERROR, "W1302", place, "'%s' is larger than 64 KiB", path);
            return false;
        }
    }
    if (n < 0) {
        diag_add(diags, DIAG_ERROR, "W1302", place, "cannot read '%s': %s", path, strerror(errno));
        return false;
    }
    out->size += (size_t)n;
    if (out->size > start && out->data[out->size - 1] == '\n')
        out->size--;
    return true;
}

static bool add_reference(
    const char *text, size_t size, struct place place, struct buf *out, struct diag_list *diags)
{
    SCOPED_FREE char *name = mem_strndup(text, size);

    if (!strncmp(name, "env:", 4) && name[4])
        return add_env(name + 4, place, out, diags);
    if (!strncmp(name, "file:", 5) && name[5])
        return add_file(name + 5, place, out, diags);
    diag_add(diags, DIAG_ERROR, "W1303", place, "'${%s}' is no reference", name)->expected =
        mem_strdup("${env:NAME} or ${file:/path}; write $${ for a literal ${");
    return false;
}

bool reference_resolve(const char *text, size_t size, struct place place, struct buf *out,
    bool *ret_whole, struct diag_list *diags)
{
    bool good = true;
    size_t at = 0;

    *ret_whole = false;
    while (at < size) {
        const char *end;

        if (size - at >= 3 && !memcmp(text + at, "$${", 3)) {
            buf_puts(out, "${");
            at += 3;
            continue;
        }
        if (size - at < 2 || memcmp(text + at, "${", 2) != 0) {
            buf_putc(out, text[at++]);
            continue;
        }
        end = memchr(text + at, '}', size - at);
        if (!end) {
            diag_add(diags, DIAG_ERROR, "W1303", place, "a '${' without its '}'")->expected =
                mem_strdup("${env:NAME} or ${file:/path}; write $${ for a literal ${");
            return false;
        }
        good &= add_reference(text + at + 2, (size_t)(end - text) - at - 2, place, out, diags);
        *ret_whole = at == 0 && end == text + size - 1;
        at = (size_t)(end - text) + 1;
    }
    return good;
}

static void tell_path(
    const char *text, size_t size, void (*found)(void *context, const char *path), void *context)
{
    SCOPED_FREE char *path = mem_strndup(text, size);

    found(context, path);
}

void reference_each_file(
    const char *text, size_t size, void (*found)(void *context, const char *path), void *context)
{
    static const char start[] = "${file:";
    const char *end = text + size, *at = text;

    while ((at = memmem(at, (size_t)(end - at), start, sizeof start - 1))) {
        const char *path = at + sizeof start - 1;
        const char *brace = memchr(path, '}', (size_t)(end - path));
        bool literal = at > text && at[-1] == '$';

        if (brace && brace > path && !literal)
            tell_path(path, (size_t)(brace - path), found, context);
        at = path;
    }
}
