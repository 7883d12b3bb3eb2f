#include "stub.h"

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stub *of(const struct weir_host *host)
{
    return host->handle;
}

static void add(struct stub *stub, struct weir_str text, const char *tail)
{
    size_t used = strlen(stub->logged);

    snprintf(
        stub->logged + used, sizeof stub->logged - used, "%.*s%s", (int)text.size, text.data, tail);
}

static void stub_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    (void)level;
    add(of(host), message, n_fields ? " " : "\n");
    for (uint32_t i = 0; i < n_fields; i++) {
        add(of(host), fields[i].key, "=");
        add(of(host), fields[i].value, i + 1 < n_fields ? " " : "\n");
    }
}

static uint32_t stub_metric(const struct weir_host *host, uint32_t kind, const char *name,
    const char *unit, const char *help)
{
    (void)kind, (void)name, (void)unit, (void)help;
    return ++of(host)->n_metrics;
}

static void stub_record(const struct weir_host *host, uint32_t metric, double value)
{
    of(host)->recorded[metric] += value;
}

static uint64_t stub_now_ns(const struct weir_host *host)
{
    return of(host)->now_ns;
}

static uint64_t stub_wall_ns(const struct weir_host *host)
{
    (void)host;
    return STUB_WALL_S * 1000000000U + 999999999U;
}

static const struct weir_flusher_class *load(const struct weir_host *host, const char *path)
{
    struct weir_error error = {.struct_size = sizeof error};
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    weir_plugin_register_fn *enter;
    const struct weir_plugin *plugin;

    ck_assert_msg(module != NULL, "%s", module ? "" : dlerror());
    *(void **)&enter = dlsym(module, WEIR_REGISTER_SYMBOL);
    ck_assert(enter != NULL);
    plugin = enter(host, &error);
    ck_assert(plugin && plugin->n_classes == 1);
    return plugin->classes[0];
}

static uint32_t choice(const struct weir_option *row, const char *value)
{
    uint32_t i = 0;

    while (row->choices[i] && strcmp(row->choices[i], value) != 0)
        i++;
    ck_assert(row->choices[i] != NULL);
    return i;
}

static void set_option(void *options, const struct weir_option *row, const char *value)
{
    char *member = (char *)options + row->offset;
    struct weir_str text = {value, strlen(value)};
    int64_t number = strtoll(value, NULL, 10);
    uint32_t index;

    switch (row->type) {
    case WEIR_OPTION_BOOL:
        *member = text.data[0] == 't';
        break;
    case WEIR_OPTION_STRING:
        memcpy(member, &text, sizeof text);
        break;
    case WEIR_OPTION_ENUM:
        index = choice(row, value);
        memcpy(member, &index, sizeof index);
        break;
    default:
        memcpy(member, &number, sizeof number);
    }
}

static const char *given_value(const struct weir_option *row, const struct stub_option *options)
{
    for (; options && options->name; options++)
        if (strcmp(options->name, row->name) == 0)
            return options->value;
    return row->default_text ? row->default_text : "";
}

static void *make_options(const struct weir_flusher_class *class, const struct stub_option *given)
{
    void *options = calloc(1, class->options_size + 1);

    ck_assert(options != NULL);
    for (uint32_t i = 0; i < class->n_options; i++)
        set_option(options, &class->options[i], given_value(&class->options[i], given));
    return options;
}

void stub_start(struct stub *stub, const char *path, const struct stub_option *options)
{
    struct weir_error error = {
        .struct_size = sizeof error, .text = stub->text, .text_max = sizeof stub->text};
    struct weir_context context = {.struct_size = sizeof context, .error = &error};

    *stub = (struct stub){.now_ns = 5000000000U};
    stub->host = (struct weir_host){.struct_size = sizeof stub->host,
        .handle = stub,
        .log = stub_log,
        .metric = stub_metric,
        .record = stub_record,
        .now_ns = stub_now_ns,
        .wall_ns = stub_wall_ns};
    stub->class = load(&stub->host, path);
    stub->self = calloc(1, stub->class->instance_size);
    context.host = &stub->host;
    stub->options = make_options(stub->class, options);
    context.options = stub->options;
    ck_assert(stub->self != NULL);
    ck_assert_msg(stub->class->init(stub->self, &context) == 0, "%s", stub->text);
}

void stub_stop(struct stub *stub)
{
    struct weir_result result = {
        .struct_size = sizeof result, .text = stub->text, .text_max = sizeof stub->text};

    if (stub->class->stop)
        ck_assert_msg(stub->class->stop(stub->self, 0, &result) == 0, "%s", stub->text);
    free(stub->self);
    free(stub->options);
}

uint32_t stub_flush(struct stub *stub, const struct weir_group *group)
{
    const struct weir_group *groups[] = {group};
    struct weir_batch batch = {.struct_size = sizeof batch, .groups = groups, .n_groups = 1};

    stub->text[0] = 0;
    stub->result = (struct weir_result){
        .struct_size = sizeof stub->result, .text = stub->text, .text_max = sizeof stub->text};
    return stub->class->flush(stub->self, &batch, &stub->result);
}

struct weir_group stub_group(const struct weir_log *logs, uint32_t n_logs)
{
    return (struct weir_group){.struct_size = sizeof(struct weir_group),
        .n_logs = n_logs,
        .log_stride = sizeof(struct weir_log),
        .logs = logs};
}

char *stub_read(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (!file)
        return strdup("");
    if (getdelim(&text, &size, 0, file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

void stub_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    ck_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

const char *stub_folder(void)
{
    static char folder[] = "/tmp/weir-flusher-XXXXXX";

    ck_assert(mkdtemp(folder) != NULL);
    return folder;
}
