#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/util.h"
#include "input/file_glob.h"
#include "unit.h"

static const struct {
    const char *pattern;
    unsigned depth;
    const char *path;
    bool matches;
} by_text[] = {
    {"/a/b.log", 0, "/a/b.log", true},
    {"/a/b.log", 0, "/a/b.logs", false},
    {"/a/b.log", 0, "/a/c/b.log", false},
    {"/a/*.log", 0, "/a/x.log", true},
    {"/a/*.log", 0, "/a/.hidden.log", true},
    {"/a/*.log", 0, "/a/x/y.log", false},
    {"/a/?.log", 0, "/a/x.log", true},
    {"/a/?.log", 0, "/a/xy.log", false},
    {"/a/[xy].log", 0, "/a/y.log", true},
    {"/a/[xy].log", 0, "/a/z.log", false},
    {"/*/b", 0, "/anything/b", true},
    {"/*/b", 0, "/b", false},
    {"/a//b", 0, "/a/b", true},
    {"/a/**/b", 0, "/a/b", true},
    {"/a/**/b", 0, "/a/x/b", false},
    {"/a/**/b", 1, "/a/x/b", true},
    {"/a/**/b", 1, "/a/x/y/b", false},
    {"/a/**/b", 2, "/a/x/y/b", true},
    {"/a/**/*.log", 3, "/a/x/y/z/q.log", true},
    {"/a/**/x/*.log", 2, "/a/p/q/x/q.log", true},
    {"/a/**", 0, "/a/b", true},
    {"/a/**", 0, "/a/b/c", false},
    {"/a/**", 1, "/a/b/c", true},
    {"/a/b**c", 5, "/a/bxc", true},
    {"/a/b**c", 5, "/a/b/c", false},
};

START_TEST(paths_match_by_text)
{
    ck_assert_msg(glob_matches(by_text[_i].pattern, by_text[_i].depth, by_text[_i].path) ==
                      by_text[_i].matches,
        "%s (%u) against %s", by_text[_i].pattern, by_text[_i].depth, by_text[_i].path);
}
END_TEST

static char root[] = "/tmp/weir-test-glob-XXXXXX";
static const char *const entries[] = {"a/", "a/one.log", "a/two.txt", "a/b/", "a/b/three.log",
    "a/b/c/", "a/b/c/four.log", "a/folder.log/", "a/.dot.log", "z.log"};

static void make_tree(void)
{
    char path[256];

    ck_assert_ptr_nonnull(mkdtemp(root));
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        snprintf(path, sizeof path, "%s/%s", root, entries[i]);
        if (path[strlen(path) - 1] == '/')
            ck_assert_int_eq(mkdir(path, 0755), 0);
        else
            fclose(fopen(path, "w"));
    }
    snprintf(path, sizeof path, "%s/a/loop", root);
    ck_assert_int_eq(symlink(root, path), 0);
    snprintf(path, sizeof path, "%s/link.log", root);
    ck_assert_int_eq(symlink("a/one.log", path), 0);
    snprintf(path, sizeof path, "%s/broken.log", root);
    ck_assert_int_eq(symlink("nowhere", path), 0);
}

static void remove_tree(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
    strcpy(root + strlen(root) - 6, "XXXXXX");
}

struct found {
    struct glob_visitor visitor;
    char *items[64];
    size_t n, n_folders;
};

static void found_file(struct glob_visitor *visitor, const char *path, const struct stat *status)
{
    struct found *found = container_of(visitor, struct found, visitor);

    ck_assert(S_ISREG(status->st_mode));
    found->items[found->n++] = strdup(path + strlen(root) + 1);
}

static void found_folder(struct glob_visitor *visitor, const char *path)
{
    (void)path;
    container_of(visitor, struct found, visitor)->n_folders++;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const struct {
    const char *pattern;
    unsigned depth;
    const char *files;
    size_t n_folders; /* that are worth watching */
} walks[] = {
    {"a/one.log", 0, "a/one.log ", 1},
    {"a/none.log", 0, "", 1},
    {"none/x.log", 0, "", 1},
    {"*.log", 0, "link.log z.log ", 1},
    {"a/*.log", 0, "a/.dot.log a/one.log ", 1},
    {"*/one.log", 0, "a/one.log ", 2 + 2}, /* the root, and what may be a folder in it */
    {"a/**/*.log", 0, "a/.dot.log a/one.log ", 1},
    {"a/**/*.log", 1, "a/.dot.log a/b/three.log a/one.log ", 3},
    {"a/**/*.log", 9, "a/.dot.log a/b/c/four.log a/b/three.log a/one.log ", 4},
    {"**/three.log", 2, "a/b/three.log ", 4},
};

START_TEST(walk_finds_files_and_folders)
{
    struct found found = {.visitor = {.folder = found_folder, .file = found_file}};
    SCOPED_BUF struct buf all = {0};
    char pattern[256];

    snprintf(pattern, sizeof pattern, "%s/%s", root, walks[_i].pattern);
    glob_walk(pattern, walks[_i].depth, &found.visitor);
    qsort(found.items, found.n, sizeof found.items[0], compare);
    for (size_t i = 0; i < found.n; i++) {
        buf_printf(&all, "%s ", found.items[i]);
        free(found.items[i]);
    }
    ck_assert_str_eq(buf_text(&all), walks[_i].files);
    ck_assert_uint_eq(found.n_folders, walks[_i].n_folders);
    ck_assert(!found.visitor.incomplete);
}
END_TEST

/* Without descriptors nothing is seen, which does not mean that nothing is there. */
START_TEST(walk_without_descriptors_is_incomplete)
{
    struct found found = {.visitor = {.folder = found_folder, .file = found_file}};
    struct rlimit before, none;
    char pattern[256];

    snprintf(pattern, sizeof pattern, "%s/*.log", root);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    glob_walk(pattern, 0, &found.visitor);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(found.visitor.incomplete);
    ck_assert_uint_eq(found.n, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("glob");

    tcase_add_checked_fixture(tests, make_tree, remove_tree);
    tcase_add_loop_test(tests, paths_match_by_text, 0, (int)ARRAY_SIZE(by_text));
    tcase_add_loop_test(tests, walk_finds_files_and_folders, 0, (int)ARRAY_SIZE(walks));
    tcase_add_test(tests, walk_without_descriptors_is_incomplete);
    return unit_run(tests);
}
