/* ELF: what can be said of the file without running its code. */
#include "kit/check.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/flusher.h>
#include "base/mem.h"
#include "kit/binary.h"
#include "kit/trial.h"
#include "plugin/elf_file.h"

#define CONSTRUCTORS_MAX 64u
#define NOTE_TYPES_MAX 64u
#define TLS_BYTES_WARN 1024u
#define FILE_BYTES_WARN (UINT64_C(20) << 20)
#define NAMES_MAX 400 /* bytes of a list of names in a reason */

/* The file, read; the process ends with the trial, so nobody frees it. */
static struct binary *read_binary(struct trial *trial)
{
    struct binary *binary = mem_zalloc(sizeof *binary);
    char why[256] = "";

    if (binary_read(binary, trial->path, why, sizeof why))
        trial_fail(trial, "%s", why);
    return binary;
}

static void add_name(char *names, const char *name)
{
    const size_t used = strlen(names);

    if (used + strlen(name) + 3 < NAMES_MAX)
        snprintf(names + used, NAMES_MAX - used, "%s%s", used ? ", " : "", name);
    else if (used && names[used - 1] != '.')
        snprintf(names + used, NAMES_MAX - used, "...");
}

static void elf_machine(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    char machine[32];

    if (!binary->native)
        trial_fail(trial, "it is built for %s, %u bit",
            binary_machine(binary->machine, machine, sizeof machine),
            binary->elf_class == ELFCLASS32 ? 32u : 64u);
    if (binary->type != ET_DYN || binary->flags_1 & DF_1_PIE)
        trial_fail(trial, "it is no shared object; link it with -shared");
    if (!binary->has_sections)
        trial_fail(trial, "it has no section headers; do not remove them");
}

static void elf_symbol(struct trial *trial)
{
    const struct binary_symbol *symbol = binary_defined(read_binary(trial), WEIR_REGISTER_SYMBOL);

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

static void elf_exports(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    char names[NAMES_MAX] = "";
    size_t n = 0;

    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary_exports(&binary->symbols[i]) && !is_allowed_export(binary->symbols[i].name) &&
            !is_mangled(binary->symbols[i].name)) {
            add_name(names, binary->symbols[i].name);
            n++;
        }
    if (n)
        trial_fail(trial,
            "%zu symbols besides the registration function are exported: %s; compile with "
            "-fvisibility=hidden, link with -Wl,--exclude-libs,ALL",
            n, names);
}

static void elf_text_relocations(struct trial *trial)
{
    if (read_binary(trial)->text_relocations)
        trial_fail(trial, "its code is changed at load (DT_TEXTREL); compile with -fPIC");
}

static void elf_stack(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    if (binary->stack == BINARY_STACK_UNSAID)
        trial_fail(trial, "it does not say that its stack is not executable (PT_GNU_STACK)");
    if (binary->stack == BINARY_STACK_EXECUTABLE)
        trial_fail(trial, "it wants an executable stack; newer C libraries refuse to load it. "
                          "Look for nested functions and assembly, link with -Wl,-z,noexecstack");
}

static void elf_write_execute(struct trial *trial)
{
    if (read_binary(trial)->write_execute)
        trial_fail(trial, "a segment is writable and executable");
}

static void elf_relro(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    if (!binary->relro || !binary->bind_now)
        trial_warn(trial, "RELRO is %s; link with -Wl,-z,relro,-z,now",
            binary->relro ? "partial" : "missing");
}

/* Whether a run path leads only to where the plugin lies, or to system folders. */
static bool is_good_run_path(const char *path, size_t size)
{
    static const char *const good[] = {"$ORIGIN", "${ORIGIN}", "/usr/", "/lib/", "/opt/"};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        if (size >= strlen(good[i]) && !strncmp(path, good[i], strlen(good[i])))
            return true;
    return false;
}

static void elf_run_path(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    const char *list = binary->runpath ? binary->runpath : binary->rpath;

    for (; list && *list; list += strcspn(list, ":")) {
        size_t size;

        list += *list == ':';
        size = strcspn(list, ":");
        if (!size)
            trial_fail(trial, "its run path has an empty element, which is the working folder");
        if (!is_good_run_path(list, size))
            trial_fail(trial,
                "its run path has '%.*s'; only $ORIGIN/... and system folders are the same on "
                "every machine",
                (int)size, list);
    }
}

/* Libraries that change the whole process they are loaded into. */
static const char *const disturbing[] = {
    "libjemalloc.", "libtcmalloc", "libmimalloc.", "libpython", "libgc.", "libpthread_nonshared"};

