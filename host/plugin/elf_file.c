#include "plugin/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <weir/flusher.h>
#include "base/mem.h"

#define REGISTER_PREFIX "weir_plugin_register_v"

struct elf_file {
    int fd;
    uint64_t size;
    Elf64_Ehdr header;
    struct refusal *why;
};

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#elif defined(__riscv)
#define NATIVE_MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define NATIVE_MACHINE EM_PPC64
#elif defined(__s390x__)
#define NATIVE_MACHINE EM_S390
#else
#error "which ELF machine is this?"
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_ORDER ELFDATA2LSB
#else
#define NATIVE_ORDER ELFDATA2MSB
#endif

static const struct {
    unsigned machine;
    const char *name;
} machines[] = {
    {EM_X86_64, "x86-64"},
    {EM_386, "i386"},
    {EM_AARCH64, "arm64"},
    {EM_ARM, "arm"},
    {EM_RISCV, "riscv"},
    {EM_PPC64, "ppc64"},
    {EM_S390, "s390"},
    {EM_MIPS, "mips"},
    {EM_LOONGARCH, "loongarch"},
};

const char *elf_machine_name(unsigned machine)
{
    for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
        if (machines[i].machine == machine)
            return machines[i].name;
    return NULL;
}

static void name_machine(char **text, unsigned machine, unsigned class, unsigned order)
{
    const char *name = elf_machine_name(machine);

    refusal_text(text, "%s (e_machine %u), %s bit, %s-endian", name ? name : "machine", machine,
        class == ELFCLASS64 ? "64" : "32", order == ELFDATA2LSB ? "little" : "big");
}

static int damaged(struct elf_file *file, const char *what)
{
    int r = refuse(file->why, "W2114", "the file is damaged or cut short: %s", what);

    refusal_text(&file->why->advice, "copy or build the plugin again");
    return r;
}

/* A stretch of the file on the heap. NULL when it lies outside, or is over `max`. */
static void *read_part(struct elf_file *file, uint64_t offset, uint64_t size, uint64_t max)
{
    SCOPED_FREE char *part = NULL;

    if (size > max || offset > file->size || size > file->size - offset)
        return NULL;
    part = mem_zalloc(size + 1);
    if (pread(file->fd, part, size, (off_t)offset) != (ssize_t)size)
        return NULL;
    return take_ptr(part);
}

static int check_machine(struct elf_file *file, unsigned class, unsigned order, unsigned machine)
{
    int r;

    if (class == ELFCLASS64 && order == NATIVE_ORDER && machine == NATIVE_MACHINE)
        return 0;
    r = refuse(file->why, "W2112", "the plugin is built for another kind of machine");
    refusal_text(&file->why->field, "e_machine");
    name_machine(&file->why->found, machine, class, order);
    name_machine(&file->why->expected, NATIVE_MACHINE, ELFCLASS64, NATIVE_ORDER);
    refusal_text(&file->why->advice, "get the plugin's build for this machine");
    return r;
}

static int check_header(struct elf_file *file)
{
    const unsigned char *ident = file->header.e_ident;
    unsigned machine;
    int r;

    if (pread(file->fd, &file->header, sizeof file->header, 0) < EI_NIDENT + 4 ||
        memcmp(ident, ELFMAG, SELFMAG)) {
        r = refuse(file->why, "W2111", "this is not an ELF object");
        refusal_text(&file->why->advice, "name the plugin's .so file, as the linker wrote it");
        return r;
    }
    /* Both words lie at the same place in 32 bit files. */
    machine = file->header.e_machine;
    if (ident[EI_DATA] != NATIVE_ORDER)
        machine = __builtin_bswap16((uint16_t)machine);
    r = check_machine(file, ident[EI_CLASS], ident[EI_DATA], machine);
    if (r)
        return r;
    if (file->header.e_type != ET_DYN) {
        r = refuse(file->why, "W2113", "this is an ELF file, but not a shared object");
        refusal_text(&file->why->field, "e_type");
        refusal_text(&file->why->found, "%u", file->header.e_type);
        refusal_text(&file->why->expected, "%u (ET_DYN)", ET_DYN);
        refusal_text(&file->why->advice, "link the plugin with -shared");
        return r;
    }
    return file->size < sizeof file->header ? damaged(file, "no room for its header") : 0;
}

