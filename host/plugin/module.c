#include "plugin/module.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "plugin/class_check.h"
#include "plugin/loader.h"

/* `import` below `folder`, if it is there. */
static char *find_below(const char *folder, size_t folder_size, const char *import)
{
    SCOPED_FREE char *path = mem_printf(
        "%.*s/%s", (int)(folder_size ? folder_size : 1), folder_size ? folder : ".", import);

    return realpath(path, NULL);
}

/* Beside the plugins.yml, then, for a bare name, on the plugin path. */
static char *find_file(const struct plugins_entry *listed, const char *folders)
{
    const char *slash = strrchr(listed->file, '/');
    char *path;

    if (listed->import[0] == '/')
        return realpath(listed->import, NULL);
    path = find_below(listed->file, slash ? (size_t)(slash - listed->file + 1) : 0, listed->import);
    if (path || strchr(listed->import, '/'))
        return path;
    for (const char *at = folders; !path && *at;) {
        size_t size = strcspn(at, ":");

        if (size)
            path = find_below(at, size, listed->import);
        at += size + (at[size] == ':');
    }
    return path;
}

static int refuse_missing(
    const struct plugins_entry *listed, const char *folders, struct refusal *ret_why)
{
    bool bare = !strchr(listed->import, '/');
    int r = refuse(ret_why, "W2101", "there is no such file%s",
        bare ? ", beside plugins.yml or on the plugin path" : "");

    refusal_text(&ret_why->field, "import");
    refusal_text(&ret_why->found, "%s", listed->import);
    if (bare)
        refusal_text(&ret_why->expected, "in the folder of %s%s%s", listed->file,
            *folders ? ", or in one of " : "", folders);
    else if (listed->import[0] != '/')
        refusal_text(&ret_why->expected, "a path relative to the folder of %s", listed->file);
    refusal_text(&ret_why->advice, "correct `import`, install the plugin, or set WEIR_PLUGIN_PATH");
    return r;
}

static int refuse_digest(struct module *module, struct refusal *ret_why)
{
    int r = refuse(ret_why, "W2118", "its SHA-256 is %s, but %s wants %s", module->identity.digest,
        module->listed->file, module->listed->digest);

    refusal_text(&ret_why->field, "sha256");
    refusal_text(&ret_why->found, "%s", module->identity.digest);
    refusal_text(&ret_why->expected, "%s", module->listed->digest);
    refusal_text(&ret_why->advice,
        "find out who changed the file; if the new one is right, correct `sha256`");
    return r;
}

/* Everything short of running its code. */
static int look(struct module *module, struct refusal *ret_why)
{
    SCOPED_FD int fd = -1;
    int r = trust_open(module->path, ret_why);

    if (r < 0)
        return r;
    fd = r;
    r = identity_read(fd, &module->identity);
    if (r)
        return refuse(ret_why, "W2102", "the file cannot be read: %s", strerror(-r));
    elf_facts_finish(&module->facts);
    r = elf_file_read(fd, &module->facts, ret_why);
    for (size_t i = 0; !r && i < module->facts.n_types; i++)
        r = class_check_type(module->facts.types[i], ret_why);
    if (!r && module->listed->digest[0] &&
        strcmp(module->listed->digest, module->identity.digest) != 0)
        r = refuse_digest(module, ret_why);
    return r;
}

void module_look(struct module *module)
{
    SCOPED_REFUSAL struct refusal why = {0};
    int r;

    module->state = MODULE_SEEN;
    refusal_finish(&module->why);
    r = module->path ? look(module, &why) : refuse_missing(module->listed, module->folders, &why);
    if (r)
        module_refuse(module, &why);
}

void module_init(struct module *module, struct plugins_entry *listed, const char *folders)
{
    *module = (struct module){.listed = listed, .folders = folders};
    module->path = find_file(listed, folders);
}

bool module_counts(const struct module *module)
{
    return module->listed->active && !module->duplicate;
}

