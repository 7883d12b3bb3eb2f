#include "model/life.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../plugins/scripted.h"
#include "app/catalog.h"
#include "app/ingest.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/host_facts.h"
#include "base/mem.h"
#include "base/util.h"
#include "input/checkpoints.h"
#include "input/input.h"
#include "aggregate/aggregate.h"
#include "pipeline/pipeline.h"

#define WORKERS 2u
#define LINES_OF_GROUP 5u
#define STOP_NS (5 * NS_PER_S)

struct order {
    enum op_kind kind;
    uint32_t n;
};

/* What the process has. */
struct host {
    struct world *world;
    struct pipeline_shared shared;
    struct host_facts facts;
    struct ingest *ingest;
    struct pipeline *pipeline;
    uint64_t generation;
};

/* -- the pipeline -- */

static const struct config_class *find_class(void *context, enum config_section section,
    const char *type, struct place place, struct diag_list *diags, bool *ret_reported)
{
    const struct input_class *input;
    const struct aggregator_class *aggregator;

    if (section == CONFIG_FLUSHER)
        return registry_find(context, type, place, diags, ret_reported);
    for (size_t i = 0; section == CONFIG_INPUT && (input = input_class_at(i)); i++)
        if (!strcmp(input->config.type, type))
            return &input->config;
    for (size_t i = 0; section == CONFIG_AGGREGATOR && (aggregator = aggregator_class_at(i)); i++)
        if (!strcmp(aggregator->config.type, type))
            return &aggregator->config;
    return NULL;
}

static const char *no_name(void *context, enum config_section section, size_t i)
{
    (void)context;
    (void)section;
    (void)i;
    return NULL;
}

static char *write_config(const struct world *world)
{
    char *path = mem_printf("%s/p.json", world->folder);
    FILE *file = fopen(path, "w");

    if (!file)
        return path;
    fprintf(file,
        "{\"inputs\": [{\"plugin_type\": \"input_file\", \"detail\": {\"FilePaths\": "
        "[\"%s/app.log*\"]}}], \"aggregators\": [{\"plugin_type\": \"aggregator_base\", "
        "\"detail\": {\"MaxLogCount\": %u}}], \"flushers\": [",
        world->folder, LINES_OF_GROUP);
    for (uint32_t i = 0; i < world->story.n_lanes; i++)
        fprintf(file, "%s{\"plugin_type\": \"%s\"}", i ? ", " : "",
            strchr(world_lane_name(world, i), '/') + 1);
    fprintf(file, "]}");
    fclose(file);
    return path;
}

/* Limits are tinier than a file of options could say. */
static void set_lane(struct host *host, uint32_t lane, struct component_config *config)
{
    const struct story_lane *how = &host->world->story.lanes[lane];

    world_script(host->world, lane, host->generation, config->options->values);
    config->delivery = (struct delivery_config){
        .queue_max_bytes = 64 * KIB,
        .queue_max_groups = how->queue_groups,
        .retry_initial_delay_ns = NS_PER_MS,
        .retry_max_delay_ns = 12 * NS_PER_MS,
        .retry_max_attempts = how->attempts,
        .pending_max = 4,
        .flush_timeout_ns = NS_PER_S,
        .circuit_failures = how->circuit,
        .spool = how->spool,
        .spool_durability = how->durability,
        .spool_max_bytes = how->spool_kib * KIB,
    };
}

static struct pipeline_config *make_config(struct host *host)
{
    struct config_catalog catalog = {
        .context = host->shared.registry, .find = find_class, .name = no_name};
    struct pipeline_request request = {.catalog = &catalog};
    SCOPED_FREE char *path = write_config(host->world);
    struct diag_list diags = {0};
    struct pipeline_config *config = pipeline_config_read(path, &request, &diags);

    host->generation++;
    if (!config)
        world_fail(host->world, "no configuration: %s", diags.items[0].message);
    for (uint32_t i = 0; config && i < host->world->story.n_lanes; i++)
        set_lane(host, i, &config->sections[CONFIG_FLUSHER].items[i]);
    diag_list_finish(&diags);
    return config;
}

static struct pipeline *make_pipeline(struct host *host)
{
    struct pipeline_config *config = make_config(host);
    struct pipeline *pipeline = NULL;
    char why[256] = "";

