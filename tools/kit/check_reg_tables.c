/* REG: what the tables say that are registered, and the note. */
#include "kit/check_reg.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/raw.h"
#include "kit/trial.h"
#include "plugin/elf_file.h"
#include "plugin/loader.h"

#define TYPE_REST_MAX 56u
#define DESCRIPTION_MAX 120u

/* Whether a refusal is about an option table, which is CFG-01's matter. */
static bool is_about_options(const char *code)
{
    static const char *const codes[] = {
        "W2153", "W2154", "W2155", "W2156", "W2157", "W2158", "W2159", "W2160"};

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (!strcmp(codes[i], code))
            return true;
    return false;
}

static void expect_size(struct trial *trial, const char *what, uint32_t size)
{
    if (size % 8 || size > RAW_BYTES_MAX)
        trial_fail(trial, "%s: struct_size is %u; it must be a sizeof", what, size);
}

static void expect_classes(struct trial *trial, const struct weir_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_classes; i++) {
        const struct weir_flusher_class *class = NULL;
        uint32_t size = 0;
        char what[32];

        snprintf(what, sizeof what, "class %u", i + 1);
        if (!raw_read(&class, &plugin->classes[i], sizeof class) ||
            !raw_read(&size, class, sizeof size))
            trial_fail(trial, "%s: its pointer leads nowhere", what);
        expect_size(trial, what, size);
        if (!raw_is_static(class))
            trial_warn(trial, "%s does not lie in static memory", what);
    }
}

void reg_tables(struct trial *trial)
{
    const struct weir_plugin *registered = raw_register(trial, raw_load(trial));
    SCOPED(descriptor_destroy) struct descriptor *descriptor = NULL;
    SCOPED_REFUSAL struct refusal why = {0};
    struct weir_plugin plugin = {0};

    if (!raw_read(&plugin.struct_size, registered, sizeof plugin.struct_size))
        trial_fail(trial, "what it returns is no memory");
    expect_size(trial, "weir_plugin", plugin.struct_size);
    if (!raw_read(&plugin, registered, MIN(plugin.struct_size, sizeof plugin)))
        trial_fail(trial, "weir_plugin is shorter than its struct_size says");
    trial_doing(trial, "reading its tables");
    if (descriptor_import(registered, &descriptor, &why)) {
        if (!is_about_options(why.code))
            trial_fail(trial, "%s: %s", why.code, why.message);
        return;
    }
    expect_classes(trial, &plugin);
    if (!raw_is_static(registered))
        trial_warn(trial, "weir_plugin does not lie in static memory");
}

/* -- the note -- */

static void expect_same_text(
    struct trial *trial, const char *what, const char *note, const char *table)
{
    if (!note || strcmp(note, table) != 0)
        trial_fail(
            trial, "its note says %s '%s', it registers '%s'", what, note ? note : "", table);
}

void reg_note_agrees(struct trial *trial)
{
    const struct descriptor *descriptor = trial_descriptor(trial);
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED_FD int fd = open(trial->path, O_RDONLY | O_CLOEXEC);
    struct elf_facts facts = {0};

    elf_file_read(fd, &facts, &why);
    if (!facts.has_note)
        trial_foreign(trial, "it has no note");
    expect_same_text(trial, "the name", facts.name, descriptor->name);
    expect_same_text(trial, "the version", facts.version, descriptor->version);
    if (facts.needs_minor != descriptor->needs_minor)
        trial_fail(trial, "its note says needs_minor %u, it registers %u", facts.needs_minor,
            descriptor->needs_minor);
    if (facts.n_types != descriptor->n_classes)
        trial_fail(trial, "its note names %zu types, it registers %zu", facts.n_types,
            descriptor->n_classes);
    for (size_t i = 0; i < facts.n_types; i++)
        expect_same_text(trial, "the type", facts.types[i], descriptor->classes[i].config.type);
    elf_facts_finish(&facts);
}

/* -- names -- */