void module_finish(struct module *module)
{
    free(module->path);
    refusal_finish(&module->why);
    elf_facts_finish(&module->facts);
    descriptor_destroy(module->descriptor);
    descriptor_destroy(module->loaded);
    for (size_t i = 0; i < module->n_retired; i++)
        descriptor_destroy(module->retired[i]);
    free((void *)module->retired);
}

void module_refuse(struct module *module, struct refusal *why)
{
    refusal_finish(&module->why);
    module->why = *why;
    *why = (struct refusal){0};
    module->state = MODULE_REFUSED;
}

static void retire_descriptor(struct module *module)
{
    if (!module->descriptor)
        return;
    module->retired = (struct descriptor **)mem_realloc(
        (void *)module->retired, module->n_retired + 1, sizeof(struct descriptor *));
    module->retired[module->n_retired++] = take_ptr(module->descriptor);
}

/* The file runs on as it was loaded; said once for each new content. */
static void tell_replaced(struct module *module, const struct stat *status)
{
    SCOPED_REFUSAL struct refusal why = {0};
    struct file_identity now;
    SCOPED_FD int fd = -1;

    if (identity_matches_status(&module->identity, status))
        return;
    fd = trust_open(module->path, &why);
    if (fd < 0 || identity_read(fd, &now) || !strcmp(now.digest, module->identity.digest) ||
        !strcmp(now.digest, module->told_digest))
        return;
    memcpy(module->told_digest, now.digest, sizeof now.digest);
    log_warn("a plugin file was replaced; the new one is used after a restart",
        LOG_STR("code", "W2119"), LOG_STR("plugin", module->path),
        LOG_STR("loaded_sha256", module->identity.digest), LOG_STR("new_sha256", now.digest));
}

void module_refresh(struct module *module)
{
    struct stat status;

    if (!module->path)
        module->path = find_file(module->listed, module->folders);
    if (!module->path || module->loading || stat(module->path, &status))
        return;
    if (module->loaded) {
        tell_replaced(module, &status);
    } else if (!identity_matches_status(&module->identity, &status)) {
        retire_descriptor(module);
        module_look(module);
    }
}

/* Note and descriptor must name the same types in the same order. */
static int check_note(struct module *module, struct refusal *ret_why)
{
    SCOPED_BUF struct buf registered = {0};
    SCOPED_BUF struct buf noted = {0};
    int r;

    if (!module->facts.has_note)
        return 0;
    for (size_t i = 0; i < module->descriptor->n_classes; i++)
        buf_printf(&registered, "%s%s", i ? "," : "", module->descriptor->classes[i].config.type);
    for (size_t i = 0; i < module->facts.n_types; i++)
        buf_printf(&noted, "%s%s", i ? "," : "", module->facts.types[i]);
    if (!strcmp(buf_text(&registered), buf_text(&noted)))
        return 0;
    r = refuse(ret_why, "W2165", "its note says types=%s, but it registers %s", buf_text(&noted),
        buf_text(&registered));
    refusal_text(&ret_why->field, "types");
    refusal_text(&ret_why->found, "%s", buf_text(&noted));
    refusal_text(&ret_why->expected, "%s", buf_text(&registered));
    refusal_text(&ret_why->advice, "correct the TYPES of WEIR_PLUGIN and build it again");
    return r;
}

static int meet(
    struct module *module, const char *executable, uint64_t timeout_ns, struct refusal *ret_why)
{
    const struct probe_request request = {executable, module->path, timeout_ns};
    int r = probe(&request, &module->descriptor, ret_why);

    return r ? r : check_note(module, ret_why);
}

int module_meet(struct module *module, const char *executable, uint64_t timeout_ns)
{
    SCOPED_REFUSAL struct refusal why = {0};

    /* A digest is of the code that is about to run, whatever size and times say. */
    if (module->state == MODULE_SEEN && module->listed->digest[0])
        module_look(module);
    if (module->state == MODULE_REFUSED)
        return -ENOEXEC;
    if (module->state != MODULE_SEEN)
        return 0;
    if (meet(module, executable, timeout_ns, &why)) {
        module_refuse(module, &why);
        return -ENOEXEC;
    }
    module->state = MODULE_MET;
    return 0;
}

