/*
 * What can be said about a plugin file without running any of its code: what it was
 * built for, whether it exports the registration function, and its `weir` note
 * (which says the types in it). Trusts no number in the file. [any]
 */
#ifndef PLUGIN_ELF_FILE_H
#define PLUGIN_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "plugin/refusal.h"

/* Upper bounds of what is read; a file beyond is refused. */
#define ELF_NOTE_BYTES_MAX (64 * KIB)
#define ELF_TABLE_BYTES_MAX (64 * MIB)
#define ELF_TYPES_MAX 256

struct elf_facts {
    bool has_note;
    uint32_t abi_major, abi_minor, needs_minor; /* of the note */
    char *name, *version;                       /* of the note; NULL: not said */
    char **types;                               /* of the note, in order */
    size_t n_types;
};

void elf_facts_finish(struct elf_facts *facts);

/* 0, or -ENOEXEC with the reason: no ELF object, for another machine, not a shared
 * object, damaged, no registration function, or built for another ABI. *ret holds what
 * was found until then in both cases; the caller finishes it. */
int elf_file_read(int fd, struct elf_facts *ret, struct refusal *ret_why);

/* "x86-64" of an e_machine; static. NULL when it is none of the usual ones. */
const char *elf_machine_name(unsigned machine);

#endif
