#include "plugin/instance_private.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "plugin/call.h"
#include "plugin/registry.h"

#define INIT_TIMEOUT_NS (30 * NS_PER_S)
#define URGENT_TIMEOUT_NS (1 * NS_PER_S)
#define DEADLINE_GRACE_NS (1 * NS_PER_S)
/* Instance memory starts a cache line of its own. */
#define SELF_ALIGN 64

/* One control call, for the thread that makes it. */
enum control {
    CONTROL_INIT,
    CONTROL_URGENT,
    CONTROL_STOP,
    CONTROL_PROBE,
};

struct control_job {
    struct instance *instance;
    enum control control;
    int exiting;
    uint64_t deadline_ns;
    int r;
    struct weir_error error;
    struct weir_result result;
    char text[INSTANCE_TEXT_MAX];
};

static const struct weir_flusher_class *calls_of(const struct instance *instance)
{
    return &instance->class->calls;
}

/* Whether the class has that call: what is not called cannot hang. */
static bool is_foreign(const struct control_job *job)
{
    const struct weir_flusher_class *calls = calls_of(job->instance);

    switch (job->control) {
    case CONTROL_URGENT:
        return calls->set_urgent;
    case CONTROL_STOP:
        return calls->stop;
    case CONTROL_PROBE:
        return calls->probe;
    default:
        return true;
    }
}

/* This is the place where calls that a class does not have get their default. */
static void control_run(void *argument)
{
    struct control_job *job = argument;
    struct instance *instance = job->instance;
    const struct weir_flusher_class *calls = calls_of(instance);

    switch (job->control) {
    case CONTROL_INIT:
        job->r = calls->init(instance->self, &instance->context);
        break;
    case CONTROL_URGENT:
        if (calls->set_urgent)
            calls->set_urgent(instance->self, job->exiting);
        break;
    case CONTROL_STOP:
        if (calls->stop)
            job->r = calls->stop(instance->self, job->deadline_ns, &job->result);
        break;
    case CONTROL_PROBE:
        if (!calls->probe)
            job->r = -ENOTSUP;
        else if ((job->r = calls->probe(instance->self, job->deadline_ns, &job->result)) ==
                 -ENOTSUP)
            job->r = -EIO;
        break;
    }
}

static struct control_job *control_create(struct instance *instance, enum control control)
{
    struct control_job *job = mem_zalloc(sizeof *job);

    job->instance = instance;
    job->control = control;
    job->error = (struct weir_error){sizeof job->error, 0, job->text, sizeof job->text};
    job->result = (struct weir_result){
        .struct_size = sizeof job->result, .text = job->text, .text_max = sizeof job->text};
    return job;
}

/* Runs it and ends the job: 0, what the plugin returned (never -ETIMEDOUT), or
 * -ETIMEDOUT, after which the instance is abandoned, the job too. Words and code go
 * to ret_result if that is not NULL. */
static int control_call(
    struct control_job *job, uint64_t timeout_ns, struct weir_result *ret_result)
{
    struct instance *instance = job->instance;
    const struct call_limit limit = {timeout_ns, &instance->last_alive_ns};
    int r;

    if (instance_abandoned(instance)) {
        free(job);
        return -ETIMEDOUT;
    }
    atomic_store(&instance->last_alive_ns, clock_now_ns());
    if (!is_foreign(job)) {
        control_run(job);
    } else if (call_run(instance->callers, control_run, job, &limit)) {
        atomic_store(&instance->abandoned, true);
        return -ETIMEDOUT;
    }
    r = job->r == -ETIMEDOUT ? -EIO : job->r;
    job->text[sizeof job->text - 1] = '\0';
    if (ret_result) {
        ret_result->code = job->control == CONTROL_INIT ? job->error.code : job->result.code;
        ret_result->retry_after_ns = job->result.retry_after_ns;
        if (ret_result->text && ret_result->text_max)
            snprintf(ret_result->text, ret_result->text_max, "%s", job->text);
    }
    free(job);
    return r;
}

