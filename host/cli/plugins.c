#include "cli/cli.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/util.h"
#include "cli/plugin_files.h"
#include "config/render.h"
#include "config/snippet.h"
#include "config/units.h"
#include "plugin/descriptor.h"
#include "plugin/registry.h"

static const char help[] =
    "Usage: weir plugins [OPTION]...\n"
    "Lists the plugin files, the flusher types in them, and why one is refused. Each is\n"
    "loaded in a process of its own, so a broken one does no harm.\n"
    "\n"
    "  --plugins FILE          a plugins.yml; may be repeated. Default: ./plugins.yml,\n"
    "                          or " PLUGIN_FILES_SYSTEM "\n"
    "  --probe-timeout TIME    how long a plugin may take to load (default 10s)\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir plugins --plugins plugins.yml --format json\n"
    "\n"
    "Exit codes: 0 all are fine; 1 something is wrong with one; 2 there are none;\n"
    "64 usage.\n";

struct plugins_options {
    struct plugin_files files;
    uint64_t probe_timeout_ns;
    bool json;
};

enum { OPT_PLUGINS = 256, OPT_TIMEOUT, OPT_FORMAT, OPT_HELP };

static const struct option long_options[] = {
    {"plugins", required_argument, NULL, OPT_PLUGINS},
    {"probe-timeout", required_argument, NULL, OPT_TIMEOUT},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const struct {
    uint32_t flag;
    const char *name;
} capabilities[] = {
    {WEIR_CONCURRENT, "concurrent"},
    {WEIR_ASYNC, "async"},
    {WEIR_NET, "net"},
    {WEIR_FS_WRITE, "fs_write"},
    {WEIR_STDOUT, "stdout"},
};

static const char *state_of(const struct registry_entry *entry)
{
    if (!entry->active)
        return "other_platform";
    if (entry->duplicate)
        return "duplicate";
    return entry->refusal ? "refused" : "ok";
}

/* `,"key":"text"`, or null. */
static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    if (text)
        buf_json_string(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_class_json(struct buf *out, const struct plugin_class *class)
{
    const char *comma = "";

    buf_puts(out, "{\"type\":");
    buf_json_string(out, class->config.type, strlen(class->config.type));
    put_text(out, "version", class->config.version);
    put_text(out, "description", class->config.description);
    buf_printf(out, ",\"n_options\":%u,\"capabilities\":[", class->config.n_options);
    for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
        if (class->flags & capabilities[i].flag) {
            buf_printf(out, "%s\"%s\"", comma, capabilities[i].name);
            comma = ",";
        }
    buf_puts(out, "]}");
}

static void put_descriptor_json(struct buf *out, const struct descriptor *descriptor)
{
    put_text(out, "name", descriptor->name);
    put_text(out, "version", descriptor->version);
    put_text(out, "vendor", descriptor->vendor);
    put_text(out, "license", descriptor->license);
    put_text(out, "url", descriptor->url);
    buf_printf(out, ",\"abi\":\"%u.%u\",\"needs_abi\":\"%u.%u\",\"classes\":[", WEIR_ABI_MAJOR,
        descriptor->abi_minor, WEIR_ABI_MAJOR, descriptor->needs_minor);
    for (size_t i = 0; i < descriptor->n_classes; i++) {
        buf_puts(out, i ? "," : "");
        put_class_json(out, &descriptor->classes[i]);
    }
    buf_putc(out, ']');
}

static void put_refusal_json(struct buf *out, const struct refusal *refusal)
{
    buf_printf(out, ",\"refusal\":{\"code\":\"%s\"", refusal->code);
    put_text(out, "message", refusal->message);
    put_text(out, "field", refusal->field);
    put_text(out, "found", refusal->found);
    put_text(out, "expected", refusal->expected);
    put_text(out, "advice", refusal->advice);
    buf_putc(out, '}');
}

static void put_json(struct buf *out, const struct registry_entry *entry)
{
    buf_printf(out, "{\"state\":\"%s\"", state_of(entry));
    put_text(out, "import", entry->import);
    put_text(out, "path", entry->path);
    put_text(out, "listed_in", entry->place.file);
    buf_printf(out, ",\"line\":%u", entry->place.line);
    put_text(out, "sha256", entry->digest);
    if (entry->descriptor)
        put_descriptor_json(out, entry->descriptor);
    if (entry->refusal)
        put_refusal_json(out, entry->refusal);
    buf_putc(out, '}');
}

/* One line of foreign text, after words of ours. */
static void put_line(struct buf *out, const char *before, const char *text)
{
    if (!text)
        return;
    buf_puts(out, before);
    snippet_visible(out, text);
    buf_putc(out, '\n');
}

static void put_refusal_lines(struct buf *out, const struct refusal *refusal)
{
    buf_printf(out, ": refused (%s)\n", refusal->code);
    put_line(out, "  ", refusal->message);
    put_line(out, "  found:    ", refusal->found);
    put_line(out, "  expected: ", refusal->expected);
    put_line(out, "  advice:   ", refusal->advice);
}

static void put_descriptor_lines(struct buf *out, const struct descriptor *descriptor)
{
    put_line(out, ": ", descriptor->name);
    out->size--; /* the line goes on */
    buf_puts(out, " ");
    snippet_visible(out, descriptor->version);
    buf_printf(out, ", ABI %u.%u\n", WEIR_ABI_MAJOR, descriptor->abi_minor);
    for (size_t i = 0; i < descriptor->n_classes; i++) {
        const struct config_class *class = &descriptor->classes[i].config;

        buf_printf(out, "  %-24s %-8s ", class->type, class->version);
        put_line(out, "", class->description);
    }
}

static void put_lines(struct buf *out, const struct registry_entry *entry)
{
    snippet_visible(out, entry->path ? entry->path : entry->import);
    if (entry->refusal)
        put_refusal_lines(out, entry->refusal);
    else if (entry->descriptor)
        put_descriptor_lines(out, entry->descriptor);
    else
        buf_printf(out, ": %s\n", entry->duplicate ? "listed already" : "for another platform");
}

/* The number of plugins; *ret_n_refused of them are. */
static size_t list(struct registry *registry, bool json, size_t *ret_n_refused)
{
    SCOPED_BUF struct buf out = {0};
    struct registry_entry entry;
    size_t n = 0;

    *ret_n_refused = 0;
    buf_puts(&out, json ? "{\"plugins\":[" : "");
    for (; registry_entry(registry, n, &entry); n++) {
        if (json) {
            buf_puts(&out, n ? ",\n" : "\n");
            put_json(&out, &entry);
        } else {
            put_lines(&out, &entry);
        }
        *ret_n_refused += entry.refusal != NULL;
    }
    buf_puts(&out, json ? "\n]}\n" : "");
    fwrite(out.data, 1, out.size, stdout);
    return n;
}

static int list_plugins(struct plugins_options *options)
{
    struct diag_list diags = {0};
    struct registry_request request = {
        .leave_refusals = true, .probe_timeout_ns = options->probe_timeout_ns};
    struct registry *registry;
    size_t n, n_refused;
    int code;

    plugin_files_default(&options->files, NULL);
    request.files = options->files.items;
    request.n_files = options->files.count;
    registry = registry_create(&request, &diags);
    registry_probe_all(registry);
    render_diags_text(&diags, stderr);
    n = list(registry, options->json, &n_refused);
    code = n_refused || diags.n_errors ? CLI_FINDINGS : n ? CLI_OK : CLI_NOTHING;
    if (code == CLI_NOTHING)
        fputs("weir plugins: no plugin is listed; see weir plugins --help\n", stderr);
    diag_list_finish(&diags);
    registry_destroy(registry);
    return code;
}

/* One option; 0, or an exit code. -1: the help was asked for. */
static int take_option(struct plugins_options *options, int option)
{
    bool good = true;

    switch (option) {
    case OPT_PLUGINS:
        plugin_files_add(&options->files, optarg);
        break;
    case OPT_TIMEOUT:
        good = duration_parse(optarg, strlen(optarg), &options->probe_timeout_ns);
        break;
    case OPT_FORMAT:
        options->json = !strcmp(optarg, "json");
        good = options->json || !strcmp(optarg, "text");
        break;
    case OPT_HELP:
        return -1;
    default: /* getopt has said why */
        return CLI_USAGE;
    }
    if (!good)
        fprintf(stderr, "weir plugins: '%s' is no value for that option; see weir plugins --help\n",
            optarg);
    return good ? 0 : CLI_USAGE;
}

static int parse_options(int argc, char **argv, struct plugins_options *options)
{
    int option, r = 0;

    while (!r && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        r = take_option(options, option);
    if (r || optind == argc)
        return r;
    fprintf(stderr, "weir plugins: '%s' is one too many; see weir plugins --help\n", argv[optind]);
    return CLI_USAGE;
}

int cli_plugins(int argc, char **argv)
{
    struct plugins_options options = {0};
    int r = parse_options(argc, argv, &options);

    if (r == -1) {
        fputs(help, stdout);
        r = CLI_OK;
    } else if (!r) {
        r = list_plugins(&options);
    }
    plugin_files_finish(&options.files);
    return r;
}
