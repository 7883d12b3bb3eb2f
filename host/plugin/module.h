/*
 * One plugin file that plugins.yml lists, and how far the host has come with it:
 * found -> looked at (no code run) -> met in a child -> loaded into this process.
 * Each step is taken when it is needed, and may end in a refusal, which stays until
 * the file changes. Private to the registry, which locks. [control]
 */
#ifndef PLUGIN_MODULE_H
#define PLUGIN_MODULE_H

#include "plugin/descriptor.h"
#include "plugin/elf_file.h"
#include "plugin/plugins_file.h"
#include "plugin/probe.h"
#include "plugin/trust.h"

enum module_state {
    MODULE_SEEN,    /* its file was looked at */
    MODULE_MET,     /* the child has sent its descriptor */
    MODULE_LOADED,  /* its code is in this process */
    MODULE_REFUSED, /* `why` says it */
};

struct module {
    struct plugins_entry *listed; /* borrowed */
    const char *folders;          /* the plugin path, colon separated; borrowed */
    char *path;                   /* absolute, without symbolic links; NULL: not found */
    enum module_state state;
    struct refusal why;
    struct elf_facts facts;
    struct file_identity identity; /* as it was when it was looked at */
    struct descriptor *descriptor; /* of the child; NULL before */
    struct descriptor *loaded;     /* with calls of this process */
    struct descriptor **retired;   /* of files that were replaced; configs may point there */
    size_t n_retired;
    bool duplicate; /* the same file as an module before it: not used */
    bool loading;   /* on another thread, or for ever: nothing else may change now */
    char told_digest[DIGEST_HEX_SIZE]; /* of the replaced file that was last told of */
};

/* Finds its file; then looks at it. */
void module_init(struct module *module, struct plugins_entry *listed, const char *folders);
void module_look(struct module *module);
void module_finish(struct module *module);

/* Whether it is for this platform and the first of its file. */
bool module_counts(const struct module *module);

/* Looks again if the file is another one than last time and not loaded yet. */
void module_refresh(struct module *module);
/* Meets it in a child if that has not happened. 0, or -ENOEXEC: it is refused. */
int module_meet(struct module *module, const char *executable, uint64_t timeout_ns);
/* Loads what has been met; the module is only read. 0, or -ENOEXEC with the reason. */
int module_load(const struct module *module, struct descriptor **ret, struct refusal *ret_why);

/* Whether it is known which types are inside, and whether this is one of them. */
bool module_knows_types(const struct module *module);
bool module_has_type(const struct module *module, const char *type);
/* The i-th type, NULL behind the last. */
const char *module_type(const struct module *module, size_t i);
const struct plugin_class *module_class(const struct descriptor *descriptor, const char *type);

/* The module is refused from now on; takes the texts over. */
void module_refuse(struct module *module, struct refusal *why);
/* Its path, or what stands in plugins.yml. */
const char *module_name(const struct module *module);

#endif
