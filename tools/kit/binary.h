/*
 * What an ELF file of any machine says about itself, for `inspect` and for the checks
 * that run no code. Read with libelf; the file is not trusted. [any]
 */
#ifndef KIT_BINARY_H
#define KIT_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row of the dynamic symbol table. Names are borrowed from the binary. */
struct binary_symbol {
    const char *name;
    const char *version;                /* "GLIBC_2.34"; NULL: none */
    unsigned type, binding, visibility; /* STT_, STB_, STV_ */
    bool defined;
};

enum binary_stack {
    BINARY_STACK_UNSAID, /* no PT_GNU_STACK: executable, on most machines */
    BINARY_STACK_PLAIN,
    BINARY_STACK_EXECUTABLE,
};

struct binary {
    unsigned elf_class, order, machine, type; /* of the header */
    uint64_t size;                            /* bytes of the file */
    bool native;                              /* for the machine that runs this program */
    bool has_sections;

    char **needed; /* DT_NEEDED */
    size_t n_needed, cap_needed;
    const char *soname, *rpath, *runpath; /* NULL: none */
    uint64_t flags, flags_1;              /* DT_FLAGS, DT_FLAGS_1 */
    bool text_relocations, bind_now, symbolic;
    size_t n_constructors; /* entries of DT_INIT_ARRAY, and DT_INIT */

    enum binary_stack stack;
    bool relro, write_execute; /* a segment with both */
    uint64_t tls_bytes;

    struct binary_symbol *symbols;
    size_t n_symbols, cap_symbols;
    bool has_note;                              /* the one of a plugin */
    uint32_t abi_major, abi_minor, needs_minor; /* of the note */
    char *note_text;                            /* its lines `key=value` */
    char *build_id;                             /* hex; NULL: none */
    bool debug_info;                            /* sections with debug information */
    bool go, rust;                              /* runtime of that language inside */
    uint64_t n_indirect; /* relocations by a function of the file (IRELATIVE), and copies */

    void *elf; /* private, as the next */
    int fd;
};

/* 0, or -errno with words. The binary is to be finished in either case. */
int binary_read(struct binary *binary, const char *path, char *why, size_t why_max);
void binary_finish(struct binary *binary);

/* "x86-64"; "machine 42" is put together in `text`. */
const char *binary_machine(unsigned machine, char *text, size_t text_max);

/* The defined symbol of that name, NULL if there is none. */
const struct binary_symbol *binary_defined(const struct binary *binary, const char *name);
/* Whether it wants that symbol from elsewhere. */
bool binary_wants(const struct binary *binary, const char *name);

/* The value of a key of the note; NULL: it does not say. The caller frees it. */
char *binary_note(const struct binary *binary, const char *key);

/* Whether others see this symbol by name. */
bool binary_exports(const struct binary_symbol *symbol);

/*
 * The highest version of a family ("GLIBC_") that it wants, and one symbol that wants
 * it. False: it wants none.
 */
bool binary_floor(const struct binary *binary, const char *family, unsigned *ret_major,
    unsigned *ret_minor, const char **ret_symbol);

/* Where the dynamic loader finds a library that it needs; NULL: nowhere. The caller
 * frees it. */
char *binary_find_library(const struct binary *binary, const char *path, const char *name);

#endif
