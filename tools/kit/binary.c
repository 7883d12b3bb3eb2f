#include "kit/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <weir/flusher.h>
#include "base/mem.h"
#include "base/util.h"
#include "plugin/elf_file.h"

#define BUILD_ID_BYTES_MAX 64

const char *binary_machine(unsigned machine, char *text, size_t text_max)
{
    const char *name = elf_machine_name(machine);

    if (!name)
        snprintf(text, text_max, "machine %u", machine);
    return name ? name : text;
}

static void read_segments(struct binary *binary)
{
    size_t n = 0;
    GElf_Phdr segment;

    elf_getphdrnum(binary->elf, &n);
    for (size_t i = 0; i < n && gelf_getphdr(binary->elf, (int)i, &segment); i++) {
        if (segment.p_type == PT_GNU_STACK)
            binary->stack = segment.p_flags & PF_X ? BINARY_STACK_EXECUTABLE : BINARY_STACK_PLAIN;
        if (segment.p_type == PT_GNU_RELRO)
            binary->relro = true;
        if (segment.p_type == PT_LOAD && segment.p_flags & PF_W && segment.p_flags & PF_X)
            binary->write_execute = true;
        if (segment.p_type == PT_TLS)
            binary->tls_bytes = segment.p_memsz;
    }
}

static void add_needed(struct binary *binary, const char *name)
{
    if (!name)
        return;
    MEM_GROW(binary->needed, binary->n_needed, binary->cap_needed);
    binary->needed[binary->n_needed++] = mem_strdup(name);
}

static void take_dynamic(struct binary *binary, const GElf_Dyn *entry, size_t strings)
{
    const uint64_t value = entry->d_un.d_val;
    const char *text = elf_strptr(binary->elf, strings, value);
    const size_t pointer = binary->elf_class == ELFCLASS32 ? 4 : 8;

    switch (entry->d_tag) {
    case DT_NEEDED:
        add_needed(binary, text);
        break;
    case DT_SONAME:
        binary->soname = text;
        break;
    case DT_RPATH:
        binary->rpath = text;
        break;
    case DT_RUNPATH:
        binary->runpath = text;
        break;
    case DT_FLAGS:
        binary->flags = value;
        break;
    case DT_FLAGS_1:
        binary->flags_1 = value;
        break;
    case DT_TEXTREL:
        binary->text_relocations = true;
        break;
    case DT_BIND_NOW:
        binary->bind_now = true;
        break;
    case DT_SYMBOLIC:
        binary->symbolic = true;
        break;
    case DT_INIT_ARRAYSZ:
        binary->n_constructors += value / pointer;
        break;
    default:
        break;
    }
}

static void read_dynamic(struct binary *binary, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Dyn entry;

    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
        take_dynamic(binary, &entry, header->sh_link);
    binary->text_relocations |= (binary->flags & DF_TEXTREL) != 0;
    binary->bind_now |= binary->flags & DF_BIND_NOW || binary->flags_1 & DF_1_NOW;
    binary->symbolic |= (binary->flags & DF_SYMBOLIC) != 0;
}

/* The section of that type, NULL if there is none. */
static Elf_Scn *find_section(struct binary *binary, unsigned type, GElf_Shdr *ret_header)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(binary->elf, section)))
        if (gelf_getshdr(section, ret_header) && ret_header->sh_type == type)
            return section;
    return NULL;
}

