#include "kit/raw.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

weir_plugin_register_fn *raw_load(struct trial *trial)
{
    weir_plugin_register_fn *fn;
    void *handle;

    trial_doing(trial, "loading the plugin");
    handle = dlopen(trial->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        trial_fail(trial, "it cannot be loaded: %s", dlerror());
    *(void **)&fn = dlsym(handle, WEIR_REGISTER_SYMBOL);
    if (!fn)
        trial_fail(trial, "there is no " WEIR_REGISTER_SYMBOL);
    trial_doing(trial, "registration");
    return fn;
}

static void log_nothing(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    (void)host;
    (void)level;
    (void)message;
    (void)fields;
    (void)n_fields;
}

static int log_enabled_never(const struct weir_host *host, uint32_t level)
{
    (void)host;
    (void)level;
    return 0;
}

static uint64_t now(const struct weir_host *host)
{
    (void)host;
    return clock_now_ns();
}

static uint64_t wall(const struct weir_host *host)
{
    (void)host;
    return clock_wall_ns();
}

const struct weir_host *raw_host(void)
{
    static const struct weir_host host = {
        .struct_size = sizeof host,
        .abi_minor = WEIR_ABI_MINOR,
        .name = "weir",
        .version = WEIR_VERSION,
        .log = log_nothing,
        .log_enabled = log_enabled_never,
        .now_ns = now,
        .wall_ns = wall,
    };

    return &host;
}

const struct weir_plugin *raw_register(struct trial *trial, weir_plugin_register_fn *fn)
{
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};
    const struct weir_plugin *plugin;

    trial_doing(trial, "registration");
    plugin = fn(raw_host(), &error);
    trial_doing(trial, "%s", "");
    text[sizeof text - 1] = '\0';
    if (!plugin)
        trial_fail(trial, "it refuses this host: %s", text[0] ? text : "without words");
    return plugin;
}

bool raw_read(void *to, const void *from, size_t size)
{
    const struct iovec local = {to, size};
    const struct iovec remote = {(void *)(uintptr_t)from, size};

    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

struct search {
    const char *address;
    bool found;
};

static int search_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const char *start = (const char *)(info->dlpi_addr + segment->p_vaddr);

        if (segment->p_type == PT_LOAD && search->address >= start &&
            search->address < start + segment->p_memsz)
            search->found = true;
    }
    return search->found;
}

bool raw_is_static(const void *address)
{
    struct search search = {address, false};

    dl_iterate_phdr(search_object, &search);
    return search.found;
}

char *raw_text(const char *from, size_t max)
{
    struct buf text = {0};
    char byte = 0;

    while (text.size < max && raw_read(&byte, from + text.size, 1)) {
        if (!byte)
            return buf_take(&text);
        buf_putc(&text, byte);
    }
    buf_finish(&text);
    return NULL;
}