static void elf_needed(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    char names[NAMES_MAX] = "";

    for (size_t i = 0; i < binary->n_needed; i++) {
        SCOPED_FREE char *found = binary_find_library(binary, trial->path, binary->needed[i]);

        for (size_t j = 0; j < ARRAY_SIZE(disturbing); j++)
            if (!strncmp(binary->needed[i], disturbing[j], strlen(disturbing[j])))
                trial_fail(trial, "it needs %s, which would replace parts of the host's process",
                    binary->needed[i]);
        if (!found)
            trial_fail(trial, "it needs %s, which is not found", binary->needed[i]);
        add_name(names, binary->needed[i]);
    }
    trial_note(trial, "needs %s", names[0] ? names : "no library");
}

static void elf_glibc(struct trial *trial)
{
    unsigned major = 0, minor = 0, our_major = 0, our_minor = 0;
    const char *symbol = NULL;

    if (!binary_floor(read_binary(trial), "GLIBC_", &major, &minor, &symbol))
        trial_foreign(trial, "it wants no versioned symbol of glibc");
    if (sscanf(gnu_get_libc_version(), "%u.%u", &our_major, &our_minor) != 2)
        trial_lacks(trial, "the version of this machine's C library is not known");
    if (major > our_major || (major == our_major && minor > our_minor))
        trial_fail(trial, "it needs glibc %u.%u for %s, and this machine has %s", major, minor,
            symbol, gnu_get_libc_version());
    trial_note(trial, "needs glibc %u.%u or newer, for %s", major, minor, symbol);
}

static void elf_libstdcxx(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    unsigned major = 0, minor = 0;
    const char *symbol = NULL;

    if (!binary_floor(binary, "GLIBCXX_", &major, &minor, &symbol) &&
        !binary_floor(binary, "CXXABI_", &major, &minor, &symbol))
        trial_foreign(trial, "it does not use the C++ library");
    trial_note(trial, "the newest of the C++ library that it needs is for %s (%u.%u)", symbol,
        major, minor);
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
static void elf_undefined(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    char names[NAMES_MAX] = "";
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
            add_name(names, symbol->name);
    }
    free((void *)handles);
    if (names[0])
        trial_fail(trial,
            "no library that it names has %s; link with -Wl,-z,defs and name the library", names);
}

static void elf_unique(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary->symbols[i].defined && binary->symbols[i].binding == STB_GNU_UNIQUE)
            trial_warn(trial,
                "%s is unique in the whole process (STB_GNU_UNIQUE); compile with "
                "-fno-gnu-unique",
                binary->symbols[i].name);
}

static void elf_tls(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    if (binary->flags & DF_STATIC_TLS)
        trial_fail(trial, "its thread-local memory must lie in the few bytes that are left at "
                          "load (DF_STATIC_TLS); do not compile with -ftls-model=initial-exec");
    if (binary->tls_bytes > TLS_BYTES_WARN)
        trial_warn(trial, "%llu bytes of thread-local memory for every thread of the host",
            (unsigned long long)binary->tls_bytes);
}

static void elf_relocations(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    if (binary->symbolic)
        trial_warn(trial, "it is linked with -Bsymbolic, so a test cannot replace what it calls");
    trial_note(trial, "%llu copy or indirect relocations", (unsigned long long)binary->n_indirect);
}

static void elf_note(struct trial *trial)
{
    struct elf_facts facts = {0};
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED_FD int fd = open(trial->path, O_RDONLY | O_CLOEXEC);
    int r = elf_file_read(fd, &facts, &why);

    if (r && strcmp(why.code, "W2115") != 0) /* that is ELF-02's matter */
        trial_fail(trial, "%s: %s", why.code, why.message);
    if (!facts.has_note)
        trial_fail(trial, "it has no note, so its types are known only once it has run; use the "
                          "macro WEIR_PLUGIN");
    if (!facts.name || !facts.version || !facts.n_types)
        trial_fail(trial, "its note does not say name, version and types");
    elf_facts_finish(&facts);
}

static void elf_build_id(struct trial *trial)
{
    if (!read_binary(trial)->build_id)
        trial_warn(trial, "it has no build id; link with -Wl,--build-id");
}

static void elf_hardening(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    if (!binary_wants(binary, "__stack_chk_fail") && !binary->rust && !binary->go)
        trial_warn(trial, "nothing guards its stack; compile with -fstack-protector-strong");
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

static void elf_imports(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    char names[NAMES_MAX] = "";

    for (size_t i = 0; i < ARRAY_SIZE(discouraged); i++)
        if (binary_wants(binary, discouraged[i].name)) {
            SCOPED_FREE char *words =
                mem_printf("%s (use %s)", discouraged[i].name, discouraged[i].instead);

            add_name(names, words);
        }
    if (names[0])
        trial_warn(trial, "it calls %s", names);
}

static void elf_constructors(struct trial *trial)
{
    const size_t n = read_binary(trial)->n_constructors;

    if (n > CONSTRUCTORS_MAX)
        trial_fail(
            trial, "%zu constructors run when it is loaded, more than %u", n, CONSTRUCTORS_MAX);
}

static void elf_soname(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);
    const char *name = strrchr(trial->path, '/');

    name = name ? name + 1 : trial->path;
    if (binary->soname && strcmp(binary->soname, name) != 0)
        trial_warn(trial,
            "its SONAME is %s, its file %s: two plugins of one SONAME are one to "
            "the dynamic loader",
            binary->soname, name);
}