/* The name of a needed version by its index. */
static const char *find_version(struct binary *binary, unsigned index)
{
    GElf_Shdr header;
    Elf_Scn *section = find_section(binary, SHT_GNU_verneed, &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    GElf_Verneed need;
    GElf_Vernaux aux;
    size_t at = 0;

    for (size_t i = 0; data && i < header.sh_info && gelf_getverneed(data, (int)at, &need); i++) {
        size_t aux_at = at + need.vn_aux;

        for (unsigned j = 0; j < need.vn_cnt && gelf_getvernaux(data, (int)aux_at, &aux); j++) {
            if (aux.vna_other == index)
                return elf_strptr(binary->elf, header.sh_link, aux.vna_name);
            aux_at += aux.vna_next;
        }
        at += need.vn_next;
    }
    return NULL;
}

static const char *symbol_version(struct binary *binary, Elf_Data *versions, size_t i)
{
    GElf_Versym index;

    if (!versions || !gelf_getversym(versions, (int)i, &index) || (index & 0x7fff) < 2)
        return NULL;
    return find_version(binary, index & 0x7fff);
}

static void read_symbols(struct binary *binary, Elf_Scn *section, const GElf_Shdr *header)
{
    GElf_Shdr versions_header;
    Elf_Scn *versions_section = find_section(binary, SHT_GNU_versym, &versions_header);
    Elf_Data *versions = versions_section ? elf_getdata(versions_section, NULL) : NULL;
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;

    for (size_t i = 1; data && gelf_getsym(data, (int)i, &symbol); i++) {
        const char *name = elf_strptr(binary->elf, header->sh_link, symbol.st_name);

        if (!name || !*name)
            continue;
        MEM_GROW(binary->symbols, binary->n_symbols, binary->cap_symbols);
        binary->symbols[binary->n_symbols++] = (struct binary_symbol){
            .name = name,
            .version = symbol_version(binary, versions, i),
            .type = GELF_ST_TYPE(symbol.st_info),
            .binding = GELF_ST_BIND(symbol.st_info),
            .visibility = GELF_ST_VISIBILITY(symbol.st_other),
            .defined = symbol.st_shndx != SHN_UNDEF,
        };
    }
}

static void take_build_id(struct binary *binary, const unsigned char *content, size_t size)
{
    if (size > BUILD_ID_BYTES_MAX || binary->build_id)
        return;
    binary->build_id = mem_zalloc(2 * size + 1);
    for (size_t i = 0; i < size; i++)
        snprintf(binary->build_id + 2 * i, 3, "%02x", content[i]);
}

/* A number in the byte order of the file's machine. */
static uint32_t note_number(const struct binary *binary, const unsigned char *at)
{
    const bool little = binary->order == ELFDATA2LSB;
    uint32_t number = 0;

    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)at[i] << (little ? 8 * i : 24 - 8 * i);
    return number;
}

static void take_plugin_note(struct binary *binary, const unsigned char *content, size_t size)
{
    const size_t head = 4 * sizeof(uint32_t);

    if (size < head || (binary->has_note && binary->abi_major == WEIR_ABI_MAJOR))
        return;
    free(binary->note_text); /* of another major */
    binary->has_note = true;
    binary->abi_major = note_number(binary, content);
    binary->abi_minor = note_number(binary, content + 4);
    binary->needs_minor = note_number(binary, content + 8);
    binary->note_text = mem_strndup(content + head, size - head);
}

static void take_note(
    struct binary *binary, const GElf_Nhdr *note, const char *name, const unsigned char *content)
{
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof "GNU" &&
        !memcmp(name, "GNU", sizeof "GNU"))
        take_build_id(binary, content, note->n_descsz);
    if (note->n_type == WEIR_NOTE_TYPE && note->n_namesz == sizeof "weir" &&
        !memcmp(name, "weir", sizeof "weir"))
        take_plugin_note(binary, content, note->n_descsz);
}

char *binary_note(const struct binary *binary, const char *key)
{
    const size_t size = strlen(key);

    for (const char *line = binary->note_text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, key, size) && line[size] == '=')
            return mem_strndup(line + size + 1, strcspn(line + size + 1, "\n"));
    }
    return NULL;
}

static void read_notes(struct binary *binary, Elf_Scn *section)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t at = 0, next, name_at, content_at;
    GElf_Nhdr note;

    while (data && (next = gelf_getnote(data, at, &note, &name_at, &content_at)) > 0) {
        take_note(binary, &note, (const char *)data->d_buf + name_at,
            (const unsigned char *)data->d_buf + content_at);
        at = next;
    }
}

static void read_relocations(struct binary *binary, Elf_Scn *section)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Rela relocation;

    if (binary->machine != EM_X86_64)
        return;
    for (int i = 0; data && gelf_getrela(data, i, &relocation); i++) {
        const uint64_t type = GELF_R_TYPE(relocation.r_info);

        binary->n_indirect += type == R_X86_64_IRELATIVE || type == R_X86_64_COPY;
    }
}

static void read_section(struct binary *binary, Elf_Scn *section, size_t names)
{
    GElf_Shdr header;
    const char *name;

    if (!gelf_getshdr(section, &header))
        return;
    binary->has_sections = true;
    name = elf_strptr(binary->elf, names, header.sh_name);
    if (header.sh_type == SHT_DYNAMIC)
        read_dynamic(binary, section, &header);
    else if (header.sh_type == SHT_DYNSYM)
        read_symbols(binary, section, &header);
    else if (header.sh_type == SHT_NOTE)
        read_notes(binary, section);
    else if (header.sh_type == SHT_RELA)
        read_relocations(binary, section);
    if (!name)
        return;
    binary->debug_info |= !strcmp(name, ".debug_info");
    binary->go |= !strcmp(name, ".go.buildinfo") || !strcmp(name, ".note.go.buildid");
}

