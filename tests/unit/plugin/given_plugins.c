#include "given_plugins.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/mem.h"

#define FOLDERS_MAX 16

static char folders[FOLDERS_MAX][sizeof "/tmp/weir-test-plugin-XXXXXX"];
static unsigned n_folders;
static pid_t owner;
static int words_fd = -1;

const char *given_executable(void)
{
    const char *path = getenv("WEIR_TEST_EXECUTABLE");

    ck_assert_msg(path, "WEIR_TEST_EXECUTABLE is not set");
    return path;
}

char *given_plugin(const char *name)
{
    const char *folder = getenv("WEIR_TEST_PLUGINS");

    ck_assert_msg(folder, "WEIR_TEST_PLUGINS is not set");
    return mem_printf("%s/flusher_%s.so", folder, name);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static void remove_folders(void)
{
    while (getpid() == owner && n_folders) /* not a child that it has forked */
        nftw(folders[--n_folders], remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

char *given_folder(void)
{
    char *path = folders[n_folders];

    ck_assert_uint_lt(n_folders, FOLDERS_MAX);
    strcpy(path, "/tmp/weir-test-plugin-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
    if (!n_folders++)
        atexit(remove_folders);
    owner = getpid();
    return mem_strdup(path);
}

char *given_file(const char *folder, const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void read_all(int fd, struct buf *ret)
{
    ssize_t n;

    while ((n = pread(fd, buf_reserve(ret, 64 * KIB), 64 * KIB, (off_t)ret->size)) > 0)
        ret->size += (size_t)n;
    ck_assert_int_eq(n, 0);
}

void given_copy(const char *from, const char *to)
{
    SCOPED_FD int in = open(from, O_RDONLY | O_CLOEXEC);
    SCOPED_FD int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    SCOPED_BUF struct buf bytes = {0};

    ck_assert_int_ge(in, 0);
    ck_assert_int_ge(out, 0);
    read_all(in, &bytes);
    ck_assert_int_eq(write(out, bytes.data, bytes.size), (ssize_t)bytes.size);
}

void given_replacement(const char *from, const char *to)
{
    SCOPED_FREE char *new = mem_printf("%s.new", to);

    given_copy(from, new);
    ck_assert_int_eq(rename(new, to), 0);
}

struct registry *given_registry(const char *const *plugins, struct diag_list *diags)
{
    SCOPED_FREE char *folder = given_folder();
    SCOPED_FREE char *file = NULL;
    SCOPED_BUF struct buf text = {0};
    const char *files[1];
    struct registry_request request = {.files = files,
        .n_files = 1,
        .executable = given_executable(),
        .plugin_path = "",
        .probe_timeout_ns = 5 * NS_PER_S,
        .load_timeout_ns = 300 * NS_PER_MS};

    buf_puts(&text, "plugins:\n  common:\n");
    for (size_t i = 0; plugins[i]; i++)
        buf_printf(&text, "    - import: %s\n", plugins[i]);
    file = given_file(folder, "plugins.yml", buf_text(&text));
    files[0] = file;
    return registry_create(&request, diags);
}

void given_quiet(void)
{
    char path[] = "/tmp/weir-test-words-XXXXXX";

    words_fd = mkstemp(path);
    ck_assert_int_ge(words_fd, 0);
    unlink(path);
    ck_assert_int_eq(fcntl(words_fd, F_SETFL, O_APPEND), 0);
    ck_assert_int_eq(dup2(words_fd, STDERR_FILENO), STDERR_FILENO);
}

char *given_words(void)
{
    struct buf words = {0};

    read_all(words_fd, &words);
    return buf_take(&words);
}
