#include "input/file_glob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include "base/buf.h"

struct walk {
    struct glob_visitor *visitor;
    struct buf path; /* of the folder being looked at, without a slash at its end */
    unsigned max_depth;
};

static void walk_folder(struct walk *walk, const char *pattern, unsigned depth);

/* The component that `pattern` starts with, and what follows it; NULL rest: the last. */
static size_t split(const char *pattern, const char **ret_rest)
{
    const char *slash = strchr(pattern, '/');
    const char *rest = slash;

    while (rest && *rest == '/')
        rest++;
    *ret_rest = rest && *rest ? rest : NULL;
    return slash ? (size_t)(slash - pattern) : strlen(pattern);
}

static bool is_any_folders(const char *component, size_t size)
{
    return size == 2 && !memcmp(component, "**", 2);
}

static bool has_wildcard(const char *component, size_t size)
{
    return memchr(component, '*', size) || memchr(component, '?', size) ||
           memchr(component, '[', size) || memchr(component, '\\', size);
}

static bool component_matches(const char *component, size_t size, const char *name)
{
    char text[NAME_MAX + 1];

    if (size >= sizeof text)
        return false;
    memcpy(text, component, size);
    text[size] = '\0';
    return fnmatch(text, name, 0) == 0;
}

static const char *path_of(struct walk *walk)
{
    return walk->path.size ? buf_text(&walk->path) : "/";
}

static const char *push_name(struct walk *walk, const char *name, size_t size)
{
    buf_putc(&walk->path, '/');
    buf_append(&walk->path, name, size);
    return buf_text(&walk->path);
}

/* One entry that fits a component: a file if it is the last, else a folder to go into. */
static void visit_entry(
    struct walk *walk, const char *name, size_t name_size, const char *rest, unsigned char type)
{
    size_t size = walk->path.size;
    const char *path = push_name(walk, name, name_size);
    struct stat status;

    if (rest && (type == DT_DIR || type == DT_LNK || type == DT_UNKNOWN))
        walk_folder(walk, rest, 0);
    else if (!rest && type != DT_DIR && !stat(path, &status) && S_ISREG(status.st_mode))
        walk->visitor->file(walk->visitor, path, &status);
    walk->path.size = size;
}

static bool is_real_folder(const struct walk *walk, DIR *dir, const struct dirent *entry)
{
    struct stat status;

    (void)walk;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return !fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
           S_ISDIR(status.st_mode);
}

static void descend(struct walk *walk, const char *name, const char *pattern, unsigned depth)
{
    size_t size = walk->path.size;

    push_name(walk, name, strlen(name));
    walk_folder(walk, pattern, depth);
    walk->path.size = size;
}

/* Says nothing of what is in the folder. */
static bool is_passing(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

/* The current folder could not be looked into. */
static void note_failure(struct walk *walk, int error)
{
    walk->visitor->incomplete |= is_passing(error);
    if (error != ENOENT && error != ENOTDIR && walk->visitor->failed)
        walk->visitor->failed(walk->visitor, path_of(walk), error);
}

/* All entries of the current folder, against the first component of `pattern`. */
static void list_folder(struct walk *walk, const char *pattern, unsigned depth)
{
    const char *rest;
    size_t size = split(pattern, &rest);
    bool any = is_any_folders(pattern, size);
    DIR *dir = opendir(path_of(walk));
    struct dirent *entry;

    if (!dir) {
        note_failure(walk, errno);
        return;
    }
    while ((entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (any && depth < walk->max_depth && is_real_folder(walk, dir, entry))
            descend(walk, entry->d_name, pattern, depth + 1);
        else if (!any && component_matches(pattern, size, entry->d_name))
            visit_entry(walk, entry->d_name, strlen(entry->d_name), rest, entry->d_type);
    }
    closedir(dir);
}

/* The current folder, entered already. */
static void look_into(struct walk *walk, const char *pattern, unsigned depth)
{
    const char *rest;
    size_t size = split(pattern, &rest);

    if (is_any_folders(pattern, size)) {
        look_into(walk, rest ? rest : "*", 0);
        if (walk->max_depth > depth)
            list_folder(walk, pattern, depth);
        return;
    }
    if (!has_wildcard(pattern, size)) {
        if (!rest)
            walk->visitor->folder(walk->visitor, path_of(walk));
        visit_entry(walk, pattern, size, rest, DT_UNKNOWN);
        return;
    }
    walk->visitor->folder(walk->visitor, path_of(walk));
    list_folder(walk, pattern, depth);
}

/* `depth`: how many folders a leading ** has taken up already. */
static void walk_folder(struct walk *walk, const char *pattern, unsigned depth)
{
    if (!walk->visitor->enter || walk->visitor->enter(walk->visitor, path_of(walk)))
        look_into(walk, pattern, depth);
}

void glob_walk(const char *pattern, unsigned max_depth, struct glob_visitor *visitor)
{
    struct walk walk = {.visitor = visitor, .max_depth = max_depth};

    while (*pattern == '/')
        pattern++;
    if (*pattern)
        walk_folder(&walk, pattern, 0);
    buf_finish(&walk.path);
}

static bool text_matches(const char *pattern, const char *path, unsigned max_depth, unsigned depth)
{
    const char *rest, *path_rest;
    size_t size = split(pattern, &rest);
    char name[NAME_MAX + 1];
    size_t name_size = split(path, &path_rest);

    if (is_any_folders(pattern, size)) {
        if (text_matches(rest ? rest : "*", path, max_depth, 0))
            return true;
        return path_rest && depth < max_depth &&
               text_matches(pattern, path_rest, max_depth, depth + 1);
    }
    if (name_size >= sizeof name || !rest != !path_rest)
        return false;
    memcpy(name, path, name_size);
    name[name_size] = '\0';
    if (!component_matches(pattern, size, name))
        return false;
    return !rest || text_matches(rest, path_rest, max_depth, 0);
}

bool glob_matches(const char *pattern, unsigned max_depth, const char *path)
{
    while (*pattern == '/')
        pattern++;
    while (*path == '/')
        path++;
    return text_matches(pattern, path, max_depth, 0);
}
