#include "kit/command.h"

#include <elf.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/flusher.h>
#include "base/buf.h"
#include "base/mem.h"
#include "kit/binary.h"
#include "plugin/elf_file.h"

static const char help[] =
    "Usage: weir-plugin inspect [OPTION]... FILE.so...\n"
    "Says what is in a plugin file: kind, machine, libraries it needs, symbols it shows,\n"
    "hardening, and its note. None of its code is run, so the file may be for any machine.\n"
    "\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir-plugin inspect build/flusher_acme.so\n"
    "\n"
    "Exit codes: 0 this host can load it as far as can be seen; 1 it cannot; 64 usage;\n"
    "66 a file cannot be read.\n";

/* One file, looked at. */
struct inspection {
    const char *path;
    struct binary binary;
    struct buf problems; /* one a line */
};

static void add_problem(struct inspection *inspection, const char *text)
{
    buf_printf(&inspection->problems, "%s\n", text);
}

static void inspection_finish(struct inspection *inspection)
{
    binary_finish(&inspection->binary);
    buf_finish(&inspection->problems);
}

/* What the host would refuse it for. */
static void find_refusal(struct inspection *inspection)
{
    struct elf_facts facts = {0};
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED_FREE char *text = NULL;

    if (elf_file_read(inspection->binary.fd, &facts, &why)) {
        text = mem_printf("%s: %s%s%s", why.code, why.message, why.advice ? "; " : "",
            why.advice ? why.advice : "");
        add_problem(inspection, text);
    }
    elf_facts_finish(&facts);
}

static void find_problems(struct inspection *inspection)
{
    const struct binary *binary = &inspection->binary;

    find_refusal(inspection);
    if (!binary->has_sections)
        add_problem(inspection, "its section headers are missing or lie outside of the file");
    for (size_t i = 0; binary->native && i < binary->n_needed; i++) {
        SCOPED_FREE char *found = binary_find_library(binary, inspection->path, binary->needed[i]);
        SCOPED_FREE char *text = mem_printf("the library %s is not found", binary->needed[i]);

        if (!found)
            add_problem(inspection, text);
    }
}

/* 0, or -errno after it has been told. */
static int look(struct inspection *inspection)
{
    char why[256] = "";
    int r = binary_read(&inspection->binary, inspection->path, why, sizeof why);

    if (r == -ENOEXEC) {
        add_problem(inspection, why);
        return 0;
    }
    if (r)
        fprintf(stderr, "weir-plugin inspect: %s: %s\n", inspection->path, why);
    else
        find_problems(inspection);
    return r;
}

static const char *type_words(unsigned type)
{
    return type == ET_DYN    ? "shared object"
           : type == ET_EXEC ? "program"
           : type == ET_REL  ? "object file"
                             : "no shared object";
}

static void put_kind(const struct binary *binary)
{
    char machine[32];

    printf("  kind              %s, %s, %u bit, %s-endian\n", type_words(binary->type),
        binary_machine(binary->machine, machine, sizeof machine),
        binary->elf_class == ELFCLASS32 ? 32u : 64u,
        binary->order == ELFDATA2LSB ? "little" : "big");
    printf("  size              %llu bytes%s\n", (unsigned long long)binary->size,
        binary->debug_info ? ", with debug information" : "");
    printf("  build id          %s\n", binary->build_id ? binary->build_id : "none");
}

static void put_note(const struct binary *binary)
{
    SCOPED_FREE char *name = binary_note(binary, "name");
    SCOPED_FREE char *version = binary_note(binary, "version");
    SCOPED_FREE char *types = binary_note(binary, "types");

    if (!binary->has_note) {
        puts("  note              none: its types are known only after it has run");
        return;
    }
    printf("  note              %s %s, ABI %u.%u, needs a host of %u.%u\n",
        name ? name : "(no name)", version ? version : "(no version)", binary->abi_major,
        binary->abi_minor, binary->abi_major, binary->needs_minor);
    printf("  types             %s\n", types ? types : "(none)");
}

