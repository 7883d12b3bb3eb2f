/* REG: loading, and what the registration function returns. */
#include "kit/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "kit/guard.h"
#include "kit/life.h"
#include "kit/raw.h"
#include "kit/snapshot.h"
#include "kit/trial.h"
#include "plugin/elf_file.h"
#include "plugin/loader.h"

#define COLD_LOADS 5u
#define LOAD_NS_WARN (100 * NS_PER_MS)
#define LOAD_NS_MAX NS_PER_S
#define FUTURE_MINOR 999u
#define FUTURE_BYTES 256u
#define CANARY ((char)0x5c)
#define CANARY_BYTES 64u
#define TYPE_REST_MAX 56u
#define DESCRIPTION_MAX 120u

static void reg_load(struct trial *trial)
{
    trial_doing(trial, "loading the plugin");
    if (!dlopen(trial->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
        trial_fail(trial, "%s", dlerror());
}

struct registration {
    weir_plugin_register_fn *fn;
    const struct weir_plugin *plugin;
};

static void *register_again(void *argument)
{
    struct registration *registration = argument;
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};

    registration->plugin = registration->fn(raw_host(), &error);
    return NULL;
}

/* The registration on another thread. */
static const struct weir_plugin *register_elsewhere(
    struct trial *trial, weir_plugin_register_fn *fn)
{
    struct registration registration = {fn, NULL};
    pthread_t thread;

    if (pthread_create(&thread, NULL, register_again, &registration))
        trial_lacks(trial, "no thread is to be had");
    pthread_join(thread, NULL);
    return registration.plugin;
}

static void reg_same(struct trial *trial)
{
    weir_plugin_register_fn *fn = raw_load(trial);
    const struct weir_plugin *first = raw_register(trial, fn);
    struct weir_plugin before, after;
    uint32_t size = 0;

    if (!raw_read(&size, first, sizeof size))
        trial_fail(trial, "what it returns is no memory");
    size = (uint32_t)MIN(size, sizeof before);
    memset(&before, 0, sizeof before);
    after = before;
    if (!raw_read(&before, first, size))
        trial_fail(trial, "what it returns is shorter than its struct_size says");
    if (raw_register(trial, fn) != first || register_elsewhere(trial, fn) != first)
        trial_fail(trial, "called again, it returns another pointer");
    if (!raw_read(&after, first, size) || memcmp(&before, &after, sizeof before) != 0)
        trial_fail(trial, "called again, it changes what it had returned");
}

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

static void reg_tables(struct trial *trial)
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

/* -- time -- */

/* Nanoseconds that dlopen and registration take in a process that has not seen the file;
 * 0: it could not be found out. */
static uint64_t time_cold_load(struct trial *trial)
{
    uint64_t took_ns = 0, started_ns;
    int ends[2];
    pid_t pid;

    if (pipe(ends))
        return 0;
    pid = fork();
    if (pid == 0) {
        started_ns = clock_now_ns();
        raw_register(trial, raw_load(trial));
        took_ns = clock_now_ns() - started_ns;
        _exit(write(ends[1], &took_ns, sizeof took_ns) == (ssize_t)sizeof took_ns ? 0 : 1);
    }
    close(ends[1]);
    if (pid < 0 || read(ends[0], &took_ns, sizeof took_ns) != (ssize_t)sizeof took_ns)
        took_ns = 0;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return took_ns;
}

/* The quickest of some: this machine may be busy. */
static void reg_quick(struct trial *trial)
{
    uint64_t quickest_ns = UINT64_MAX;

    for (unsigned i = 0; i < COLD_LOADS; i++) {
        const uint64_t took_ns = time_cold_load(trial);

        if (took_ns)
            quickest_ns = MIN(quickest_ns, took_ns);
    }
    if (quickest_ns == UINT64_MAX)
        trial_fail(trial, "it does not load in a process of its own");
    if (quickest_ns > LOAD_NS_MAX)
        trial_fail(trial, "loading and registering takes %llu ms",
            (unsigned long long)(quickest_ns / NS_PER_MS));
    if (quickest_ns > LOAD_NS_WARN)
        trial_warn(trial, "loading and registering takes %llu ms",
            (unsigned long long)(quickest_ns / NS_PER_MS));
    trial_note(trial, "loaded and registered in %llu us", (unsigned long long)quickest_ns / 1000);
}

/* -- the note -- */

static void expect_same_text(
    struct trial *trial, const char *what, const char *note, const char *table)
{
    if (!note || strcmp(note, table) != 0)
        trial_fail(
            trial, "its note says %s '%s', it registers '%s'", what, note ? note : "", table);
}

static void reg_note_agrees(struct trial *trial)
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

/* -- other hosts -- */

static const char *blame_reader(const struct trial *trial, const void *address)
{
    (void)trial;
    return guard_holds(address) ? "the plugin reads behind the end of a struct of the host's; "
                                  "test struct_size, or use WEIR_HAS()"
                                : NULL;
}

/* One life with tables that are longer than this header knows, all zero behind. */
static void reg_future(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    struct weir_host *host = mem_zalloc(sizeof *host + FUTURE_BYTES);
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};

    *host = stand->host;
    host->struct_size = sizeof *host + FUTURE_BYTES;
    host->abi_minor = FUTURE_MINOR;
    stand->context.host = host;
    trial_doing(trial, "registration with a newer host");
    if (!raw_load(trial)(host, &error))
        trial_fail(trial, "it refuses a host of a newer minor: %s", text);
    if (stand_init(stand))
        trial_fail(trial, "init fails with a host of a newer minor: %s", stand->text);
    life_flush(stand, 3);
    life_end(stand);
}

