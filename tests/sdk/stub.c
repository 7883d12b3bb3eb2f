#include "stub.h"

#include <check.h>
#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* "key=value" is a map of one pair; one for each option of a test. */
static struct weir_str_map make_map(const char *value)
{
    static struct weir_kv pairs[8];
    static char texts[8][64];
    static size_t n_used;
    char *key = texts[n_used], *equals;

    if (!*value)
        return (struct weir_str_map){0};
    ck_assert_uint_lt(n_used, 8);
    snprintf(key, sizeof texts[0], "%s", value);
    equals = strchr(key, '=');
    ck_assert(equals != NULL);
    *equals = '\0';
    pairs[n_used].key = (struct weir_str){key, strlen(key)};
    pairs[n_used].value = (struct weir_str){equals + 1, strlen(equals + 1)};
    return (struct weir_str_map){&pairs[n_used++], 1};
}

static void set_option(void *options, const struct weir_option *row, const char *value)
{
    char *member = (char *)options + row->offset;
    struct weir_str text = {value, strlen(value)};
    int64_t number = strtoll(value, NULL, 10);
    struct weir_str_map map;
    uint32_t index;

    switch (row->type) {
    case WEIR_OPTION_BOOL:
        *member = text.data[0] == 't';
        break;
    case WEIR_OPTION_STRING:
        memcpy(member, &text, sizeof text);
        break;
    case WEIR_OPTION_STRING_MAP:
        map = make_map(value);
        memcpy(member, &map, sizeof map);
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

void stub_try(struct stub *stub, const char *path, const struct stub_option *options)
{
    const struct weir_flusher_class *class;

    stub->mock = weir_mock_new();
    stub->mock->wall_ns = STUB_WALL_S * 1000000000U + 999999999U;
    stub->batch_id = 1;
    class = load(&stub->mock->host, path);
    stub->options = make_options(class, options);
    stub->self = weir_mock_start(stub->mock, class, stub->options);
}

void stub_start(struct stub *stub, const char *path, const struct stub_option *options)
{
    stub_try(stub, path, options);
    ck_assert_msg(stub->self != NULL, "%s", stub->mock->text);
}

void stub_stop(struct stub *stub)
{
    if (stub->self)
        ck_assert_msg(weir_mock_stop(stub->mock, 0) == 0, "%s", stub->mock->text);
    ck_assert_uint_eq(stub->mock->n_misuses, 0);
    weir_mock_free(stub->mock);
    free(stub->options);
}

static void copy_logs(struct weir_mock_batch *batch, const struct weir_group *group)
{
    const struct weir_group *copy = weir_mock_batch_view(batch)->groups[0];

    for (uint32_t i = 0; i < group->n_logs; i++) {
        const struct weir_log *log = weir_log_at(group, i);

        weir_mock_batch_log(batch, log->time_s, log->contents, log->n_contents);
        ((struct weir_log *)(uintptr_t)weir_log_at(copy, i))->time_ns = log->time_ns;
    }
}

static uint32_t flush(struct stub *stub, const struct weir_group *group, uint64_t id)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(id);
    struct weir_group *copy =
        (struct weir_group *)(uintptr_t)weir_mock_batch_view(batch)->groups[0];
    const struct weir_group made = *copy;
    uint32_t verdict;

    copy_logs(batch, group);
    copy->tags = group->tags;
    copy->n_tags = group->n_tags;
    copy->topic = group->topic;
    copy->category = group->category;
    verdict = weir_mock_flush(stub->mock, stub->self, batch);
    copy->tags = made.tags;
    copy->n_tags = made.n_tags;
    copy->topic = made.topic;
    weir_mock_batch_free(batch);
    return verdict;
}

uint32_t stub_flush(struct stub *stub, const struct weir_group *group)
{
    return flush(stub, group, stub->batch_id++);
}

uint32_t stub_flush_again(struct stub *stub, const struct weir_group *group)
{
    return flush(stub, group, stub->batch_id - 1);
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

static char folder[] = "/tmp/weir-flusher-XXXXXX";
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    if (getpid() == owner) /* not a child that it has forked */
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *stub_folder(void)
{
    ck_assert(mkdtemp(folder) != NULL);
    owner = getpid();
    atexit(remove_folder);
    return folder;
}