static void put_libraries(const struct inspection *inspection)
{
    const struct binary *binary = &inspection->binary;

    for (size_t i = 0; i < binary->n_needed; i++) {
        SCOPED_FREE char *found =
            binary->native ? binary_find_library(binary, inspection->path, binary->needed[i])
                           : mem_strdup("not looked for, it is for another machine");

        printf(
            "  %-18s%s => %s\n", i ? "" : "needs", binary->needed[i], found ? found : "NOT FOUND");
    }
    printf("  run path          %s\n", binary->runpath ? binary->runpath
                                       : binary->rpath ? binary->rpath
                                                       : "none");
}

static void put_floor(const struct binary *binary)
{
    unsigned major = 0, minor = 0;
    const char *symbol = NULL;

    if (!binary_floor(binary, "GLIBC_", &major, &minor, &symbol))
        puts("  glibc             no versioned symbol is wanted");
    else
        printf("  glibc             %u.%u at least, for %s; this machine has %s\n", major, minor,
            symbol, gnu_get_libc_version());
}

static void put_exports(const struct binary *binary)
{
    size_t n = 0;

    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary_exports(&binary->symbols[i]))
            printf("  %-18s%s\n", n++ ? "" : "exports", binary->symbols[i].name);
    if (!n)
        puts("  exports           nothing");
}

static const char *stack_words(enum binary_stack stack)
{
    static const char *const words[] = {
        [BINARY_STACK_UNSAID] = "not said, so executable (no PT_GNU_STACK)",
        [BINARY_STACK_PLAIN] = "not executable",
        [BINARY_STACK_EXECUTABLE] = "EXECUTABLE",
    };

    return words[stack];
}

static const char *relro_words(const struct binary *binary)
{
    return !binary->relro      ? "none"
           : !binary->bind_now ? "partial (link with -Wl,-z,now for all of it)"
                               : "full";
}

static void put_hardening(const struct binary *binary)
{
    printf("  RELRO             %s\n", relro_words(binary));
    printf("  stack             %s\n", stack_words(binary->stack));
    printf("  text relocations  %s\n", binary->text_relocations ? "YES" : "none");
    printf("  writable code     %s\n", binary->write_execute ? "YES" : "none");
    printf("  constructors      %zu\n", binary->n_constructors);
    printf("  thread-local      %llu bytes\n", (unsigned long long)binary->tls_bytes);
}

static void put_text(struct inspection *inspection)
{
    printf("%s\n", inspection->path);
    if (inspection->binary.machine || inspection->binary.type) {
        put_kind(&inspection->binary);
        put_note(&inspection->binary);
        put_libraries(inspection);
        put_floor(&inspection->binary);
        put_exports(&inspection->binary);
        put_hardening(&inspection->binary);
    }
    for (const char *line = buf_text(&inspection->problems); *line; line += strcspn(line, "\n") + 1)
        printf("  problem           %.*s\n", (int)strcspn(line, "\n"), line);
}

/* -- json -- */