/* Rust's compiler leaves its name in .comment; its panic runtime keeps a symbol. */
static void find_rust(struct binary *binary, Elf_Scn *section, size_t names)
{
    GElf_Shdr header;
    Elf_Data *data;
    const char *name;

    if (!gelf_getshdr(section, &header))
        return;
    name = elf_strptr(binary->elf, names, header.sh_name);
    if (!name || strcmp(name, ".comment") != 0)
        return;
    data = elf_getdata(section, NULL);
    if (data && data->d_size)
        binary->rust |= memmem(data->d_buf, data->d_size, "rustc", 5) != NULL;
}

static void read_sections(struct binary *binary)
{
    Elf_Scn *section = NULL;
    size_t names = 0;

    elf_getshdrstrndx(binary->elf, &names);
    while ((section = elf_nextscn(binary->elf, section))) {
        read_section(binary, section, names);
        find_rust(binary, section, names);
    }
}

static bool is_native(const struct binary *binary)
{
#if defined(__x86_64__)
    const unsigned machine = EM_X86_64;
#elif defined(__aarch64__)
    const unsigned machine = EM_AARCH64;
#elif defined(__riscv)
    const unsigned machine = EM_RISCV;
#elif defined(__powerpc64__)
    const unsigned machine = EM_PPC64;
#else
    const unsigned machine = EM_S390;
#endif
    const unsigned order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

    return binary->machine == machine && binary->elf_class == ELFCLASS64 && binary->order == order;
}

static int read_header(struct binary *binary, char *why, size_t why_max)
{
    GElf_Ehdr header;

    if (elf_kind(binary->elf) != ELF_K_ELF || !gelf_getehdr(binary->elf, &header)) {
        snprintf(why, why_max, "this is not an ELF object");
        return -ENOEXEC;
    }
    binary->elf_class = header.e_ident[EI_CLASS];
    binary->order = header.e_ident[EI_DATA];
    binary->machine = header.e_machine;
    binary->type = header.e_type;
    binary->native = is_native(binary);
    return 0;
}

int binary_read(struct binary *binary, const char *path, char *why, size_t why_max)
{
    struct stat status;
    int r;

    *binary = (struct binary){.fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (binary->fd < 0 || fstat(binary->fd, &status)) {
        r = -errno;
        snprintf(why, why_max, "%s", strerror(-r));
        return r;
    }
    binary->size = (uint64_t)status.st_size;
    elf_version(EV_CURRENT);
    binary->elf = elf_begin(binary->fd, ELF_C_READ, NULL);
    r = read_header(binary, why, why_max);
    if (r)
        return r;
    read_segments(binary);
    read_sections(binary);
    return 0;
}

void binary_finish(struct binary *binary)
{
    for (size_t i = 0; i < binary->n_needed; i++)
        free(binary->needed[i]);
    free((void *)binary->needed);
    free(binary->symbols);
    free(binary->build_id);
    free(binary->note_text);
    if (binary->elf)
        elf_end(binary->elf);
    if (binary->fd >= 0)
        close(binary->fd);
    *binary = (struct binary){.fd = -1};
}

const struct binary_symbol *binary_defined(const struct binary *binary, const char *name)
{
    for (size_t i = 0; i < binary->n_symbols; i++)
        if (binary->symbols[i].defined && !strcmp(binary->symbols[i].name, name))
            return &binary->symbols[i];
    return NULL;
}

bool binary_wants(const struct binary *binary, const char *name)
{
    for (size_t i = 0; i < binary->n_symbols; i++)
        if (!binary->symbols[i].defined && !strcmp(binary->symbols[i].name, name))
            return true;
    return false;
}

bool binary_exports(const struct binary_symbol *symbol)
{
    return symbol->defined && symbol->binding != STB_LOCAL &&
           (symbol->visibility == STV_DEFAULT || symbol->visibility == STV_PROTECTED) &&
           symbol->type != STT_SECTION && symbol->type != STT_FILE;
}

bool binary_floor(const struct binary *binary, const char *family, unsigned *ret_major,
    unsigned *ret_minor, const char **ret_symbol)
{
    const size_t family_size = strlen(family);
    bool found = false;

    for (size_t i = 0; i < binary->n_symbols; i++) {
        const char *version = binary->symbols[i].version;
        char *end = NULL;
        unsigned long major, minor;

        if (binary->symbols[i].defined || !version || strncmp(version, family, family_size) != 0)
            continue;
        major = strtoul(version + family_size, &end, 10);
        minor = *end == '.' ? strtoul(end + 1, &end, 10) : 0;
        if (*end != '\0' && *end != '.')
            continue;
        if (found && (major < *ret_major || (major == *ret_major && minor <= *ret_minor)))
            continue;
        *ret_major = (unsigned)major;
        *ret_minor = (unsigned)minor;
        *ret_symbol = binary->symbols[i].name;
        found = true;
    }
    return found;
}
