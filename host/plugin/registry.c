#include "plugin/registry.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "plugin/call.h"
#include "plugin/module.h"

#define LOAD_TIMEOUT_DEFAULT_NS (30 * NS_PER_S)
/* Refused plugins that may be the reason why a type is not known: at most so many. */
#define NOTES_MAX 3

struct registry {
    pthread_mutex_t lock; /* of all below but what never changes */
    pthread_cond_t loading_ended;
    struct list kept; /* of struct kept */
    struct plugins_list list;
    struct module *modules; /* one for each in `list` */
    size_t n_modules;
    char *executable, *folders;
    uint64_t probe_timeout_ns, load_timeout_ns;
    struct metrics *metrics;
    struct callers *callers;
    bool hung; /* a thread was left behind that still looks at an module */
    struct registry *stays_too;
};

/* Those that something still looks at when they are to go. That they can be found tells a leak
 * checker that they are not lost. */
static _Atomic(struct registry *) staying;

static char *plugin_path(const struct registry_request *request)
{
    const char *path = request->plugin_path;

    if (path)
        return mem_strdup(path);
    path = secure_getenv("WEIR_PLUGIN_PATH");
    return path && *path ? mem_printf("%s:%s", path, WEIR_PLUGIN_DIR) : mem_strdup(WEIR_PLUGIN_DIR);
}

static void warn_duplicate(
    const struct module *first, const struct module *second, struct diag_list *diags)
{
    struct diag *diag = diag_add(diags, DIAG_WARNING, "W2011", plugins_entry_place(second->listed),
        "%s is listed already, as `%s` in %s line %u", second->path, first->listed->import,
        first->listed->file, first->listed->line);

    diag->suggestion = mem_strdup("leave one of them out");
}

/* The same file twice counts once; a digest that only the second gives is kept. */
static void find_duplicates(struct registry *registry, size_t i, struct diag_list *diags)
{
    struct module *module = &registry->modules[i];

    for (size_t before = 0; before < i && !module->duplicate; before++) {
        struct module *first = &registry->modules[before];

        if (!module_counts(first) || !first->path || strcmp(first->path, module->path) != 0)
            continue;
        module->duplicate = true;
        if (!first->listed->digest[0])
            memcpy(first->listed->digest, module->listed->digest, sizeof module->listed->digest);
        warn_duplicate(first, module, diags);
    }
}

static int refuse_taken(const struct module *module, const struct module *other, const char *type,
    struct refusal *ret_why)
{
    int r = refuse(ret_why, "W2149", "its type '%s' is also in %s, which is listed before it", type,
        module_name(other));

    refusal_text(&ret_why->field, "type");
    refusal_text(&ret_why->found, "%s, version %s", module_name(module),
        module->facts.version ? module->facts.version : "unknown");
    refusal_text(&ret_why->expected, "%s, version %s", module_name(other),
        other->facts.version ? other->facts.version : "unknown");
    refusal_text(&ret_why->advice, "leave one of the two plugins out of plugins.yml");
    return r;
}

/* A type belongs to the first file that has it and is not refused so far: two builds of
 * one plugin, for two machines, may be listed side by side. */
static void check_types_free(struct registry *registry, struct module *module)
{
    SCOPED_REFUSAL struct refusal why = {0};
    const char *type;

    if (module->state == MODULE_REFUSED || module->loaded)
        return;
    for (const struct module *other = registry->modules; other < module; other++) {
        if (!module_counts(other) || other->state == MODULE_REFUSED || !module_knows_types(other))
            continue;
        for (size_t i = 0; (type = module_type(module, i)); i++)
            if (module_has_type(other, type)) {
                refuse_taken(module, other, type, &why);
                module_refuse(module, &why);
                return;
            }
    }
}

static void open_modules(struct registry *registry, bool warn, struct diag_list *diags)
{
    registry->n_modules = registry->list.count;
    registry->modules = mem_calloc(registry->n_modules, sizeof *registry->modules);
    for (size_t i = 0; i < registry->n_modules; i++)
        module_init(&registry->modules[i], &registry->list.items[i], registry->folders);
    for (size_t i = 0; i < registry->n_modules; i++)
        if (registry->modules[i].path && registry->modules[i].listed->active)
            find_duplicates(registry, i, diags);
    for (size_t i = 0; i < registry->n_modules; i++) {
        struct module *module = &registry->modules[i];

        if (!module_counts(module))
            continue;
        module_look(module);
        check_types_free(registry, module);
        if (warn && module->state == MODULE_REFUSED)
            refusal_report(&module->why, module_name(module), plugins_entry_place(module->listed),
                DIAG_WARNING, diags);
    }
}

struct registry *registry_create(const struct registry_request *request, struct diag_list *diags)
{
    struct registry *registry = mem_zalloc(sizeof *registry);

