#include "aggregate/collect.h"

#include "aggregate/pack_id.h"
#include "aggregate/parting.h"
#include "base/clock.h"
#include "base/mem.h"

/* Old sources are looked for so often, and forgotten after so long (by their number). */
#define CLEAN_INTERVAL_NS (600 * NS_PER_S)
#define SOURCES_MANY 100000U
#define FORGET_AFTER_NS (30 * 24 * 3600 * NS_PER_S)
#define FORGET_AFTER_MANY_NS (24 * 3600 * NS_PER_S)

/* Routes may be without number: of those beyond this only the ones with an open group
 * are remembered. */
#define ROUTES_KEPT (4 * COLLECT_OPEN_GROUPS_MAX)

/* When less than this part of a batch's memory is in use, it is copied and not held. */
#define IN_USE_MIN_DIVISOR 4U

static void seal_context(struct context *context)
{
    struct collector *self = context->collector;
    struct group_facts facts = {
        .tags = context->tags,
        .n_tags = context->n_tags,
        .topic = context->topic,
        .category =
            context->category.size ? context->category : str_of(self->context.global->logstore),
        .source = str_of(self->address),
    };
    char pack_id[PACK_ID_MAX];

    if (self->settings.topic.size && (self->settings.topic_overrides || !context->topic.size))
        facts.topic = self->settings.topic;
    if (self->settings.pack_ids) {
        bool by_source = self->settings.pack_by_source;
        uint64_t prefix = by_source ? context->pack_prefix : self->pack_prefix;
        int64_t number = by_source ? context->pack_number++ : self->pack_number++;
        size_t size = pack_id_format(pack_id, prefix, number);

        context->tags[facts.n_tags++] = (struct weir_kv){{"__pack_id__", 11}, {pack_id, size}};
    }
    loop_clear_timer(self->context.loop, &context->timer);
    list_remove(&context->open);
    self->n_open--;
    self->open_bytes -= group_builder_bytes(context->group);
    self->context.next->push(self->context.next, group_seal(take_ptr(context->group), &facts));
}

static uint64_t due_ns(const struct context *context)
{
    return MIN(context->opened_ns + context->collector->interval_ns,
        context->last_log_ns + AGGREGATE_IDLE_NS);
}

/* The timer is set once and looks again: logs that come do not touch it. */
static void timer_expired(struct loop_timer *timer)
{
    struct context *context = container_of(timer, struct context, timer);
    struct loop *loop = context->collector->context.loop;
    uint64_t due = due_ns(context);

    if (due > loop_now_ns(loop))
        loop_set_timer(loop, timer, due);
    else
        seal_context(context);
}

static bool is_old(const struct context *context, void *limit_ns)
{
    return !context->group && context->last_used_ns < *(const uint64_t *)limit_ns;
}

static void forget_old(struct collector *self, uint64_t now_ns)
{
    uint64_t age_ns = self->table.count > SOURCES_MANY ? FORGET_AFTER_MANY_NS : FORGET_AFTER_NS;
    uint64_t limit_ns = now_ns > age_ns ? now_ns - age_ns : 0;

    if (self->table.count <= self->settings.sources_kept ||
        now_ns - self->cleaned_ns < CLEAN_INTERVAL_NS)
        return;
    self->cleaned_ns = now_ns;
    context_drop_if(&self->table, is_old, &limit_ns);
}

static bool is_closed(const struct context *context, void *argument)
{
    (void)argument;
    return !context->group;
}

static void forget_routes(struct collector *self)
{
    if (self->table.count > ROUTES_KEPT)
        context_drop_if(&self->table, is_closed, NULL);
}

/* What a batch says of its source, as far as it counts. */
static const struct batch *facts_of(const struct collector *self, const struct batch *batch)
{
    return self->settings.across_sources ? NULL : batch;
}

static struct context *context_of(struct collector *self, struct weir_str name,
    const struct batch *batch, const struct route *route)
{
    struct context *context = context_find(&self->table, name);

    if (context)
        return context;
    context = context_add(&self->table, name);
    context->collector = self;
    context->timer.expired = timer_expired;
    context->pack_prefix = pack_id_prefix(context->name, self->address);
    context->pack_number = 1;
    if (route)
        context_set_route(context, route);
    context_set_facts(context, facts_of(self, batch));
    return context;
}

/* The route's key behind its size, then the source: no two pairs look alike. */
static struct weir_str name_of(
    struct collector *self, const struct batch *batch, struct weir_str key)
{
    self->name.size = 0;
    buf_append(&self->name, &key.size, sizeof key.size);
    buf_append(&self->name, key.data, key.size);
    if (!self->settings.across_sources)
        buf_append(&self->name, batch->context.data, batch->context.size);
    return (struct weir_str){self->name.data, self->name.size};
}

static struct context *choose_context(
    void *owner, const struct batch *batch, const struct weir_log *log)
{
    struct collector *self = owner;
    struct router *router = self->settings.router;
    struct route route = {0};

    if (self->settings.drop_oversize && log_estimate(log) > self->settings.max_bytes) {
        self->aggregator.n_dropped++;
        self->oversize.n_logs++;
        return NULL;
    }
    if (!router->find(router, batch, log, &route))
        return NULL;
    return context_of(self, name_of(self, batch, route.key), batch, &route);
}

static void open_group(struct context *context, const struct batch *batch, uint64_t now_ns)
{
    struct collector *self = context->collector;

    context->group = group_open(self->context.memory, self->settings.max_logs);
    context->opened_ns = now_ns;
    context->last_log_ns = now_ns;
    context->lanes = batch->lanes;
    list_append(&self->open, &context->open);
    self->n_open++;
    loop_set_timer(self->context.loop, &context->timer, due_ns(context));
}

