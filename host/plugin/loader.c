#include "plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

static void register_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    (void)host;
    (void)fields;
    (void)n_fields;
    log_write(MIN(level, (uint32_t)LOG_LEVEL_DEBUG), "a plugin says while it registers",
        (const struct log_field[]){
            LOG_BYTES("words", message.data, MIN(message.size, (size_t)PLUGIN_TEXT_MAX))},
        1);
}

static int register_log_enabled(const struct weir_host *host, uint32_t level)
{
    (void)host;
    return log_enabled(MIN(level, (uint32_t)LOG_LEVEL_DEBUG));
}

static uint64_t register_now(const struct weir_host *host)
{
    (void)host;
    return clock_now_ns();
}

static uint64_t register_wall(const struct weir_host *host)
{
    (void)host;
    return clock_wall_ns();
}

/* What a registration may use; the other calls are offered to instances only. It is
 * static because a plugin may keep the pointer. */
static const struct weir_host register_host = {
    .struct_size = sizeof register_host,
    .abi_minor = WEIR_ABI_MINOR,
    .name = "weir",
    .version = WEIR_VERSION,
    .log = register_log,
    .log_enabled = register_log_enabled,
    .now_ns = register_now,
    .wall_ns = register_wall,
};

/* What the dynamic loader said, without the path that it starts with. */
static const char *dl_words(const char *path)
{
    const char *words = dlerror();

    if (!words)
        return "no reason was given";
    if (!strncmp(words, path, strlen(path)) && !strncmp(words + strlen(path), ": ", 2))
        words += strlen(path) + 2;
    return words;
}

/* The dynamic loader tells causes apart by words only. */
static int refuse_open(const char *path, struct refusal *ret_why)
{
    static const char cannot_open[] = ": cannot open shared object file";
    static const char undefined[] = "undefined symbol: ";
    const char *words = dl_words(path), *at;
    int r;

    if ((at = strstr(words, undefined))) {
        at += strlen(undefined);
        r = refuse(ret_why, "W2120", "no library offers the symbol %s", at);
        refusal_text(&ret_why->field, "%.*s", (int)strcspn(at, " ,\t"), at);
        refusal_text(&ret_why->advice,
            "link the plugin with -Wl,-z,defs, which finds what is missing at build time");
    } else if ((at = strstr(words, cannot_open))) {
        r = refuse(
            ret_why, "W2121", "a library that it needs is missing: %.*s", (int)(at - words), words);
        refusal_text(&ret_why->field, "%.*s", (int)(at - words), words);
        refusal_text(&ret_why->advice,
            "install the library, or put it beside the plugin and link with -rpath '$ORIGIN'");
    } else if (strstr(words, "version `") && strstr(words, "' not found")) {
        r = refuse(ret_why, "W2122", "it needs a newer library than this machine has: %s", words);
        refusal_text(
            &ret_why->advice, "build the plugin on a system as old as the oldest it is to run on");
    } else {
        r = refuse(ret_why, "W2123", "it cannot be loaded: %s", words);
        refusal_text(&ret_why->advice, "`weir-plugin inspect %s` tells more", path);
    }
    return r;
}

static int refuse_null(const struct weir_error *error, struct refusal *ret_why)
{
    int r = error->text[0] ? refuse(ret_why, "W2140", "it refuses this host: %s", error->text)
                           : refuse(ret_why, "W2140", "it refuses this host and does not say why");

    if (error->code)
        refusal_text(&ret_why->found, "code %d", error->code);
    refusal_text(&ret_why->field, WEIR_REGISTER_SYMBOL);
    refusal_text(&ret_why->advice,
        "ask the plugin's author; the host is weir " WEIR_VERSION " with ABI %u.%u", WEIR_ABI_MAJOR,
        WEIR_ABI_MINOR);
    return r;
}

static int refuse_symbol(struct refusal *ret_why)
{
    int r = refuse(ret_why, "W2115", "it does not export the registration function");

    refusal_text(&ret_why->field, WEIR_REGISTER_SYMBOL);
    refusal_text(&ret_why->advice,
        "put WEIR_PLUGIN(...) into the plugin, and do not hide its symbol when linking");
    return r;
}

static void reach(
    void (*reached)(void *context, enum loader_stage stage), void *context, enum loader_stage stage)
{
    if (reached)
        reached(context, stage);
}

int loader_load(const char *path, void (*reached)(void *context, enum loader_stage stage),
    void *context, struct descriptor **ret, struct refusal *ret_why)
{
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};
    weir_plugin_register_fn *plugin_register;
    const struct weir_plugin *plugin;
    void *handle;

    reach(reached, context, LOADER_OPEN);
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return refuse_open(path, ret_why);
    *(void **)&plugin_register = dlsym(handle, WEIR_REGISTER_SYMBOL);
    if (!plugin_register)
        return refuse_symbol(ret_why);
    reach(reached, context, LOADER_REGISTER);
    plugin = plugin_register(&register_host, &error);
    text[sizeof text - 1] = '\0';
    if (!plugin)
        return refuse_null(&error, ret_why);
    reach(reached, context, LOADER_IMPORT);
    return descriptor_import(plugin, ret, ret_why);
}