static char *line_value(const char *text, const char *key)
{
    size_t key_size = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, key, key_size) && line[key_size] == '=')
            return mem_strndup(line + key_size + 1, strcspn(line + key_size + 1, "\n"));
    }
    return NULL;
}

static int split_types(struct elf_file *file, char *types, struct elf_facts *facts)
{
    char *at = NULL;

    for (char *type = strtok_r(types, ",", &at); type; type = strtok_r(NULL, ",", &at)) {
        if (facts->n_types == ELF_TYPES_MAX)
            return damaged(file, "its note names too many types");
        facts->types =
            (char **)mem_realloc((void *)facts->types, facts->n_types + 1, sizeof *facts->types);
        facts->types[facts->n_types++] = mem_strdup(type);
    }
    return 0;
}

/* The content of a weir note: four numbers, then lines of text. A file may serve several
 * majors and have a note for each: of another major than ours only the number counts,
 * as what is behind it is for that major to say. */
static int read_note(
    struct elf_file *file, const char *content, uint32_t size, struct elf_facts *facts)
{
    uint32_t numbers[4];
    SCOPED_FREE char *text = NULL;
    SCOPED_FREE char *types = NULL;

    if (size < sizeof numbers)
        return damaged(file, "its weir note is too short");
    memcpy(numbers, content, sizeof numbers);
    if (numbers[0] != WEIR_ABI_MAJOR) {
        facts->has_note = true;
        facts->abi_major = numbers[0];
        return 0;
    }
    if (numbers[3] > size - sizeof numbers)
        return damaged(file, "the text of its weir note reaches over the end");
    text = mem_strndup(content + sizeof numbers, numbers[3]);
    facts->has_note = true;
    facts->abi_major = numbers[0];
    facts->abi_minor = numbers[1];
    facts->needs_minor = numbers[2];
    facts->name = line_value(text, "name");
    facts->version = line_value(text, "version");
    types = line_value(text, "types");
    return types ? split_types(file, types, facts) : 0;
}

static uint64_t round_up(uint64_t size, uint64_t align)
{
    return (size + align - 1) / align * align;
}

static bool found_ours(const struct elf_facts *facts)
{
    return facts->has_note && facts->abi_major == WEIR_ABI_MAJOR;
}

static bool is_weir_note(const Elf64_Nhdr *note, const char *name)
{
    return note->n_type == WEIR_NOTE_TYPE && note->n_namesz == sizeof "weir" &&
           !memcmp(name, "weir", sizeof "weir");
}

static int read_notes(struct elf_file *file, const Elf64_Phdr *segment, struct elf_facts *facts)
{
    SCOPED_FREE char *notes =
        read_part(file, segment->p_offset, segment->p_filesz, ELF_NOTE_BYTES_MAX);
    uint64_t align = segment->p_align == 8 ? 8 : 4;
    uint64_t size = segment->p_filesz, at = 0;
    int r = 0;

    if (!notes)
        return damaged(file, "a note lies outside of it");
    while (!r && !found_ours(facts) && size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        uint64_t name_at = at + sizeof note, content_at;

        memcpy(&note, notes + at, sizeof note);
        content_at = name_at + round_up(note.n_namesz, align);
        if (content_at > size || note.n_descsz > size - content_at)
            return damaged(file, "a note reaches over its end");
        if (is_weir_note(&note, notes + name_at))
            r = read_note(file, notes + content_at, note.n_descsz, facts);
        at = MIN(round_up(content_at + note.n_descsz, align), size);
    }
    return r;
}

static int read_segments(struct elf_file *file, struct elf_facts *facts)
{
    const Elf64_Ehdr *header = &file->header;
    SCOPED_FREE Elf64_Phdr *segments = NULL;
    int r = 0;

    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return damaged(file, "unusual program headers");
    segments = read_part(
        file, header->e_phoff, (uint64_t)header->e_phnum * sizeof *segments, ELF_TABLE_BYTES_MAX);
    if (!segments)
        return damaged(file, "the program headers lie outside of it");
    for (unsigned i = 0; !r && !found_ours(facts) && i < header->e_phnum; i++)
        if (segments[i].p_type == PT_NOTE)
            r = read_notes(file, &segments[i], facts);
    return r;
}

/* Which registration functions a symbol table offers: -1 none, else the major;
 * ours is preferred. */