    pthread_mutex_init(&registry->lock, NULL);
    pthread_cond_init(&registry->loading_ended, NULL);
    list_init(&registry->kept);
    registry->executable = mem_strdup(request->executable ? request->executable : "/proc/self/exe");
    registry->folders = plugin_path(request);
    registry->probe_timeout_ns =
        request->probe_timeout_ns ? request->probe_timeout_ns : PROBE_TIMEOUT_DEFAULT_NS;
    registry->load_timeout_ns =
        request->load_timeout_ns ? request->load_timeout_ns : LOAD_TIMEOUT_DEFAULT_NS;
    registry->metrics = metrics_create();
    registry->callers = callers_create();
    for (size_t i = 0; i < request->n_files; i++)
        plugins_file_read(request->files[i], &registry->list, diags);
    open_modules(registry, !request->leave_refusals, diags);
    return registry;
}

void registry_keep(struct registry *registry, struct kept *kept)
{
    pthread_mutex_lock(&registry->lock);
    list_append(&registry->kept, &kept->list);
    pthread_mutex_unlock(&registry->lock);
}

/* Whether nothing is in use any more. */
static bool release_kept(struct registry *registry)
{
    struct kept *kept;
    bool all = true;

    LIST_EACH (kept, &registry->kept, list) {
        all &= kept->release(kept);
    }
    return all;
}

static void stay(struct registry *registry)
{
    registry->stays_too = atomic_load(&staying);
    while (!atomic_compare_exchange_weak(&staying, &registry->stays_too, registry))
        continue;
}

