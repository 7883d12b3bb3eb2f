#include "kit/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/describe.h"
#include "config/option_rows.h"
#include "kit/child.h"
#include "kit/plan.h"
#include "plugin/probe.h"

static const char help[] =
    "Usage: weir-plugin describe [OPTION]... FILE.so...\n"
    "Says which flushers a plugin has, what they can, and their options. The plugin is\n"
    "loaded and registered in a process of its own.\n"
    "\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir-plugin describe build/flusher_acme.so\n"
    "\n"
    "Exit codes: 0 described; 1 the plugin is refused; 64 usage; 66 a file is missing.\n";

static const struct {
    uint32_t flag;
    const char *name;
} capabilities[] = {
    {WEIR_CONCURRENT, "CONCURRENT"},
    {WEIR_ASYNC, "ASYNC"},
    {WEIR_NET, "NET"},
    {WEIR_FS_WRITE, "FS_WRITE"},
    {WEIR_STDOUT, "STDOUT"},
};

static const struct {
    uint32_t has;
    const char *name;
} calls[] = {
    {CLASS_HAS_IS_READY, "is_ready"},
    {CLASS_HAS_SET_URGENT, "set_urgent"},
    {CLASS_HAS_STOP, "stop"},
    {CLASS_HAS_PROBE, "probe"},
};

static void put_words(const struct plugin_class *class)
{
    fputs("Capabilities:", stdout);
    for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
        if (class->flags & capabilities[i].flag)
            printf(" %s", capabilities[i].name);
    fputs(class->flags ? "\nCalls: init flush" : " none\nCalls: init flush", stdout);
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
        if (class->has & calls[i].has)
            printf(" %s", calls[i].name);
    printf("\nMemory: instance %u bytes, options %u bytes\n\n", class->instance_size,
        class->config.options_size);
}

/* What the author forgot to say about an option, for people who meet it. */
static void warn_silent_rows(
    const char *type, const struct weir_option *rows, uint32_t n, uint32_t stride)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct weir_option *row = option_row(rows, stride, i);

        if (!row->help || !*row->help)
            fprintf(stderr, "weir-plugin describe: %s: option '%s' has no help text\n", type,
                row->name);
        if (row->fields)
            warn_silent_rows(type, row->fields, row->n_fields, stride);
    }
}

static void put_text(const struct descriptor *descriptor, const char *path)
{
    printf("%s: plugin %s %s, ABI %u.%u, needs a host of %u.%u\n", path, descriptor->name,
        descriptor->version, WEIR_ABI_MAJOR, descriptor->abi_minor, WEIR_ABI_MAJOR,
        descriptor->needs_minor);
    printf("vendor %s, license %s, %s\n", descriptor->vendor ? descriptor->vendor : "not said",
        descriptor->license ? descriptor->license : "not said",
        descriptor->url ? descriptor->url : "no URL");
    for (size_t i = 0; i < descriptor->n_classes; i++) {
        const struct config_class *config = &descriptor->classes[i].config;
        SCOPED_BUF struct buf out = {0};

        putchar('\n');
        describe_text(config, CONFIG_FLUSHER, &out);
        fputs(buf_text(&out), stdout);
        put_words(&descriptor->classes[i]);
        warn_silent_rows(config->type, config->options, config->n_options, config->option_stride);
    }
}

static void put_json(const struct descriptor *descriptor, const char *path, struct buf *out)
{
    buf_puts(out, out->size ? ",\n{\"file\":" : "{\"file\":");
    buf_json_string(out, path, strlen(path));
    buf_puts(out, ",\"plugin\":");
    descriptor_put_json(descriptor, out);
    buf_puts(out, ",\"flushers\":[");
    for (size_t i = 0; i < descriptor->n_classes; i++) {
        buf_puts(out, i ? "," : "");
        describe_json(&descriptor->classes[i].config, CONFIG_FLUSHER, out);
    }
    buf_puts(out, "]}");
}

static void tell(const struct refusal *why, const char *path)
{
    fprintf(stderr, "weir-plugin describe: %s: %s: %s\n", path, why->code, why->message);
    if (why->advice)
        fprintf(stderr, "  %s\n", why->advice);
}

/* An exit code. */
static int describe_file(const char *path, bool json, struct buf *out)
{
    SCOPED_FREE char *real = realpath(path, NULL);
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED(descriptor_destroy) struct descriptor *descriptor = NULL;
    const struct probe_request request = {"/proc/self/exe", real, PROBE_TIMEOUT_DEFAULT_NS};

    if (!real) {
        fprintf(stderr, "weir-plugin describe: %s: %m\n", path);
        return CLI_NO_INPUT;
    }
    if (probe(&request, &descriptor, &why)) {
        tell(&why, path);
        return CLI_FINDINGS;
    }
    if (json)
        put_json(descriptor, path, out);
    else
        put_text(descriptor, path);
    return CLI_OK;
}

static int describe(char **paths, int n, bool json)
{
    SCOPED_BUF struct buf out = {0};
    int code = CLI_OK;

    for (int i = 0; i < n; i++) {
        int r = describe_file(paths[i], json, &out);

        code = code > r ? code : r;
    }
    if (json)
        printf("[%s]\n", buf_text(&out));
    return code;
}

/* One that was built with a sanitizer is described by the program that can load it, started in
 * place of this one. Returns when that is not to be had. */
static void become_sanitized(int argc, char **argv)
{
    char command[] = "describe"; /* argv[0] has the program's name before it */

    for (int i = 1; i < argc; i++) {
        SCOPED_FREE char *library = argv[i][0] == '-' ? NULL : plan_sanitizer(argv[i]);
        SCOPED_FREE char *program = library ? child_sanitized_program() : NULL;
        char **again;

        if (!program || setenv("LD_PRELOAD", library, 1) ||
            setenv("ASAN_OPTIONS", "leak_check_at_exit=0", 0))
            continue;
        again = mem_calloc((size_t)argc + 2, sizeof *again);
        again[0] = program;
        again[1] = command;
        memcpy(again + 2, argv + 1, ((size_t)argc - 1) * sizeof *argv);
        execv(program, again);
        fprintf(stderr,
            "weir-plugin describe: %s was built with a sanitizer, and %s cannot be started: %m\n",
            argv[i], program);
        free((void *)again);
        return;
    }
}

int command_describe(int argc, char **argv)
{
    become_sanitized(argc, argv);
    return command_on_files(argc, argv, help, describe);
}
