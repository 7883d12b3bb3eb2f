/* ELF: what can be said of the file without running its code. */
#include "kit/check_elf.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "base/mem.h"
#include "kit/binary.h"
#include "kit/check.h"
#include "kit/raw.h"
#include "kit/trial.h"
#include "plugin/elf_file.h"

#define CONSTRUCTORS_MAX 64u
#define FILE_BYTES_WARN (UINT64_C(20) << 20)

/* The file, read; the process ends with the trial, so nobody frees it. */
struct binary *elf_read(struct trial *trial)
{
    struct binary *binary = mem_zalloc(sizeof *binary);
    char why[256] = "";

    if (binary_read(binary, trial->path, why, sizeof why))
        trial_fail(trial, "%s", why);
    return binary;
}

void elf_add_name(char names[ELF_NAMES_MAX], const char *name)
{
    const size_t used = strlen(names);

    if (used + strlen(name) + 3 < ELF_NAMES_MAX)
        snprintf(names + used, ELF_NAMES_MAX - used, "%s%s", used ? ", " : "", name);
    else if (used && names[used - 1] != '.')
        snprintf(names + used, ELF_NAMES_MAX - used, "...");
}

static void elf_machine(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);
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
    if (!elf_read(trial)->build_id)
        trial_warn(trial, "it has no build id; link with -Wl,--build-id");
}

static void elf_hardening(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    if (!binary_wants(binary, "__stack_chk_fail") && !binary->rust && !binary->go)
        trial_warn(trial, "nothing guards its stack; compile with -fstack-protector-strong");
}

static void elf_constructors(struct trial *trial)
{
    const size_t n = elf_read(trial)->n_constructors;

    if (n > CONSTRUCTORS_MAX)
        trial_fail(
            trial, "%zu constructors run when it is loaded, more than %u", n, CONSTRUCTORS_MAX);
}

static void elf_size(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    if (binary->size > FILE_BYTES_WARN)
        trial_warn(trial, "%llu bytes%s", (unsigned long long)binary->size,
            binary->debug_info ? "; debug information could be a file of its own" : "");
}

static void elf_runtime(struct trial *trial)
{
    if (elf_read(trial)->go)
        trial_fail(trial, "it holds a Go runtime: two of them, or a fork, end the host; it "
                          "must run with isolation: process");
}

/* The next word of an SPDX expression, and its size; 0: there is none. */
static size_t next_word(const char **text)
{
    *text += strspn(*text, " ");
    return **text == '(' || **text == ')' ? 1 : strcspn(*text, " ()");
}

static bool is_operator(const char *word, size_t size)
{
    static const char *const operators[] = {"AND", "OR", "WITH"};

    for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
        if (size == strlen(operators[i]) && !strncasecmp(word, operators[i], size))
            return true;
    return false;
}

static bool is_identifier(const char *word, size_t size)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+:";

    return strspn(word, letters) >= size && !is_operator(word, size);
}

/* Identifiers with operators between, some in parentheses. Which identifiers there are is
 * not looked at: new ones come with each release of SPDX. */
static bool is_spdx(const char *text)
{
    bool wants_identifier = true;
    unsigned depth = 0;
    size_t size;

    for (; (size = next_word(&text)); text += size) {
        if (*text == '(' && wants_identifier)
            depth++;
        else if (*text == ')' && !wants_identifier && depth)
            depth--;
        else if (wants_identifier ? is_identifier(text, size) : is_operator(text, size))
            wants_identifier = !wants_identifier;
        else
            return false;
    }
    return !wants_identifier && !depth;
}

static void elf_license(struct trial *trial)
{
    const struct weir_plugin *plugin = raw_register(trial, raw_load(trial));
    const size_t end = offsetof(struct weir_plugin, license) + sizeof plugin->license;
    SCOPED_FREE char *license = NULL;

    if (plugin->struct_size >= end && plugin->license)
        license = raw_text(plugin->license, RAW_BYTES_MAX);
    if (!license)
        trial_foreign(trial, "it names no license");
    if (!is_spdx(license))
        trial_fail(trial,
            "its license, \"%.100s\", is no SPDX expression, such as \"Apache-2.0\" or "
            "\"MIT OR GPL-2.0-only\"",
            license);
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
        .clause = "Rules",
        .stages = STAGES_REGISTERED | STAGE_TABLES,
        .run = elf_license,
        .asserts = "A license that is named is an SPDX expression."},
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
        .missing = "one file does not tell; build it twice, in two folders, and compare"},
    {.id = "ELF-25",
        .level = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .run = elf_runtime,
        .asserts = "There is no language runtime inside that a process can hold only once."},
    {0},
};