static struct weir_str str_of(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static void init_context(struct instance *instance, const struct instance_spec *spec)
{
    const struct options *options = spec->options;

    instance->context = (struct weir_context){
        .struct_size = sizeof instance->context,
        .host = &instance->host,
        .options = options ? options->values : NULL,
        .options_json = {options ? options->json : "{}", options ? options->json_size : 2},
        .project = str_of(instance->project),
        .logstore = str_of(instance->logstore),
        .config = str_of(instance->pipeline),
        .logstore_key = spec->logstore_key,
        .lane = str_of(instance->lane),
    };
}

static void init_sync(struct instance *instance)
{
    pthread_mutex_init(&instance->lock, NULL);
    thread_cond_init(&instance->woken);
    instance->misbehaviour.interval_ns = INSTANCE_MISBEHAVIOUR_INTERVAL_NS;
}

/* Zeroed memory for the plugin; one byte more than nothing, so that it has an address. */
static void *new_self(size_t size)
{
    size_t rounded = (size + SELF_ALIGN) / SELF_ALIGN * SELF_ALIGN;
    void *self = aligned_alloc(SELF_ALIGN, rounded);

    if (!self)
        abort();
    return memset(self, 0, rounded);
}

static char *copy_or_empty(const char *text)
{
    return mem_strdup(text ? text : "");
}

/* A lane's name as a Prometheus label value. */
static char *make_labels(const char *pipeline, const char *lane)
{
    struct buf labels = {0};
    const char *parts[] = {"pipeline=\"", pipeline, "\",flusher=\"", lane, "\""};

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        for (const char *at = parts[i]; *at; at++) {
            if (i % 2 && (*at == '"' || *at == '\\'))
                buf_putc(&labels, '\\');
            buf_putc(&labels, i % 2 && *at == '\n' ? ' ' : *at);
        }
    return buf_take(&labels);
}

static struct instance *new_instance(
    const struct instance_spec *spec, const struct plugin_class *class)
{
    struct instance *instance = mem_zalloc(sizeof *instance);

    instance->class = class;
    instance->self = new_self(class->instance_size);
    instance->registry = spec->registry;
    instance->metrics = registry_metrics(spec->registry);
    instance->callers = registry_callers(spec->registry);
    instance->pipeline = copy_or_empty(spec->pipeline);
    instance->project = copy_or_empty(spec->project);
    instance->logstore = copy_or_empty(spec->logstore);
    instance->lane = copy_or_empty(spec->lane);
    instance->labels = make_labels(instance->pipeline, instance->lane);
    instance->data_dir = spec->data_dir ? mem_strdup(spec->data_dir) : NULL;
    instance->owner = spec->owner;
    instance->settle = spec->settle;
    instance->mark = spec->mark;
    instance->notify_ready = spec->notify_ready;
    instance->misbehaved = spec->misbehaved;
    init_sync(instance);
    instance_host_init(instance);
    init_context(instance, spec);
    return instance;
}

static int run_init(struct instance *instance, uint64_t timeout_ns, char *why, size_t why_max)
{
    struct control_job *job = control_create(instance, CONTROL_INIT);
    char text[INSTANCE_TEXT_MAX] = "";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};
    int r;

    instance->context.error = &job->error;
    r = control_call(job, timeout_ns ? timeout_ns : INIT_TIMEOUT_NS, &result);
    if (!r) {
        instance->context.error = NULL;
        return 0;
    }
    if (r == -ETIMEDOUT)
        snprintf(why, why_max, "init has not returned in %llu ms and is left behind",
            (unsigned long long)((timeout_ns ? timeout_ns : INIT_TIMEOUT_NS) / NS_PER_MS));
    else
        snprintf(why, why_max, "init failed with %d: %s", result.code ? result.code : r,
            text[0] ? text : "no words were given");
    return r == -ETIMEDOUT ? r : -EIO;
}

static int load_class(const struct instance_spec *spec, const struct plugin_class **ret_class,
    char *why, size_t why_max)
{
    SCOPED_REFUSAL struct refusal refused = {0};
    int r = registry_load(spec->registry, spec->type, spec->class, ret_class, &refused);

    if (r)
        snprintf(why, why_max, "%s: its plugin is refused: %s%s%s", refused.code, refused.message,
            refused.advice ? "; " : "", refused.advice ? refused.advice : "");
    return r;
}

