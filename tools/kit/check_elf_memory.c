/* ELF: what the dynamic linker makes of its segments. */
#include "kit/check_elf.h"

#include <elf.h>
#include "kit/binary.h"
#include "kit/trial.h"

#define TLS_BYTES_WARN 1024u

void elf_text_relocations(struct trial *trial)
{
    if (elf_read(trial)->text_relocations)
        trial_fail(trial, "its code is changed at load (DT_TEXTREL); compile with -fPIC");
}

void elf_stack(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    if (binary->stack == BINARY_STACK_UNSAID)
        trial_fail(trial, "it does not say that its stack is not executable (PT_GNU_STACK)");
    if (binary->stack == BINARY_STACK_EXECUTABLE)
        trial_fail(trial, "it wants an executable stack; newer C libraries refuse to load it. "
                          "Look for nested functions and assembly, link with -Wl,-z,noexecstack");
}

void elf_write_execute(struct trial *trial)
{
    if (elf_read(trial)->write_execute)
        trial_fail(trial, "a segment is writable and executable");
}

void elf_relro(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    if (!binary->relro || !binary->bind_now)
        trial_warn(trial, "RELRO is %s; link with -Wl,-z,relro,-z,now",
            binary->relro ? "partial" : "missing");
}

void elf_tls(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    if (binary->flags & DF_STATIC_TLS)
        trial_fail(trial, "its thread-local memory must lie in the few bytes that are left at "
                          "load (DF_STATIC_TLS); do not compile with -ftls-model=initial-exec");
    if (binary->tls_bytes > TLS_BYTES_WARN)
        trial_warn(trial, "%llu bytes of thread-local memory for every thread of the host",
            (unsigned long long)binary->tls_bytes);
}

void elf_relocations(struct trial *trial)
{
    const struct binary *binary = elf_read(trial);

    if (binary->symbolic)
        trial_warn(trial, "it is linked with -Bsymbolic, so a test cannot replace what it calls");
    trial_note(trial, "%llu copy or indirect relocations", (unsigned long long)binary->n_indirect);
}