/* Whether little of the batch's memory is in use. */
static bool mostly_unused(const struct batch *batch)
{
    size_t held = 0, used = 0;

    for (uint32_t i = 0; i < batch->n_blocks; i++)
        held += batch->blocks[i]->size;
    for (const struct block *block = batch->arena.blocks; block; block = block->next)
        held += block->size;
    for (uint32_t i = 0; i < batch->n_logs; i++) {
        used += sizeof(struct weir_log) + batch->logs[i].n_contents * sizeof(struct weir_kv) +
                log_estimate(&batch->logs[i]);
        if (used >= held / IN_USE_MIN_DIVISOR)
            return false;
    }
    return true;
}

/* Adds as many of the logs [first, end) as fit the open group; returns how many. */
static uint32_t add_some(
    struct context *context, struct batch *batch, uint32_t first, uint32_t end, bool copy)
{
    struct collector *self = context->collector;
    struct group_builder *group = context->group;
    size_t before = group_builder_bytes(group);
    uint32_t count = MIN(end - first, self->settings.max_logs - group_builder_logs(group));
    uint32_t added = group_add_fitting(group, batch, first, count, self->settings.max_bytes, copy);

    self->open_bytes += group_builder_bytes(group) - before;
    if (first + added < end || group_builder_logs(group) == self->settings.max_logs)
        seal_context(context);
    return added;
}

/* Logs without contents go; the others get a time. */
static void prepare_logs(const struct collector *self, struct batch *batch)
{
    uint32_t now_s = (uint32_t)(clock_wall_ns() / NS_PER_S), kept = 0;
    bool keep_ns = self->context.global->enable_timestamp_nanosecond;

    for (uint32_t i = 0; i < batch->n_logs; i++) {
        struct weir_log *log = &batch->logs[i];

        if (!log->n_contents)
            continue;
        if (!log->time_s)
            log->time_s = now_s;
        if (!keep_ns)
            log->time_ns = 0;
        if (kept != i)
            batch->logs[kept] = *log;
        kept++;
    }
    batch->n_logs = kept;
}

/* The logs [first, end) of the batch are the context's. */
static void add_lot(struct context *context, struct batch *batch, uint32_t first, uint32_t end,
    bool copy, uint64_t now_ns)
{
    const struct batch *facts = facts_of(context->collector, batch);
    bool same_facts = !facts || context_same_facts(context, facts);

    if (context->group && (context->lanes != batch->lanes || !same_facts))
        seal_context(context);
    if (!same_facts)
        context_set_facts(context, facts);
    while (first < end) {
        if (!context->group)
            open_group(context, batch, now_ns);
        first += add_some(context, batch, first, end, copy);
    }
    context->last_log_ns = context->last_used_ns = now_ns;
}

static void push_parted(struct collector *self, struct batch *batch, uint64_t now_ns)
{
    struct router *router = self->settings.router;
    const struct lot *lots;
    uint32_t n_lots = parting_sort(self->parting, batch, choose_context, self, &lots);
    bool copy = mostly_unused(batch);

    for (uint32_t i = 0; i < n_lots; i++)
        add_lot(lots[i].context, batch, lots[i].first, lots[i].end, copy, now_ns);
    if (router->report)
        router->report(router);
    complaint_report(&self->oversize, &self->context);
    forget_routes(self);
}

static void push_whole(struct collector *self, struct batch *batch, uint64_t now_ns)
{
    struct context *context = context_of(self, batch->context, batch, NULL);

    add_lot(context, batch, 0, batch->n_logs, mostly_unused(batch), now_ns);
}

/* Until at most so many are open. */
static void seal_oldest(struct collector *self, size_t n_left)
{
    struct context *context;

    while (self->n_open > n_left && (context = list_first(&self->open, struct context, open)))
        seal_context(context);
}

void collector_push(struct aggregator *aggregator, struct batch *batch)
{
    struct collector *self = (struct collector *)aggregator;
    uint64_t now_ns = clock_now_ns();

    prepare_logs(self, batch);
    if (!batch->n_logs)
        return;
    forget_old(self, now_ns);
    if (self->settings.router)
        push_parted(self, batch, now_ns);
    else
        push_whole(self, batch, now_ns);
    seal_oldest(self, self->open_bytes > self->open_bytes_max ? 0 : COLLECT_OPEN_GROUPS_MAX);
}

void collector_seal(struct aggregator *aggregator)
{
    seal_oldest((struct collector *)aggregator, 0);
}

struct aggregator *collector_create(const struct aggregator_class *class,
    const struct aggregator_context *context, const struct collect_settings *settings)
{
    struct collector *self = mem_zalloc(sizeof *self);

    self->aggregator.class = class;
    self->context = *context;
    self->settings = *settings;
    self->interval_ns = context->global->aggregat_interval_ms * NS_PER_MS;
    self->open_bytes_max = MAX(COLLECT_OPEN_BYTES_MAX, settings->max_bytes);
    self->cleaned_ns = clock_now_ns();
    self->oversize.message = "logs are dropped: larger than a group may be";
    if (settings->router)
        self->parting = parting_create();
    list_init(&self->open);
    self->address =
        context->global->host_ip.size ? context->global->host_ip.data : context->host->address;
    self->pack_prefix = pack_id_prefix(str_of(context->pipeline), self->address);
    return &self->aggregator;
}

void collector_destroy(struct aggregator *aggregator)
{
    struct collector *self = (struct collector *)aggregator;

    if (!self)
        return;
    if (self->settings.router)
        self->settings.router->destroy(self->settings.router);
    parting_destroy(self->parting);
    buf_finish(&self->name);
    context_table_finish(&self->table);
    free(self);
}