/* One life with tables that end where the minor that it needs ends, and a guard behind. */
static void reg_old(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};
    struct weir_host host = stand->host;
    const struct weir_host *guarded;

    host.abi_minor = trial_descriptor(trial)->needs_minor;
    guarded = guard_copy(&host, sizeof host);
    trial->blame = blame_reader;
    trial_doing(trial, "registration with a host of minor %u", host.abi_minor);
    if (!raw_load(trial)(guarded, guard_copy(&error, sizeof error)))
        trial_fail(trial, "it refuses a host of the minor that it says it needs: %s", text);
    stand->context.host = guarded;
    if (stand_init(stand))
        trial_fail(trial, "init fails with a host of the minor that it needs: %s", stand->text);
    life_flush(stand, 3);
    life_end(stand);
}

/* -- texts that go to the host -- */

static void expect_fits(struct trial *trial, const char *text, size_t max, const char *who)
{
    for (size_t i = max; i < max + CANARY_BYTES; i++)
        if (text[i] != CANARY)
            trial_fail(trial, "%s writes behind the %zu bytes that its text may take", who, max);
}

static void reg_polite(struct trial *trial)
{
    static const size_t sizes[] = {0, 1, 16, 256};
    weir_plugin_register_fn *fn = raw_load(trial);

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        char text[256 + CANARY_BYTES];
        struct weir_error error = {sizeof error, 0, text, sizes[i]};
        const struct weir_plugin *plugin;

        memset(text, CANARY, sizeof text);
        trial_doing(trial, "registration with %zu bytes for words", sizes[i]);
        plugin = fn(raw_host(), &error);
        expect_fits(trial, text, sizes[i], "registration");
        if (!plugin && sizes[i] > 1 && (!text[0] || !memchr(text, '\0', sizes[i])))
            trial_fail(trial, "it refuses this host without words that end in NUL");
    }
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

static void reg_types(struct trial *trial)
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

static void reg_flags(struct trial *trial)
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

static void reg_texts(struct trial *trial)
{
    const struct config_class *config = &trial_class(trial)->config;

    if (!config->description || !*config->description || strchr(config->description, '\n') ||
        strlen(config->description) > DESCRIPTION_MAX)
        trial_fail(trial, "its description is no line of 1 to %u bytes", DESCRIPTION_MAX);
    if (!config->version || !is_semver(config->version))
        trial_fail(
            trial, "its version '%s' is not like 1.2.3", config->version ? config->version : "");
}

/* -- what else loading does -- */

static void reg_no_effects(struct trial *trial)
{
    static const struct {
        enum aspect aspect;
        const char *what;
    } aspects[] = {
        {ASPECT_FDS, "descriptors"},
        {ASPECT_THREADS, "threads"},
        {ASPECT_SIGNALS, "signal handlers"},
        {ASPECT_SIGNAL_MASK, "the signal mask"},
        {ASPECT_LOCALE, "the locale"},
        {ASPECT_UMASK, "the umask"},
        {ASPECT_FOLDER, "the working folder"},
        {ASPECT_ENVIRONMENT, "the environment"},
        {ASPECT_LIMITS, "limits"},
        {ASPECT_TIMERS, "timers"},
        {ASPECT_CHILDREN, "child processes"},
        {ASPECT_ENTRIES, "files in the working folder"},
    };
    char *before[ARRAY_SIZE(aspects)];

    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
        before[i] = snapshot_take(aspects[i].aspect);
    raw_register(trial, raw_load(trial));
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
        SCOPED_FREE char *after = snapshot_settle(aspects[i].aspect, before[i]);
        char text[512];

        snapshot_difference(before[i], after, text, sizeof text);
        if (strcmp(before[i], after) != 0)
            trial_fail(trial, "loading and registering changes %s: %s", aspects[i].what, text);
        free(before[i]);
    }
}

/* A copy of the plugin in the working folder; its path, static. False: it cannot be. */
static bool copy_plugin(const struct trial *trial, const char *path)
{
    SCOPED_FD int from = open(trial->path, O_RDONLY | O_CLOEXEC);
    SCOPED_FD int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    struct stat status;
    ssize_t n = 1;

    if (from < 0 || to < 0 || fstat(from, &status))
        return false;
    for (off_t left = status.st_size; left > 0 && n > 0; left -= n)
        n = sendfile(to, from, NULL, (size_t)left);
    return n > 0;
}

