/* The functions of ELF that do not lie beside their table. [control] */
#ifndef KIT_CHECK_ELF_H
#define KIT_CHECK_ELF_H

struct trial;
struct binary;

#define ELF_NAMES_MAX 400 /* bytes of a list of names in a reason */

/* The file, read; the process ends with the trial, so nobody frees it. */
struct binary *elf_read(struct trial *trial);
/* One more name in a list; "..." when there is no room for it. */
void elf_add_name(char names[ELF_NAMES_MAX], const char *name);

/* check_elf_symbols.c */
void elf_symbol(struct trial *trial);
void elf_exports(struct trial *trial);
void elf_undefined(struct trial *trial);
void elf_unique(struct trial *trial);
void elf_imports(struct trial *trial);

/* check_elf_libraries.c */
void elf_run_path(struct trial *trial);
void elf_needed(struct trial *trial);
void elf_glibc(struct trial *trial);
void elf_libstdcxx(struct trial *trial);
void elf_soname(struct trial *trial);

/* check_elf_memory.c */
void elf_text_relocations(struct trial *trial);
void elf_stack(struct trial *trial);
void elf_write_execute(struct trial *trial);
void elf_relro(struct trial *trial);
void elf_tls(struct trial *trial);
void elf_relocations(struct trial *trial);

#endif
