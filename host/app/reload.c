#include "app/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct reloader {
    struct reloader_spec spec;
    struct config_watch *watch;
    struct job read;
    struct config_set configs;  /* as the job has read them */
    struct known_config *known; /* what need not be read further */
    size_t n_known;
    bool busy, again, stopped;
    uint64_t began_ns;
    struct list waiters, next_waiters; /* of this round, of the next */
    struct reload_history history;
};

static void begin_round(struct reloader *self);

static void files_changed(void *owner)
{
    reloader_ask(owner, "files changed", NULL);
}

static void read_configs(struct job *job)
{
    struct reloader *self = container_of(job, struct reloader, read);
    struct configs_request request = self->spec.configs;

    request.known = self->known;
    request.n_known = self->n_known;
    config_set_read(&request, false, &self->configs);
}

/* The next round may begin, and read, before this returns. */
static void apply(struct reloader *self)
{
    struct config_set configs = self->configs;

    self->configs = (struct config_set){0};
    if (self->watch)
        config_watch_refer(self->watch, configs.referred, configs.n_referred);
    pipeline_set_apply(self->spec.set, &configs, &self->spec.configs);
    config_set_finish(&configs);
}

static void disappoint(struct list *waiters)
{
    struct reload_waiter *waiter;

    LIST_EACH (waiter, waiters, link) {
        list_remove(&waiter->link);
        waiter->done(waiter, NULL);
    }
}

static void have_read(struct job *job, bool cancelled)
{
    struct reloader *self = container_of(job, struct reloader, read);

    pipeline_set_free_known(self->known, self->n_known);
    if (!cancelled && !self->stopped) {
        apply(self);
        return;
    }
    config_set_finish(&self->configs);
    disappoint(&self->waiters);
    self->busy = false;
}

struct reloader *reloader_create(const struct reloader_spec *spec)
{
    struct reloader *self = mem_zalloc(sizeof *self);

    self->spec = *spec;
    list_init(&self->waiters);
    list_init(&self->next_waiters);
    if (spec->watch)
        self->watch = config_watch_create(&(struct config_watch_spec){
            spec->loop, spec->configs.paths, spec->configs.n_paths, files_changed, self});
    return self;
}

void reloader_destroy(struct reloader *self)
{
    if (!self)
        return;
    config_watch_destroy(self->watch);
    config_set_finish(&self->configs);
    free(self);
}

/* Watching begins before reading, so that no change is missed. */
static void watch(struct reloader *self)
{
    if (self->watch)
        config_watch_arm(self->watch);
}

bool reloader_begin(struct reloader *self)
{
    self->began_ns = clock_now_ns();
    watch(self);
    config_set_read(&self->spec.configs, self->spec.text, &self->configs);
    if (!self->configs.count) {
        config_set_finish(&self->configs);
        return false;
    }
    self->busy = true;
    apply(self);
    return true;
}

static void begin_round(struct reloader *self)
{
    struct reload_waiter *waiter;

    self->busy = true;
    self->again = false;
    self->began_ns = clock_now_ns();
    LIST_EACH (waiter, &self->next_waiters, link) {
        list_remove(&waiter->link);
        list_append(&self->waiters, &waiter->link);
    }
    self->spec.began(self->spec.owner);
    watch(self);
    self->n_known = pipeline_set_known(self->spec.set, &self->known);
    self->read = (struct job){.run = read_configs, .done = have_read};
    jobs_submit(self->spec.jobs, &self->read);
}

void reloader_ask(struct reloader *self, const char *reason, struct reload_waiter *waiter)
{
    if (self->stopped)
        return;
    log_info("reload", LOG_STR("reason", reason));
    if (waiter)
        list_append(&self->next_waiters, &waiter->link);
    if (self->busy)
        self->again = true;
    else
        begin_round(self);
}

void reloader_stop(struct reloader *self)
{
    self->stopped = true;
    disappoint(&self->next_waiters);
    config_watch_destroy(take_ptr(self->watch));
}

const struct reload_history *reloader_history(const struct reloader *self)
{
    return &self->history;
}

static void note(struct reloader *self, const struct reload_result *result)
{
    struct reload_history *history = &self->history;

    history->last_good = reload_result_ok(result);
    history->n_good += history->last_good;
    history->n_bad += !history->last_good;
    history->last_wall_ns = result->wall_ns;
    history->last_took_ns = result->took_ns;
    if (history->last_good)
        history->last_good_wall_ns = result->wall_ns;
}

void reloader_applied(struct reloader *self, struct reload_result *result)
{
    struct reload_waiter *waiter;

    result->wall_ns = clock_wall_ns();
    result->took_ns = clock_now_ns() - self->began_ns;
    note(self, result);
    LIST_EACH (waiter, &self->waiters, link) {
        list_remove(&waiter->link);
        waiter->done(waiter, result);
    }
    self->busy = false;
    self->spec.ended(self->spec.owner, result);
    reload_result_finish(result);
    if (self->again && !self->stopped && !self->busy)
        begin_round(self);
}