/* The plugin twice in one process, as when two folders hold it. */
static void reg_twice(struct trial *trial)
{
    SCOPED_FREE char *copy = mem_printf("%s/copy.so", trial->folder);
    struct stand *first, *second;
    const char *path = trial->path;
    struct descriptor *descriptor;

    if (!copy_plugin(trial, copy))
        trial_lacks(trial, "the plugin cannot be copied: %m");
    if (!dlopen(copy, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
        trial_foreign(trial, "a copy elsewhere does not find its libraries: %s", dlerror());
    first = life_start_apart(trial, 0);
    descriptor = trial->descriptor;
    trial->descriptor = NULL;
    trial->path = copy;
    second = life_start_apart(trial, 1);
    life_deliver(first, 0, 10);
    life_deliver(second, 10, 10);
    life_deliver(first, 20, 10);
    life_end(second);
    life_deliver(first, 30, 10);
    life_end(first);
    trial->path = path;
    trial->descriptor = descriptor;
    life_expect(trial, 40, true, false);
}

/* -- a host that gives nothing -- */

static void no_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    (void)host;
    (void)level;
    (void)message;
    (void)fields;
    (void)n_fields;
}

static int no_answer(const struct weir_host *host, uint32_t level)
{
    (void)host;
    (void)level;
    return 0;
}

static uint32_t no_metric(const struct weir_host *host, uint32_t kind, const char *name,
    const char *unit, const char *help)
{
    (void)host;
    (void)kind;
    (void)name;
    (void)unit;
    (void)help;
    return 0;
}

static int no_data_dir(const struct weir_host *host, struct weir_str *ret_path)
{
    (void)host;
    (void)ret_path;
    return -EACCES;
}

/* Refused metrics, no folder, no log: all answers that a host may give. */
static void reg_poor_host(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);

    stand->host.log = no_log;
    stand->host.log_enabled = no_answer;
    stand->host.metric = no_metric;
    stand->host.data_dir = no_data_dir;
    if (stand_init(stand)) {
        trial_note(trial, "init fails without a data folder: %s", stand->text);
        return;
    }
    life_flush(stand, 3);
    life_end(stand);
}

const struct check checks_reg[] = {
    {.id = "REG-01",
        .level = 1,
        .timeout_s = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .gives = STAGE_LOADED,
        .run = reg_load,
        .asserts = "The file loads with every symbol resolved."},
    {.id = "REG-02",
        .level = 1,
        .timeout_s = 5,
        .clause = "Loading",
        .stages = STAGES_LOADED,
        .gives = STAGE_REGISTERED,
        .run = reg_same,
        .asserts = "Registration returns the same unchanged table at every call."},
    {.id = "REG-03",
        .level = 3,
        .clause = "Loading",
        .stages = STAGES_REGISTERED,
        .run = reg_quick,
        .asserts = "Loading and registering takes under 100 ms."},
    {.id = "REG-04",
        .level = 1,
        .timeout_s = 5,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_REGISTERED,
        .gives = STAGE_TABLES,
        .run = reg_tables,
        .asserts = "The tables are such that the host takes them."},
    {.id = "REG-05",
        .level = 3,
        .clause = "The ELF note",
        .stages = STAGES_TABLES,
        .run = reg_note_agrees,
        .asserts = "The note says the same as what is registered."},
    {.id = "REG-06",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_STARTED,
        .run = reg_future,
        .asserts = "A host of a newer minor, with longer tables, works."},
    {.id = "REG-07",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_STARTED,
        .run = reg_old,
        .asserts = "Nothing is read behind the end of the host's tables."},
    {.id = "REG-08",
        .level = 3,
        .clause = "Loading",
        .stages = STAGES_REGISTERED,
        .run = reg_polite,
        .asserts = "Words of a refusal fit the room there is."},
    {.id = "REG-09",
        .level = 2,
        .clause = "Rules",
        .stages = STAGES_REGISTERED,
        .run = reg_types,
        .asserts = "Types are flusher_[a-z0-9_]+ and different from each other."},
    {.id = "REG-10",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_TABLES,
        .run = reg_flags,
        .asserts = "Flags and sizes are such that this ABI knows."},
    {.id = "REG-11",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Loading",
        .stages = STAGES_TABLES,
        .run = reg_texts,
        .asserts = "Description and version are of use to an operator."},
    {.id = "REG-12",
        .level = 3,
        .clause = "Loading",
        .stages = STAGES_REGISTERED,
        .run = reg_no_effects,
        .asserts = "Loading and registering change nothing in the process."},
    {.id = "REG-13",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = reg_twice,
        .asserts = "Two copies of the file work side by side."},
    {.id = "REG-14",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_STARTED,
        .run = reg_poor_host,
        .asserts = "A host that refuses metrics and folder is borne."},
    {0},
};