static void put_text_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    if (text)
        buf_json_string(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_json_libraries(const struct inspection *inspection, struct buf *out)
{
    const struct binary *binary = &inspection->binary;

    buf_puts(out, ",\"needed\":[");
    for (size_t i = 0; i < binary->n_needed; i++) {
        SCOPED_FREE char *found =
            binary->native ? binary_find_library(binary, inspection->path, binary->needed[i])
                           : NULL;

        buf_puts(out, i ? ",{\"name\":" : "{\"name\":");
        buf_json_string(out, binary->needed[i], strlen(binary->needed[i]));
        put_text_member(out, "path", found);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_json_floor(const struct binary *binary, struct buf *out)
{
    unsigned major = 0, minor = 0;
    const char *symbol = NULL;

    if (!binary_floor(binary, "GLIBC_", &major, &minor, &symbol)) {
        buf_puts(out, ",\"glibc\":null");
        return;
    }
    buf_printf(out, ",\"glibc\":{\"version\":\"%u.%u\"", major, minor);
    put_text_member(out, "symbol", symbol);
    buf_putc(out, '}');
}

static void put_json_exports(const struct binary *binary, struct buf *out)
{
    size_t n = 0;

    buf_puts(out, ",\"exports\":[");
    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary_exports(&binary->symbols[i])) {
            buf_puts(out, n++ ? "," : "");
            buf_json_string(out, binary->symbols[i].name, strlen(binary->symbols[i].name));
        }
    buf_putc(out, ']');
}

static void put_json_note(const struct binary *binary, struct buf *out)
{
    SCOPED_FREE char *name = binary_note(binary, "name");
    SCOPED_FREE char *version = binary_note(binary, "version");
    SCOPED_FREE char *types = binary_note(binary, "types");
    char *rest = NULL;
    size_t n = 0;

    if (!binary->has_note) {
        buf_puts(out, ",\"note\":null");
        return;
    }
    buf_printf(out, ",\"note\":{\"abi_major\":%u,\"abi_minor\":%u,\"needs_minor\":%u",
        binary->abi_major, binary->abi_minor, binary->needs_minor);
    put_text_member(out, "name", name);
    put_text_member(out, "version", version);
    buf_puts(out, ",\"types\":[");
    for (char *type = types ? strtok_r(types, ",", &rest) : NULL; type;
         type = strtok_r(NULL, ",", &rest)) {
        buf_puts(out, n++ ? "," : "");
        buf_json_string(out, type, strlen(type));
    }
    buf_puts(out, "]}");
}

static void put_json_problems(struct inspection *inspection, struct buf *out)
{
    buf_puts(out, ",\"problems\":[");
    for (const char *line = buf_text(&inspection->problems); *line;
         line += strcspn(line, "\n") + 1) {
        buf_puts(out, line == inspection->problems.data ? "" : ",");
        buf_json_string(out, line, strcspn(line, "\n"));
    }
    buf_putc(out, ']');
}

static void put_json(struct inspection *inspection, struct buf *out)
{
    static const char *const stacks[] = {"unsaid", "plain", "executable"};
    const struct binary *binary = &inspection->binary;
    char machine[32];

    buf_puts(out, "{\"file\":");
    buf_json_string(out, inspection->path, strlen(inspection->path));
    put_text_member(out, "kind", type_words(binary->type));
    put_text_member(out, "machine", binary_machine(binary->machine, machine, sizeof machine));
    buf_printf(out, ",\"bits\":%u,\"native\":%s,\"size\":%llu",
        binary->elf_class == ELFCLASS32 ? 32u : 64u, binary->native ? "true" : "false",
        (unsigned long long)binary->size);
    put_text_member(out, "build_id", binary->build_id);
    put_text_member(out, "soname", binary->soname);
    put_text_member(out, "rpath", binary->rpath);
    put_text_member(out, "runpath", binary->runpath);
    put_json_note(binary, out);
    put_json_libraries(inspection, out);
    put_json_floor(binary, out);
    put_json_exports(binary, out);
    put_text_member(out, "relro", !binary->relro ? "none" : binary->bind_now ? "full" : "partial");
    put_text_member(out, "stack", stacks[binary->stack]);
    buf_printf(out,
        ",\"text_relocations\":%s,\"write_execute\":%s,\"constructors\":%zu,\"tls_bytes\":%llu",
        binary->text_relocations ? "true" : "false", binary->write_execute ? "true" : "false",
        binary->n_constructors, (unsigned long long)binary->tls_bytes);
    put_json_problems(inspection, out);
    buf_putc(out, '}');
}

static int inspect(char **paths, int n, bool json)
{
    SCOPED_BUF struct buf out = {0};
    bool problems = false;
    int code = CLI_OK;

    for (int i = 0; i < n; i++) {
        struct inspection inspection = {.path = paths[i]};

        if (look(&inspection)) {
            code = CLI_NO_INPUT;
        } else if (json) {
            buf_puts(&out, out.size ? ",\n" : "");
            put_json(&inspection, &out);
        } else {
            put_text(&inspection);
        }
        problems |= inspection.problems.size > 0;
        inspection_finish(&inspection);
    }
    if (json)
        printf("[%s]\n", buf_text(&out));
    return code ? code : problems ? CLI_FINDINGS : CLI_OK;
}

int command_inspect(int argc, char **argv)
{
    return command_on_files(argc, argv, help, inspect);
}