static void expect_type(struct trial *trial, const char *type)
{
    static const char prefix[] = "flusher_";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const size_t rest = strlen(type) - MIN(strlen(type), sizeof prefix - 1);

    if (strncmp(type, prefix, sizeof prefix - 1) != 0 || !rest || rest > TYPE_REST_MAX ||
        type[strspn(type, letters)])
        trial_fail(trial, "the type '%.80s' is not flusher_ and 1 to %u of a-z, 0-9, _", type,
            TYPE_REST_MAX);
}

/* The pointers to the classes, as they are registered; the caller frees them. */
static const struct weir_flusher_class **raw_classes(struct trial *trial, uint32_t *ret_n)
{
    const struct weir_plugin *registered = raw_register(trial, raw_load(trial));
    const struct weir_flusher_class **classes;
    struct weir_plugin plugin = {0};

    if (!raw_read(&plugin, registered, offsetof(struct weir_plugin, name)) ||
        plugin.n_classes > PLUGIN_CLASSES_MAX)
        trial_foreign(trial, "its table cannot be read, see REG-04");
    classes = mem_calloc(plugin.n_classes + 1, sizeof *classes);
    if (!raw_read(
            (void *)classes, (const void *)plugin.classes, plugin.n_classes * sizeof *classes))
        trial_foreign(trial, "its classes cannot be read, see REG-04");
    *ret_n = plugin.n_classes;
    return classes;
}

static char *raw_type(struct trial *trial, const struct weir_flusher_class *class)
{
    const char *address = NULL;
    char *type = NULL;

    if (raw_read(&address, (const char *)class + offsetof(struct weir_flusher_class, type),
            sizeof address))
        type = raw_text(address, PLUGIN_TEXT_MAX);
    if (!type)
        trial_fail(trial, "a class has no type that can be read");
    return type;
}

void reg_types(struct trial *trial)
{
    uint32_t n = 0;
    const struct weir_flusher_class **classes = raw_classes(trial, &n);
    char **types = mem_calloc(n + 1, sizeof *types);

    for (uint32_t i = 0; i < n; i++) {
        types[i] = raw_type(trial, classes[i]);
        expect_type(trial, types[i]);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(types[i], types[j]))
                trial_fail(trial, "two of its classes have the type '%s'", types[i]);
    }
    for (uint32_t i = 0; i < n; i++)
        free(types[i]);
    free((void *)types);
    free((void *)classes);
}

void reg_flags(struct trial *trial)
{
    const uint32_t known = WEIR_CONCURRENT | WEIR_ASYNC | WEIR_NET | WEIR_FS_WRITE | WEIR_STDOUT;
    const struct plugin_class *class = trial_class(trial);

    if (trial_descriptor(trial)->abi_minor <= WEIR_ABI_MINOR && class->flags & ~known)
        trial_fail(trial, "its flags have bits that ABI %u.%u does not know: %#x", WEIR_ABI_MAJOR,
            trial_descriptor(trial)->abi_minor, class->flags & ~known);
    if (class->instance_size && class->instance_size % 8)
        trial_warn(trial, "instance_size is %u: is it a sizeof?", class->instance_size);
}

static bool is_semver(const char *text)
{
    unsigned numbers[3];
    int used = 0;

    return sscanf(text, "%u.%u.%u%n", &numbers[0], &numbers[1], &numbers[2], &used) == 3 &&
           (!text[used] || text[used] == '-' || text[used] == '+');
}

void reg_texts(struct trial *trial)
{
    const struct config_class *config = &trial_class(trial)->config;

    if (!config->description || !*config->description || strchr(config->description, '\n') ||
        strlen(config->description) > DESCRIPTION_MAX)
        trial_fail(trial, "its description is no line of 1 to %u bytes", DESCRIPTION_MAX);
    if (!config->version || !is_semver(config->version))
        trial_fail(
            trial, "its version '%s' is not like 1.2.3", config->version ? config->version : "");
}
