/* ELF: what it exports and wants. */
#include "kit/check_elf.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <weir/flusher.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/binary.h"
#include "kit/trial.h"

void elf_symbol(struct trial *trial)
{
    const struct binary_symbol *symbol = binary_defined(elf_read(trial), WEIR_REGISTER_SYMBOL);

    if (!symbol)
        trial_fail(trial, "it does not export " WEIR_REGISTER_SYMBOL
                          "; put WEIR_PLUGIN(...) into it and do not hide its symbol");
    if (symbol->type != STT_FUNC)
        trial_fail(trial, WEIR_REGISTER_SYMBOL " is no function");
    if (!binary_exports(symbol))
        trial_fail(trial, WEIR_REGISTER_SYMBOL " is hidden");
}

static const char *const allowed_exports[] = {
    WEIR_REGISTER_SYMBOL, "_init", "_fini", "__bss_start", "_edata", "_end", "rust_eh_personality"};

static bool is_allowed_export(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(allowed_exports); i++)
        if (!strcmp(name, allowed_exports[i]))
            return true;
    return !strncmp(name, "weir_plugin_register_v", 22);
}

/* C++ and Rust export copies of inline and generic code; their mangled names hold a
 * namespace or a hash, so they meet nobody else's. */
static bool is_mangled(const char *name)
{
    return !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
}

void elf_exports(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    char names[ELF_NAMES_MAX] = "";
    size_t n = 0;

    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary_exports(&binary->symbols[i]) && !is_allowed_export(binary->symbols[i].name) &&
            !is_mangled(binary->symbols[i].name)) {
            elf_add_name(names, binary->symbols[i].name);
            n++;
        }
    if (n)
        trial_fail(trial,
            "%zu symbols besides the registration function are exported: %s; compile with "
            "-fvisibility=hidden, link with -Wl,--exclude-libs,ALL",
            n, names);
}

/* clang's sanitizers do not name their library: the program is to have it. */
static bool is_of_sanitizer(const char *name)
{
    static const char *const starts[] = {"__asan_", "__tsan_", "__ubsan_", "__sanitizer_"};

    for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
        if (!strncmp(name, starts[i], strlen(starts[i])))
            return true;
    return false;
}

/* Every symbol that it wants must be in a library that it names: what the host happens
 * to have loaded does not count. */
void elf_undefined(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    char names[ELF_NAMES_MAX] = "";
    void **handles = mem_calloc(binary->n_needed + 1, sizeof *handles);

    for (size_t i = 0; i < binary->n_needed; i++)
        handles[i] = dlopen(binary->needed[i], RTLD_LAZY | RTLD_LOCAL);
    for (size_t i = 0; i < binary->n_symbols; i++) {
        const struct binary_symbol *symbol = &binary->symbols[i];
        bool found =
            symbol->defined || symbol->binding == STB_WEAK || is_of_sanitizer(symbol->name);

        for (size_t j = 0; j < binary->n_needed && !found; j++)
            found = handles[j] && dlsym(handles[j], symbol->name);
        if (!found)
            elf_add_name(names, symbol->name);
    }
    free((void *)handles);
    if (names[0])
        trial_fail(trial,
            "no library that it names has %s; link with -Wl,-z,defs and name the library", names);
}

void elf_unique(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary->symbols[i].defined && binary->symbols[i].binding == STB_GNU_UNIQUE)
            trial_warn(trial,
                "%s is unique in the whole process (STB_GNU_UNIQUE); compile with "
                "-fno-gnu-unique",
                binary->symbols[i].name);
}

/* What a plugin has no business with, and what to use in its place. */
static const struct {
    const char *name, *instead;
} discouraged[] = {
    {"exit", "an answer"},
    {"_exit", "an answer"},
    {"quick_exit", "an answer"},
    {"system", "posix_spawn"},
    {"popen", "posix_spawn"},
    {"fork", "posix_spawn"},
    {"vfork", "posix_spawn"},
    {"signal", "MSG_NOSIGNAL, ppoll"},
    {"setlocale", "newlocale, uselocale"},
    {"setenv", "options"},
    {"putenv", "options"},
    {"unsetenv", "options"},
    {"clearenv", "options"},
    {"umask", "fchmod"},
    {"chdir", "openat"},
    {"fchdir", "openat"},
    {"srand", "getrandom"},
    {"rand", "getrandom"},
    {"strtok", "strtok_r"},
    {"setrlimit", "nothing: it is the host's"},
    {"alarm", "host->nap"},
    {"setitimer", "host->nap"},
    {"atexit", "stop"},
    {"on_exit", "stop"},
    {"gethostbyname", "getaddrinfo"},
    {"localtime", "localtime_r"},
    {"gmtime", "gmtime_r"},
    {"strerror", "strerror_r, %m"},
};

void elf_imports(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
    char names[ELF_NAMES_MAX] = "";

    for (size_t i = 0; i < ARRAY_SIZE(discouraged); i++)
        if (binary_wants(binary, discouraged[i].name)) {
            SCOPED_FREE char *words =
                mem_printf("%s (use %s)", discouraged[i].name, discouraged[i].instead);

            elf_add_name(names, words);
        }
    if (names[0])
        trial_warn(trial, "it calls %s", names);
}