static int refuse_changed(
    const struct module *module, const struct file_identity *now, struct refusal *ret_why)
{
    int r = refuse(ret_why, "W2119", "the file was replaced after it had been checked");

    refusal_text(&ret_why->field, "sha256");
    refusal_text(&ret_why->found, "%s", now->digest);
    refusal_text(&ret_why->expected, "%s", module->identity.digest);
    refusal_text(&ret_why->advice,
        "load the configuration again; once a file is loaded, a new one is used after a restart");
    return r;
}

/* That the file is the one that was met. */
static int check_same(const struct module *module, struct refusal *ret_why)
{
    SCOPED_FD int fd = -1;
    struct file_identity now;
    int r = trust_open(module->path, ret_why);

    if (r < 0)
        return r;
    fd = r;
    r = identity_read(fd, &now);
    if (r)
        return refuse(ret_why, "W2102", "the file cannot be read: %s", strerror(-r));
    if (now.device == module->identity.device && now.inode == module->identity.inode &&
        now.size == module->identity.size && !strcmp(now.digest, module->identity.digest))
        return 0;
    return refuse_changed(module, &now, ret_why);
}

/* That it registers here what it registered in the child, since options were checked
 * and laid out by that. */
static int check_equal(
    const struct descriptor *met, const struct descriptor *loaded, struct refusal *ret_why)
{
    SCOPED_BUF struct buf there = {0};
    SCOPED_BUF struct buf here = {0};
    int r;

    descriptor_put_json(met, &there);
    descriptor_put_json(loaded, &here);
    if (there.size == here.size && !memcmp(there.data, here.data, here.size))
        return 0;
    r = refuse(ret_why, "W2166", "it registers otherwise in the host than when it was checked");
    refusal_text(&ret_why->field, WEIR_REGISTER_SYMBOL);
    refusal_text(&ret_why->advice, "let registration return the same tables in every process");
    return r;
}

int module_load(const struct module *module, struct descriptor **ret, struct refusal *ret_why)
{
    SCOPED(descriptor_destroy) struct descriptor *loaded = NULL;
    int r = check_same(module, ret_why);

    if (!r)
        r = loader_load(module->path, NULL, NULL, &loaded, ret_why);
    if (!r)
        r = check_same(module, ret_why);
    if (!r)
        r = check_equal(module->descriptor, loaded, ret_why);
    if (!r)
        *ret = take_ptr(loaded);
    return r;
}

const struct plugin_class *module_class(const struct descriptor *descriptor, const char *type)
{
    for (size_t i = 0; i < descriptor->n_classes; i++)
        if (!strcmp(descriptor->classes[i].config.type, type))
            return &descriptor->classes[i];
    return NULL;
}

const char *module_type(const struct module *module, size_t i)
{
    if (module->descriptor)
        return i < module->descriptor->n_classes ? module->descriptor->classes[i].config.type
                                                 : NULL;
    return i < module->facts.n_types ? module->facts.types[i] : NULL;
}

bool module_knows_types(const struct module *module)
{
    return module_type(module, 0) != NULL;
}

/* A file whose content says nothing, or is wrong, is taken to hold the type it is called
 * after. */
static bool is_called(const struct module *module, const char *type)
{
    const char *slash = strrchr(module->listed->import, '/');
    const char *name = slash ? slash + 1 : module->listed->import;
    size_t size = strlen(type);

    return !strncmp(name, type, size) && (!name[size] || name[size] == '.');
}

bool module_has_type(const struct module *module, const char *type)
{
    if (module->descriptor && module_class(module->descriptor, type))
        return true;
    for (size_t i = 0; i < module->facts.n_types; i++)
        if (!strcmp(module->facts.types[i], type))
            return true;
    return (module->state == MODULE_REFUSED || !module_knows_types(module)) &&
           is_called(module, type);
}

const char *module_name(const struct module *module)
{
    return module->path ? module->path : module->listed->import;
}