static int64_t find_register(
    const Elf64_Sym *symbols, uint64_t n_symbols, const char *names, uint64_t names_size)
{
    int64_t major = -1;

    for (uint64_t i = 0; i < n_symbols; i++) {
        const char *name;

        if (symbols[i].st_shndx == SHN_UNDEF || symbols[i].st_name >= names_size)
            continue;
        name = names + symbols[i].st_name;
        if (!strcmp(name, WEIR_REGISTER_SYMBOL))
            return WEIR_ABI_MAJOR;
        if (!strncmp(name, REGISTER_PREFIX, strlen(REGISTER_PREFIX)))
            major = strtol(name + strlen(REGISTER_PREFIX), NULL, 10);
    }
    return major;
}

/* As find_register, in the table that section headers lead to; -2: there is none
 * (a stripped file may have no section headers), so nothing is known. */
static int64_t read_register(struct elf_file *file)
{
    const Elf64_Ehdr *header = &file->header;
    SCOPED_FREE Elf64_Shdr *sections = NULL;

    if (header->e_shentsize != sizeof *sections)
        return -2;
    sections = read_part(
        file, header->e_shoff, (uint64_t)header->e_shnum * sizeof *sections, ELF_TABLE_BYTES_MAX);
    for (unsigned i = 0; sections && i < header->e_shnum; i++) {
        const Elf64_Shdr *table = &sections[i];
        SCOPED_FREE Elf64_Sym *symbols = NULL;
        SCOPED_FREE char *names = NULL;

        if (table->sh_type != SHT_DYNSYM || table->sh_link >= header->e_shnum)
            continue;
        symbols = read_part(file, table->sh_offset, table->sh_size, ELF_TABLE_BYTES_MAX);
        names = read_part(file, sections[table->sh_link].sh_offset,
            sections[table->sh_link].sh_size, ELF_TABLE_BYTES_MAX);
        if (symbols && names)
            return find_register(
                symbols, table->sh_size / sizeof *symbols, names, sections[table->sh_link].sh_size);
    }
    return -2;
}

static int refuse_major(struct elf_file *file, const char *field, int64_t major)
{
    int r = refuse(file->why, "W2116", "the plugin is built for ABI %lld, this host offers ABI %u",
        (long long)major, WEIR_ABI_MAJOR);

    refusal_text(&file->why->field, "%s", field);
    refusal_text(&file->why->found, "ABI %lld", (long long)major);
    refusal_text(&file->why->expected, "ABI %u", WEIR_ABI_MAJOR);
    if (major > (int64_t)WEIR_ABI_MAJOR)
        refusal_text(&file->why->advice, "use a newer host, or the plugin's build for ABI %u",
            WEIR_ABI_MAJOR);
    else
        refusal_text(&file->why->advice, "build the plugin again with the headers of ABI %u",
            WEIR_ABI_MAJOR);
    return r;
}

static int check_register(struct elf_file *file, const struct elf_facts *facts)
{
    int64_t major = read_register(file);
    int r;

    if (major == (int64_t)WEIR_ABI_MAJOR || major == -2)
        return 0;
    if (major >= 0)
        return refuse_major(file, REGISTER_PREFIX "N", major);
    r = refuse(file->why, "W2115", "it does not export the registration function%s",
        facts->has_note ? "" : ", so it is probably no flusher plugin");
    refusal_text(&file->why->field, WEIR_REGISTER_SYMBOL);
    refusal_text(&file->why->advice,
        "put WEIR_PLUGIN(...) into the plugin, and do not hide its symbol when linking");
    return r;
}

int elf_file_read(int fd, struct elf_facts *ret, struct refusal *ret_why)
{
    struct elf_file file = {.fd = fd, .why = ret_why};
    struct stat status;
    int r;

    *ret = (struct elf_facts){0};
    if (fstat(fd, &status))
        return damaged(&file, strerror(errno));
    file.size = (uint64_t)status.st_size;
    r = check_header(&file);
    if (!r)
        r = read_segments(&file, ret);
    if (!r && ret->has_note && ret->abi_major != WEIR_ABI_MAJOR)
        r = refuse_major(&file, "note: abi_major", ret->abi_major);
    if (!r)
        r = check_register(&file, ret);
    return r;
}

void elf_facts_finish(struct elf_facts *facts)
{
    for (size_t i = 0; i < facts->n_types; i++)
        free(facts->types[i]);
    free((void *)facts->types);
    free(facts->name);
    free(facts->version);
    *facts = (struct elf_facts){0};
}