    if (config)
        pipeline =
            pipeline_create(&host->shared, ingest_place(host->ingest), config, why, sizeof why);
    if (!pipeline || pipeline_build(pipeline, why, sizeof why)) {
        world_fail(host->world, "no pipeline: %s", why);
        _exit(1);
    }
    return pipeline;
}

/* -- its life, in the order of app/ -- */

static void begin(struct host *host, struct world *world, struct registry *registry)
{
    SCOPED_FREE char *data = mem_printf("%s/data", world->folder);
    SCOPED_FREE char *spool = mem_printf("%s/spool", data);
    SCOPED_FREE char *checkpoints = mem_printf("%s/checkpoints", data);
    char why[256] = "";

    mkdir(data, 0755);
    *host = (struct host){.world = world,
        .shared = {.registry = registry,
            .memory = memory_create(MEMORY_LIMIT_DEFAULT),
            .pool = pool_create(WORKERS),
            .spools = spools_create(spool),
            .checkpoints = checkpoints_open(checkpoints, why, sizeof why)}};
    host_facts_find(&host->facts);
    host->shared.host = &host->facts;
    host->ingest = ingest_create(1, why, sizeof why);
    if (!host->shared.checkpoints || !host->ingest || ingest_start(host->ingest, why, sizeof why)) {
        world_fail(world, "no host: %s", why);
        _exit(1);
    }
    host->pipeline = make_pipeline(host);
    pipeline_start(host->pipeline);
}

static void reload(struct host *host)
{
    struct pipeline *next = make_pipeline(host), *before = host->pipeline;

    pipeline_set_urgent(before, false);
    pipeline_stop_inputs(before);
    pipeline_close(before, next, clock_now_ns() + STOP_NS);
    pipeline_start(next);
    pipeline_destroy(before);
    host->pipeline = next;
}

static void end(struct host *host, uint32_t drain_ms)
{
    uint64_t until_ns = clock_now_ns() + drain_ms * NS_PER_MS;

    pipeline_set_urgent(host->pipeline, true);
    pipeline_stop_inputs(host->pipeline);
    while (!pipeline_idle(host->pipeline) && clock_now_ns() < until_ns)
        usleep(1000);
    pipeline_close(host->pipeline, NULL, clock_now_ns() + STOP_NS);
    pipeline_destroy(host->pipeline);
    ingest_destroy(host->ingest);
    checkpoints_close(host->shared.checkpoints);
    if (pool_destroy(host->shared.pool))
        world_fail(host->world, "a worker is left behind");
    spools_destroy(host->shared.spools);
    if (memory_used(host->shared.memory))
        world_fail(host->world, "memory is lost");
}

/* Obeys until it is told to stop. */
static _Noreturn void live(struct world *world, struct registry *registry, int orders, int answers)
{
    struct host host;
    struct order order;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    begin(&host, world, registry);
    while (read(orders, &order, sizeof order) == sizeof order) {
        if (order.kind == OP_RELOAD)
            reload(&host);
        else
            end(&host, order.n);
        if (write(answers, "", 1) != 1 || order.kind == OP_STOP)
            break;
    }
    _exit(0);
}

/* -- the parent's side -- */

void life_start(struct life *life, struct world *world, struct registry *registry)
{
    int orders[2], answers[2];

    if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0) {
        world_fail(world, "no pipe");
        return;
    }
    *life = (struct life){fork(), orders[1], answers[0]};
    if (!life->pid) {
        close(orders[1]);
        close(answers[0]);
        live(world, registry, orders[0], answers[1]);
    }
    close(orders[0]);
    close(answers[1]);
}

static bool order(struct life *life, enum op_kind kind, uint32_t n)
{
    struct order order = {kind, n};
    char answer;

    return write(life->orders, &order, sizeof order) == sizeof order &&
           read(life->answers, &answer, 1) == 1;
}

bool life_reload(struct life *life)
{
    return order(life, OP_RELOAD, 0);
}

bool life_stop(struct life *life, uint32_t drain_ms)
{
    return order(life, OP_STOP, drain_ms);
}

void life_kill(struct life *life)
{
    kill(life->pid, SIGKILL);
}

bool life_has_ended(struct life *life)
{
    siginfo_t info = {0};

    return !waitid(P_PID, (id_t)life->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

int life_bury(struct life *life)
{
    int status = 0;

    waitpid(life->pid, &status, 0);
    close(life->orders);
    close(life->answers);
    life->pid = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
