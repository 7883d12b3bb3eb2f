/* `weir-plugin new`: a plugin's project, out of the template that lies in the program. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/util.h"
#include "kit/command.h"
#include "kit/template.h"

#define PREFIX "flusher_"
#define NAME_MAX_BYTES 48u

static const char help[] =
    "Usage: weir-plugin new [--kind KIND] [--lang LANG] FOLDER\n"
    "Makes the project of a flusher in a new folder. The folder's name is the flusher's:\n"
    "lower-case letters, digits and _, a letter first.\n\n"
    "  --kind KIND      min (default) appends to a file, stream writes lines to a TCP server,\n"
    "                   http posts batches to an HTTP server\n"
    "  --lang LANG      c (default), or c++, which is C++17\n"
    "  --help           this text\n\n"
    "Example: weir-plugin new acme && cd acme && make && make check verify run\n\n"
    "Exit codes: 0 made; 1 there is something of that name; 64 usage; 70 not all could be\n"
    "written.\n";

/* What a folder of this name makes: "acme" of "some/flusher_acme/". The caller frees. */
static char *name_of(const char *folder)
{
    SCOPED_FREE char *path = mem_strdup(folder);
    const char *name;

    for (size_t i = strlen(path); i > 1 && path[i - 1] == '/'; i--)
        path[i - 1] = '\0';
    name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    return mem_strdup(strncmp(name, PREFIX, strlen(PREFIX)) ? name : name + strlen(PREFIX));
}

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

    return *name && strchr(letters, *name) && strlen(name) <= NAME_MAX_BYTES &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Makes the folders on the way to `path`, below `folder`. 0 or -errno. */
static int make_parents(int folder, const char *path)
{
    SCOPED_FREE char *parent = mem_strdup(path);

    for (char *slash = strchr(parent, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(folder, parent, 0777) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

/* 0 or -errno. */
static int write_file(int folder, const char *path, const char *data, size_t size)
{
    SCOPED_FD int fd = -1;
    int r = make_parents(folder, path);

    if (r < 0)
        return r;
    fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

/* Every file of the project. 0, or -errno with the words said. */
static int write_files(int folder, const struct template_request *request)
{
    for (const struct template_file *file = template_files; file->path; file++) {
        SCOPED_BUF struct buf path = {0}, content = {0};
        int r;

        if (!template_path(file, request, &path))
            continue;
        template_content(file, request, &content);
        r = write_file(folder, buf_text(&path), content.data, content.size);
        if (r < 0) {
            fprintf(stderr, "weir-plugin new: %s: %s\n", buf_text(&path), strerror(-r));
            return r;
        }
    }
    return 0;
}

/* An exit code. A folder that is there already is left alone: mkdir is what decides. */
static int make_project(const char *path, const struct template_request *request)
{
    SCOPED_FD int folder = -1;

    if (mkdir(path, 0777) != 0) {
        fprintf(stderr, "weir-plugin new: %s: %m%s\n", path,
            errno == EEXIST ? "; nothing is overwritten: choose another name" : "");
        return CLI_FINDINGS;
    }
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || write_files(folder, request) < 0) {
        fprintf(stderr, "weir-plugin new: %s is not complete: remove it\n", path);
        return CLI_INTERNAL;
    }
    printf("%s: the project of " PREFIX "%s, in %s. README.md tells the rest; begin with\n\n"
           "    cd %s && make && make check verify\n",
        path, request->name, request->lang, path);
    return CLI_OK;
}

static int check_request(const struct template_request *request)
{
    if (!template_has_kind(request->kind))
        fprintf(stderr, "weir-plugin new: there is no kind '%s', but min, stream, http\n",
            request->kind);
    else if (!template_has_lang(request->lang))
        fprintf(stderr, "weir-plugin new: there is no language '%s', but c, c++\n", request->lang);
    else if (!is_name(request->name))
        fprintf(stderr,
            "weir-plugin new: '%s' is no name for a flusher: lower-case letters, digits and _, a "
            "letter first, at most %u of them\n",
            request->name, NAME_MAX_BYTES);
    else
        return CLI_OK;
    return CLI_USAGE;
}

int command_new(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"kind", required_argument, NULL, 'k'},
        {"lang", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct template_request request = {.kind = "min", .lang = "c"};
    SCOPED_FREE char *name = NULL;
    int option, code;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CLI_OK;
        }
        if (option == '?')
            return CLI_USAGE;
        *(option == 'k' ? &request.kind : &request.lang) = optarg;
    }
    if (argc - optind != 1) {
        fputs("weir-plugin new: which folder? See weir-plugin new --help\n", stderr);
        return CLI_USAGE;
    }
    name = name_of(argv[optind]);
    request.name = name;
    code = check_request(&request);
    return code ? code : make_project(argv[optind], &request);
}