static void elf_size(struct trial *trial)
{
    const struct binary *binary = read_binary(trial);

    if (binary->size > FILE_BYTES_WARN)
        trial_warn(trial, "%llu bytes%s", (unsigned long long)binary->size,
            binary->debug_info ? "; debug information could be a file of its own" : "");
}

static void elf_runtime(struct trial *trial)
{
    if (read_binary(trial)->go)
        trial_fail(trial, "it holds a Go runtime: two of them, or a fork, end the host; it "
                          "must run with isolation: process");
}

const struct check checks_elf[] = {
    {.id = "ELF-01",
        .level = 1,
        .clause = "Loading",
        .gives = STAGE_FILE,
        .run = elf_machine,
        .asserts = "The file is a shared object for this machine."},
    {.id = "ELF-02",
        .level = 1,
        .clause = "Rules",
        .stages = STAGE_FILE,
        .run = elf_symbol,
        .asserts = "The registration function is exported as a function."},
    {.id = "ELF-03",
        .level = 3,
        .clause = "Rules",
        .stages = STAGE_FILE,
        .run = elf_exports,
        .asserts = "Nothing but the registration function is exported."},
    {.id = "ELF-04",
        .level = 2,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_text_relocations,
        .asserts = "Code is not changed when it is loaded."},
    {.id = "ELF-05",
        .level = 1,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_stack,
        .asserts = "The stack is not executable."},
    {.id = "ELF-06",
        .level = 2,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_write_execute,
        .asserts = "No segment is both writable and executable."},
    {.id = "ELF-07",
        .level = 4,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_relro,
        .asserts = "Tables of the dynamic linker are read-only once it is loaded (full RELRO)."},
    {.id = "ELF-08",
        .level = 3,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_run_path,
        .asserts = "Libraries are searched only beside the plugin and in system folders."},
    {.id = "ELF-09",
        .level = 3,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_needed,
        .asserts = "Needed libraries are there, and none changes the whole process."},
    {.id = "ELF-10",
        .level = 3,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_glibc,
        .asserts = "The C library of this machine is new enough."},
    {.id = "ELF-11",
        .level = 3,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_libstdcxx,
        .asserts = "How new a C++ library is needed is told."},
    {.id = "ELF-12",
        .level = 2,
        .clause = "Rules",
        .stages = STAGES_LOADED,
        .run = elf_undefined,
        .asserts = "Every symbol it wants is in a library it names."},
    {.id = "ELF-13",
        .level = 4,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_unique,
        .asserts = "No symbol is unique in the whole process."},
    {.id = "ELF-14",
        .level = 4,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_tls,
        .asserts = "Thread-local memory is small and need not be there at start."},
    {.id = "ELF-15",
        .level = 3,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_relocations,
        .asserts = "Relocations hold no surprises."},
    {.id = "ELF-16",
        .level = 3,
        .clause = "The ELF note",
        .stages = STAGE_FILE,
        .run = elf_note,
        .asserts = "The note says name, version and types."},
    {.id = "ELF-17",
        .level = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_build_id,
        .asserts = "There is a build id, by which crash reports find the symbols."},
    {.id = "ELF-18",
        .level = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_hardening,
        .asserts = "The stack is guarded."},
    {.id = "ELF-19",
        .level = 4,
        .clause = "Life of an instance",
        .stages = STAGE_FILE,
        .run = elf_imports,
        .asserts = "Nothing is called that is the host's business."},
    {.id = "ELF-20",
        .level = 2,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_constructors,
        .asserts = "Few constructors run at load."},
    {.id = "ELF-21",
        .level = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_soname,
        .asserts = "The SONAME is empty or the file's name."},
    {.id = "ELF-22",
        .level = 4,
        .clause = "The ELF note",
        .asserts = "The license is an SPDX expression.",
        .missing = "the note does not hold one; weir_plugin.license may be NULL"},
    {.id = "ELF-23",
        .level = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_size,
        .asserts = "The file is of a usual size."},
    {.id = "ELF-24",
        .level = 5,
        .clause = "Loading",
        .asserts = "The file can be built again to the byte.",
        .missing = "not written yet"},
    {.id = "ELF-25",
        .level = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_runtime,
        .asserts = "There is no language runtime inside that a process can hold only once."},
    {0},
};
