/* REG: loading, and what the registration function returns. */
#include "kit/check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/raw.h"
#include "kit/trial.h"
#include "plugin/loader.h"

static void reg_load(struct trial *trial)
{
    trial_doing(trial, "loading the plugin");
    if (!dlopen(trial->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
        trial_fail(trial, "%s", dlerror());
}

struct registration {
    weir_plugin_register_fn *fn;
    const struct weir_plugin *plugin;
};

static void *register_again(void *argument)
{
    struct registration *registration = argument;
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};

    registration->plugin = registration->fn(raw_host(), &error);
    return NULL;
}

/* The registration on another thread. */
static const struct weir_plugin *register_elsewhere(
    struct trial *trial, weir_plugin_register_fn *fn)
{
    struct registration registration = {fn, NULL};
    pthread_t thread;

    if (pthread_create(&thread, NULL, register_again, &registration))
        trial_lacks(trial, "no thread is to be had");
    pthread_join(thread, NULL);
    return registration.plugin;
}

static void reg_same(struct trial *trial)
{
    weir_plugin_register_fn *fn = raw_load(trial);
    const struct weir_plugin *first = raw_register(trial, fn);
    struct weir_plugin before, after;
    uint32_t size = 0;

    if (!raw_read(&size, first, sizeof size))
        trial_fail(trial, "what it returns is no memory");
    size = (uint32_t)MIN(size, sizeof before);
    memset(&before, 0, sizeof before);
    after = before;
    if (!raw_read(&before, first, size))
        trial_fail(trial, "what it returns is shorter than its struct_size says");
    if (raw_register(trial, fn) != first || register_elsewhere(trial, fn) != first)
        trial_fail(trial, "called again, it returns another pointer");
    if (!raw_read(&after, first, size) || memcmp(&before, &after, sizeof before) != 0)
        trial_fail(trial, "called again, it changes what it had returned");
}

/* Whether a refusal is about an option table, which is CFG-01's matter. */
static bool is_about_options(const char *code)
{
    static const char *const codes[] = {
        "W2153", "W2154", "W2155", "W2156", "W2157", "W2158", "W2159", "W2160"};

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (!strcmp(codes[i], code))
            return true;
    return false;
}

static void expect_size(struct trial *trial, const char *what, uint32_t size)
{
    if (size % 8 || size > RAW_BYTES_MAX)
        trial_fail(trial, "%s: struct_size is %u; it must be a sizeof", what, size);
}

static void expect_classes(struct trial *trial, const struct weir_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_classes; i++) {
        const struct weir_flusher_class *class = NULL;
        uint32_t size = 0;
        char what[32];

        snprintf(what, sizeof what, "class %u", i + 1);
        if (!raw_read(&class, &plugin->classes[i], sizeof class) ||
            !raw_read(&size, class, sizeof size))
            trial_fail(trial, "%s: its pointer leads nowhere", what);
        expect_size(trial, what, size);
        if (!raw_is_static(class))
            trial_warn(trial, "%s does not lie in static memory", what);
    }
}

static void reg_tables(struct trial *trial)
{
    const struct weir_plugin *registered = raw_register(trial, raw_load(trial));
    SCOPED(descriptor_destroy) struct descriptor *descriptor = NULL;
    SCOPED_REFUSAL struct refusal why = {0};
    struct weir_plugin plugin = {0};

    if (!raw_read(&plugin.struct_size, registered, sizeof plugin.struct_size))
        trial_fail(trial, "what it returns is no memory");
    expect_size(trial, "weir_plugin", plugin.struct_size);
    if (!raw_read(&plugin, registered, MIN(plugin.struct_size, sizeof plugin)))
        trial_fail(trial, "weir_plugin is shorter than its struct_size says");
    trial_doing(trial, "reading its tables");
    if (descriptor_import(registered, &descriptor, &why)) {
        if (!is_about_options(why.code))
            trial_fail(trial, "%s: %s", why.code, why.message);
        return;
    }
    expect_classes(trial, &plugin);
    if (!raw_is_static(registered))
        trial_warn(trial, "weir_plugin does not lie in static memory");
}

const struct check checks_reg[] = {
    {.id = "REG-01",
        .level = 1,
        .timeout_s = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .gives = STAGE_LOADED,
        .run = reg_load,
        .asserts = "The file loads with every symbol resolved."},
    {.id = "REG-02",
        .level = 1,
        .timeout_s = 5,
        .clause = "Loading",
        .stages = STAGES_LOADED,
        .gives = STAGE_REGISTERED,
        .run = reg_same,
        .asserts = "Registration returns the same unchanged table at every call."},
    {.id = "REG-04",
        .level = 1,
        .timeout_s = 5,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_REGISTERED,
        .gives = STAGE_TABLES,
        .run = reg_tables,
        .asserts = "The tables are such that the host takes them."},
    {0},
};