void registry_destroy(struct registry *registry)
{
    if (!registry)
        return;
    if (registry->hung || !release_kept(registry)) {
        stay(registry);
        return;
    }
    for (size_t i = 0; i < registry->n_modules; i++)
        module_finish(&registry->modules[i]);
    free(registry->modules);
    plugins_list_finish(&registry->list);
    free(registry->executable);
    free(registry->folders);
    metrics_destroy(registry->metrics);
    callers_destroy(registry->callers);
    pthread_cond_destroy(&registry->loading_ended);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

struct metrics *registry_metrics(struct registry *registry)
{
    return registry->metrics;
}

struct callers *registry_callers(struct registry *registry)
{
    return registry->callers;
}

static void meet(struct registry *registry, struct module *module)
{
    enum module_state before = module->state;

    if (module_meet(module, registry->executable, registry->probe_timeout_ns) ||
        before == MODULE_MET || before == MODULE_LOADED)
        return;
    check_types_free(registry, module);
}

/* The first that has the type, refused or not. */
static struct module *find_module(struct registry *registry, const char *type)
{
    struct module *refused = NULL;

    for (size_t i = 0; i < registry->n_modules; i++) {
        struct module *module = &registry->modules[i];

        if (!module_counts(module) || !module_has_type(module, type))
            continue;
        if (module->state != MODULE_REFUSED)
            return module;
        refused = refused ? refused : module;
    }
    return refused;
}

/* The one that has been met and is still the same file: the others need no look. */
static struct module *find_met(struct registry *registry, const char *type)
{
    struct module *found = find_module(registry, type);

    if (!found || (found->state != MODULE_MET && found->state != MODULE_LOADED))
        return NULL;
    module_refresh(found);
    return found->state == MODULE_MET || found->state == MODULE_LOADED ? found : NULL;
}

/* The first that has the type, refused or not; meets the files that have no note only if
 * the type is not found without. */
static struct module *search_module(struct registry *registry, const char *type)
{
    struct module *found = find_met(registry, type);

    if (found)
        return found;
    for (size_t i = 0; i < registry->n_modules; i++)
        if (module_counts(&registry->modules[i]))
            module_refresh(&registry->modules[i]);
    found = find_module(registry, type);
    if (found)
        meet(registry, found);
    if (found && !module_has_type(found, type))
        found = NULL; /* it was only called so */
    for (size_t i = 0; !found && i < registry->n_modules; i++) {
        struct module *module = &registry->modules[i];

        if (!module_counts(module) || module_knows_types(module) || module->state != MODULE_SEEN)
            continue;
        meet(registry, module);
        found = module_has_type(module, type) ? module : NULL;
    }
    return found;
}

/* Plugins whose types are not known may hold the one that is asked for. */
static void note_suspects(
    const struct registry *registry, struct place place, struct diag_list *diags)
{
    int n = 0;

    for (size_t i = 0; i < registry->n_modules && n < NOTES_MAX; i++) {
        const struct module *module = &registry->modules[i];

        if (!module_counts(module) || module->state != MODULE_REFUSED || module_knows_types(module))
            continue;
        diag_add(diags, DIAG_NOTE, module->why.code, place, "%s may have it, but is refused: %s",
            module_name(module), module->why.message);
        n++;
    }
}

const struct config_class *registry_find(struct registry *registry, const char *type,
    struct place place, struct diag_list *diags, bool *ret_reported)
{
    const struct plugin_class *class = NULL;
    struct module *module;

    pthread_mutex_lock(&registry->lock);
    module = search_module(registry, type);
    if (module && module->state != MODULE_REFUSED)
        class = module_class(module->descriptor, type);
    if (!module) {
        note_suspects(registry, place, diags);
    } else if (module->state == MODULE_REFUSED) {
        refusal_report(&module->why, module_name(module), place, DIAG_ERROR, diags);
        *ret_reported = true;
    }
    pthread_mutex_unlock(&registry->lock);
    return class ? &class->config : NULL;
}

const char *registry_name(struct registry *registry, size_t i)
{
    const char *name = NULL;

    pthread_mutex_lock(&registry->lock);
    for (size_t at = 0; !name && at < registry->n_modules; at++) {
        const struct module *module = &registry->modules[at];
        size_t n = 0;

        if (!module_counts(module))
            continue;
        while (n <= i && module_type(module, n))
            n++;
        if (n > i)
            name = module_type(module, i);
        else
            i -= n;
    }
    pthread_mutex_unlock(&registry->lock);
    return name;
}

struct load_job {
    const struct module *module;
    struct descriptor *loaded;
    struct refusal why;
    int r;
};

static void load(void *argument)
{
    struct load_job *job = argument;

    job->r = module_load(job->module, &job->loaded, &job->why);
}

static int refuse_hung(struct module *module, struct refusal *ret_why)
{
    SCOPED_REFUSAL struct refusal why = {0};

    refuse(&why, "W2167", "loading it into the host hangs; it was loaded without that before");
    refusal_text(&why.advice, "restart the host; let constructors of the plugin do nothing");
    refusal_copy(&why, ret_why);
    module_refuse(module, &why);
    return -ENOEXEC;
}

/* With the lock held, which is given up while foreign code runs. */
static int load_module(struct registry *registry, struct module *module, struct refusal *ret_why)
{
    const struct call_limit limit = {.timeout_ns = registry->load_timeout_ns};
    struct load_job *job = mem_zalloc(sizeof *job);
    int r;

    job->module = module;
    module->loading = true;
    pthread_mutex_unlock(&registry->lock);
    r = call_run(registry->callers, load, job, &limit);
    pthread_mutex_lock(&registry->lock);
    if (r) {
        registry->hung = true;
        r = refuse_hung(module, ret_why);
    } else {
        module->loading = false;
        r = job->r;
        *ret_why = job->why;
        module->loaded = job->loaded;
        free(job);
    }
    pthread_cond_broadcast(&registry->loading_ended);
    return r;
}

static int refuse_unknown(const char *type, struct refusal *ret_why)
{
    int r = refuse(ret_why, "W2168", "no plugin has the type '%s' any more", type);

    refusal_text(&ret_why->advice, "check plugins.yml and load the configuration again");
    return r;
}

/* With the lock held: the module of that type, loaded. */
static int load_type(
    struct registry *registry, const char *type, struct module **ret, struct refusal *ret_why)
{
    struct module *module = search_module(registry, type);
    int r = 0;

    if (!module)
        return refuse_unknown(type, ret_why);
    while (module->loading && module->state != MODULE_REFUSED)
        pthread_cond_wait(&registry->loading_ended, &registry->lock);
    if (module->state == MODULE_REFUSED) {
        refusal_copy(&module->why, ret_why);
        return -ENOEXEC;
    }
    if (!module->loaded)
        r = load_module(registry, module, ret_why);
    if (!r && module->state == MODULE_MET) {
        module->state = MODULE_LOADED;
        log_info("plugin loaded", LOG_STR("plugin", module->path),
            LOG_STR("version", module->loaded->version),
            LOG_STR("sha256", module->identity.digest));
    }
    *ret = module;
    return r;
}

int registry_load(struct registry *registry, const char *type, const struct config_class *checked,
    const struct plugin_class **ret_class, struct refusal *ret_why)
{
    struct module *module = NULL;
    int r;

    pthread_mutex_lock(&registry->lock);
    r = load_type(registry, type, &module, ret_why);
    assert(r || module);
    if (!r && checked && checked != &module_class(module->descriptor, type)->config) {
        r = refuse(ret_why, "W2119", "the file was replaced after the options had been checked");
        refusal_text(&ret_why->advice, "load the configuration again");
    }
    if (!r)
        *ret_class = module_class(module->loaded, type);
    pthread_mutex_unlock(&registry->lock);
    return r;
}

void registry_probe_all(struct registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->n_modules; i++)
        if (module_counts(&registry->modules[i]))
            meet(registry, &registry->modules[i]);
    pthread_mutex_unlock(&registry->lock);
}

bool registry_entry(struct registry *registry, size_t i, struct registry_entry *ret_entry)
{
    const struct module *module = &registry->modules[i];

    if (i >= registry->n_modules)
        return false;
    pthread_mutex_lock(&registry->lock);
    *ret_entry = (struct registry_entry){
        .import = module->listed->import,
        .path = module->path,
        .place = plugins_entry_place(module->listed),
        .active = module->listed->active,
        .duplicate = module->duplicate,
        .descriptor = module->state == MODULE_REFUSED ? NULL : module->descriptor,
        .refusal = module->state == MODULE_REFUSED ? &module->why : NULL,
        .digest = module->identity.digest[0] ? module->identity.digest : NULL,
    };
    pthread_mutex_unlock(&registry->lock);
    return true;
}