int instance_create(
    const struct instance_spec *spec, struct instance **ret, char *why, size_t why_max)
{
    const struct plugin_class *class = NULL;
    struct instance *instance;
    int r = load_class(spec, &class, why, why_max);

    if (r)
        return r;
    instance = new_instance(spec, class);
    r = run_init(instance, spec->init_timeout_ns, why, why_max);
    if (r)
        instance_destroy(instance);
    else
        *ret = instance;
    return r;
}

uint32_t instance_flags(const struct instance *instance)
{
    return instance->class->flags;
}

bool instance_is_ready(struct instance *instance, struct weir_str project, struct weir_str logstore,
    int64_t logstore_key)
{
    const struct weir_flusher_class *calls = calls_of(instance);

    return !calls->is_ready || calls->is_ready(instance->self, project, logstore, logstore_key);
}

uint32_t instance_flush(
    struct instance *instance, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict;

    atomic_store(&instance->last_alive_ns, clock_now_ns());
    verdict = calls_of(instance)->flush(instance->self, batch, result);
    if (result->text && result->text_max)
        result->text[result->text_max - 1] = '\0';
    if (verdict > WEIR_BROKEN) {
        instance_misbehaves(
            instance, "W5001", "flush returned an unknown verdict, taken as RETRY", verdict);
        return WEIR_RETRY;
    }
    if (verdict == WEIR_PENDING && !(instance->class->flags & WEIR_ASYNC)) {
        instance_misbehaves(instance, "W5002",
            "flush returned PENDING, but the class is not ASYNC; taken as RETRY", verdict);
        return WEIR_RETRY;
    }
    if (verdict == WEIR_PENDING)
        atomic_fetch_add(&instance->n_owed, 1);
    return verdict;
}

void instance_set_urgent(struct instance *instance, bool exiting)
{
    struct control_job *job = control_create(instance, CONTROL_URGENT);

    job->exiting = exiting;
    instance_host_wake(instance);
    if (control_call(job, URGENT_TIMEOUT_NS, NULL) == -ETIMEDOUT)
        instance_misbehaves(instance, "W5003", "set_urgent hangs; it is to set a flag only", 0);
    instance_host_wake(instance);
}

/* A call that is told its deadline, and given a little more. */
static int control_by_deadline(
    struct control_job *job, uint64_t deadline_ns, struct weir_result *result)
{
    uint64_t now_ns = clock_now_ns();

    job->deadline_ns = deadline_ns;
    return control_call(
        job, (deadline_ns > now_ns ? deadline_ns - now_ns : 0) + DEADLINE_GRACE_NS, result);
}

int instance_stop(struct instance *instance, uint64_t deadline_ns, struct weir_result *result)
{
    struct control_job *job = control_create(instance, CONTROL_STOP);

    instance_host_wake(instance);
    return control_by_deadline(job, deadline_ns, result);
}

int instance_probe(struct instance *instance, uint64_t deadline_ns, struct weir_result *result)
{
    return control_by_deadline(control_create(instance, CONTROL_PROBE), deadline_ns, result);
}

static void destroy(struct instance *instance)
{
    pthread_cond_destroy(&instance->woken);
    pthread_mutex_destroy(&instance->lock);
    free(instance->self);
    free(instance->labels);
    free(instance->pipeline);
    free(instance->project);
    free(instance->logstore);
    free(instance->lane);
    free(instance->data_dir);
    free(instance);
}

static bool release(struct kept *kept)
{
    struct instance *instance = container_of(kept, struct instance, kept);

    if (atomic_load(&instance->n_owed) > 0)
        return false;
    destroy(instance);
    return true;
}

/* A thread that was to settle what was PENDING may be about to, and a call that was left
 * behind may come back: the memory they have pointers to stays, though nobody listens. */
void instance_destroy(struct instance *instance)
{
    if (!instance)
        return;
    instance_host_end(instance);
    if (instance_abandoned(instance))
        return;
    instance->kept.release = release;
    if (atomic_load(&instance->n_owed) > 0)
        registry_keep(instance->registry, &instance->kept);
    else
        destroy(instance);
}

uint64_t instance_last_alive_ns(const struct instance *instance)
{
    return atomic_load(&instance->last_alive_ns);
}

bool instance_abandoned(const struct instance *instance)
{
    return atomic_load(&instance->abandoned);
}
