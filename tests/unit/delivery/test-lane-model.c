/*
 * Random stories of a lane with a spool, against a simple model of what lies around it: a
 * source of numbered logs that is read again from its position, and a sink that counts what
 * arrives. Limits are tiny, so that every bound is met all the time. Each story goes on in
 * child processes that share the model's memory: a crash is the end of one without a word,
 * between two steps or inside a flush.
 *
 * What must hold at the end: every log has arrived or was rejected; without a crash none
 * has twice; and but for logs that were marked and sinks that are concurrent, first
 * arrivals are in order.
 *
 * The seed is printed with a story that fails; WEIR_TEST_SEED runs just that one. Stories
 * grow from one to the next, so the first that fails is a short one.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "../../plugins/scripted.h"
#include "base/clock.h"
#include "base/mem.h"
#include "config/pipeline_config.h"
#include "delivery/lane.h"
#include "plugin/given_plugins.h"
#include "unit.h"

#define N_LOGS 400u
#define N_STORIES 12u
#define STEPS_MAX 24u
#define PATIENCE_NS (20 * NS_PER_S)

enum step_kind { PUSH, SINK, REST, STOP, CRASH, CRASH_IN_FLUSH, N_KINDS };
static const char *const kind_names[] = {"push", "sink", "rest", "stop", "crash", "crash in flush"};

struct story {
    uint64_t seed;
    struct delivery_config delivery;
    bool marks;      /* the sink rejects and retries single logs */
    bool concurrent; /* the sink's class; then order is not kept */
    uint32_t value_bytes;
    uint32_t n_steps;
    struct {
        enum step_kind kind;
        uint32_t n; /* groups, percent of flushes that succeed, ms */
    } steps[STEPS_MAX];
};

/* Shared by all processes of a story. */
static struct model {
    uint64_t random;        /* the sink's */
    uint64_t source_random; /* the source's */
    uint32_t next_step;
    _Atomic uint64_t position; /* of the source, as a checkpoint would have it */
    _Atomic uint32_t good_percent;
    atomic_bool crash_in_flush, crashed;
    uint32_t delivered[N_LOGS], rejected[N_LOGS];
    uint32_t next_first; /* logs before it have arrived, in order */
    bool out_of_order;
    char order[64];
    char failure[256];
} * model;

static struct story story;
static struct registry *registry;
static char *folder;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(next_random(state) >> 20) % n;
}

/* -- the sink -- */

static uint32_t log_number(const struct weir_log *log)
{
    uint32_t number = 0;

    memcpy(&number, log->contents[0].value.data, sizeof number);
    return number;
}

static void arrive(uint32_t number)
{
    if (!model->delivered[number]++ && !model->rejected[number]) {
        if (number != model->next_first && !model->out_of_order)
            snprintf(model->order, sizeof model->order, "log %u came before log %u", number,
                model->next_first);
        model->out_of_order |= number != model->next_first;
        model->next_first = number + 1;
    }
}

/* Delivers all but the first log, which is rejected, and the second, which is not now. */
static uint32_t mark_some(struct scripted *self, const struct weir_batch *batch)
{
    static const struct weir_str words = {"no", 2};

    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++) {
            uint32_t number = log_number(weir_log_at(batch->groups[i], j));

            if (j == 0)
                model->rejected[number]++;
            if (j > 1)
                arrive(number);
            else
                self->host->mark(
                    self->host, batch, i, j, j ? WEIR_RETRY : WEIR_REJECTED, 400, words);
        }
    return WEIR_DELIVERED;
}

static uint32_t take_batch(struct scripted *self, const struct weir_batch *batch)
{
    if (below(&model->random, 100) >= model->good_percent)
        return WEIR_RETRY;
    if (story.marks && below(&model->random, 3) == 0)
        return mark_some(self, batch);
    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++)
            arrive(log_number(weir_log_at(batch->groups[i], j)));
    if (model->crash_in_flush) {
        model->crash_in_flush = false;
        model->crashed = true;
        _exit(0); /* delivered, and nobody will ever know */
    }
    return WEIR_DELIVERED;
}

static uint32_t flush(void *memory, const struct weir_batch *batch, struct weir_result *result)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    uint32_t verdict;

    (void)result;
    pthread_mutex_lock(&one);
    verdict = take_batch(memory, batch);
    pthread_mutex_unlock(&one);
    return verdict;
}

/* -- a life: a process from its start to a stop or a crash -- */

struct life {
    struct memory *memory;
    struct pool *pool;
    struct spools *spools;
    struct gate gate;
    struct ack_source source;
    struct lane *lane;
    uint32_t next_log;
};

static void on_opened(struct gate *gate)
{
    (void)gate; /* the gate is looked at */
}

static void on_progress(struct ack_source *source)
{
    uint64_t position = ack_position(source, 0);

    uint64_t before = model->position;

    while (position > before && !atomic_compare_exchange_weak(&model->position, &before, position))
        ;
}

static void on_released(struct ack_source *source)
{
    (void)source;
}

static void begin_life(struct life *life)
{
    static struct script script = {.flush = flush};
    static struct options options = {
        .values = &script, .json = (char *)(uintptr_t) "{}", .json_size = 2};
    static struct component_config config = {
        .options = &options, .project = (char *)(uintptr_t) "", .logstore = (char *)(uintptr_t) ""};
    const uint64_t start[1] = {model->position};
    char why[256] = "";

    config.delivery = story.delivery;
    config.type =
        (char *)(uintptr_t)(story.concurrent ? "flusher_scripted" : "flusher_scripted_bare");
    *life = (struct life){.memory = memory_create(MEMORY_LIMIT_DEFAULT),
        .pool = pool_create(2),
        .spools = spools_create(folder, NULL),
        .next_log = (uint32_t)model->position};
    gate_init(&life->gate, on_opened);
    life->source.progress = on_progress;
    life->source.released = on_released;
    ack_source_init(&life->source, 1, start);
    life->lane = lane_create(&(struct lane_spec){.pipeline = "p",
                                 .name = "p/flusher_scripted/1",
                                 .config = &config,
                                 .registry = registry,
                                 .spools = life->spools,
                                 .once = true,
                                 .pool = life->pool,
                                 .gate = &life->gate},
        why, sizeof why);
    if (!life->lane) {
        snprintf(model->failure, sizeof model->failure, "no lane: %s", why);
        _exit(1);
    }
    lane_start(life->lane);
}

static void end_life(struct life *life)
{
    lane_set_urgent(life->lane, true);
    lane_close(life->lane, NULL, clock_now_ns() + 5 * NS_PER_S);
    on_progress(&life->source);
    lane_destroy(life->lane);
    ack_source_close(&life->source);
    pool_destroy(life->pool);
    spools_destroy(life->spools);
    if (memory_used(life->memory))
        snprintf(model->failure, sizeof model->failure, "memory is lost");
}

static void push_group(struct life *life)
{
    uint32_t wanted = 1 + below(&model->source_random, 5), n = MIN(wanted, N_LOGS - life->next_log);
    struct batch *batch = batch_create(life->memory, n);
    struct group_builder *builder = group_open(life->memory, n);
    struct group_facts facts = {0};
    SCOPED_FREE char *value = mem_zalloc(story.value_bytes);

    batch->range = range_open(&life->source, life->next_log, life->next_log + n, UINT64_MAX);
    for (uint32_t i = 0; i < n; i++, life->next_log++) {
        memcpy(value, &life->next_log, sizeof life->next_log);
        batch_add_content(batch, batch_add_log(batch, 1), str_of("n"),
            batch_copy(batch, (struct weir_str){value, story.value_bytes}));
    }
    group_add(builder, batch, 0, n, true);
    lane_push(life->lane, group_seal(builder, &facts));
    batch_destroy(batch);
}

/* As inputs do: not while the gate is closed. */
static void push_groups(struct life *life, uint32_t n, uint64_t patience_ns)
{
    uint64_t until_ns = clock_now_ns() + patience_ns;

    while (n && life->next_log < N_LOGS && clock_now_ns() < until_ns) {
        if (!gate_is_open(&life->gate)) {
            usleep(200);
            continue;
        }
        push_group(life);
        n--;
    }
}

/* Runs steps until one that ends the process. */
static void live(void)
{
    struct life life;

    begin_life(&life);
    while (model->next_step < story.n_steps) {
        uint32_t step = model->next_step++, n = story.steps[step].n;

        switch (story.steps[step].kind) {
        case PUSH:
            push_groups(&life, n, 20 * NS_PER_MS);
            break;
        case SINK:
            model->good_percent = n;
            break;
        case REST:
            usleep(n * 1000);
            break;
        case CRASH_IN_FLUSH:
            model->crash_in_flush = true;
            break;
        case CRASH:
            model->crashed = true;
            _exit(0);
        default:
            end_life(&life);
            _exit(0);
        }
    }
    model->crash_in_flush = false;
    model->good_percent = 100;
    push_groups(&life, UINT32_MAX, PATIENCE_NS);
    for (uint64_t until_ns = clock_now_ns() + PATIENCE_NS;
         !lane_idle(life.lane) && clock_now_ns() < until_ns;)
        usleep(500);
    if (life.next_log < N_LOGS || !lane_idle(life.lane))
        snprintf(model->failure, sizeof model->failure, "it does not come to an end");
    end_life(&life);
    _exit(42);
}

/* -- stories -- */

static void make_story(uint64_t seed, uint32_t n_steps)
{
    uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    bool small = below(&random, 2);

    for (int i = 0; i < 20; i++)
        next_random(&random);
    story = (struct story){.seed = seed,
        .n_steps = n_steps,
        .marks = below(&random, 3) == 0,
        .concurrent = below(&random, 4) == 0};
    story.value_bytes = small ? 4 + below(&random, 60) : 4 + below(&random, 12000);
    story.delivery = (struct delivery_config){
        .queue_max_bytes = 64 * KIB,
        .queue_max_groups = 1 + below(&random, 6),
        .retry_initial_delay_ns = NS_PER_MS,
        .retry_max_delay_ns = 12 * NS_PER_MS,
        .pending_max = 4,
        .flush_timeout_ns = NS_PER_S,
        .circuit_failures = below(&random, 4),
        .spool = below(&random, 2) ? SPOOL_DURABLE : SPOOL_OVERFLOW,
        .spool_durability = below(&random, 3),
        .spool_max_bytes = (64 + (uint64_t)below(&random, 400)) * KIB,
    };
    for (uint32_t i = 0; i < n_steps; i++) {
        story.steps[i].kind =
            below(&random, 3) ? below(&random, REST + 1) : below(&random, N_KINDS);
        story.steps[i].n = story.steps[i].kind == SINK   ? below(&random, 4) * 33
                           : story.steps[i].kind == PUSH ? 1 + below(&random, 30)
                                                         : below(&random, 12);
    }
}

static void describe(char *text, size_t text_max)
{
    size_t size = (size_t)snprintf(text, text_max,
        "seed %llu, %s, durability %u, value %u bytes%s%s:", (unsigned long long)story.seed,
        story.delivery.spool == SPOOL_DURABLE ? "durable" : "overflow",
        story.delivery.spool_durability, story.value_bytes, story.marks ? ", marks" : "",
        story.concurrent ? ", concurrent" : "");

    for (uint32_t i = 0; i < story.n_steps && size < text_max; i++)
        size += (size_t)snprintf(text + size, text_max - size, " %s %u;",
            kind_names[story.steps[i].kind], story.steps[i].n);
}

static void judge_story(void)
{
    char text[2048];

    describe(text, sizeof text);
    ck_assert_msg(!model->failure[0], "%s: %s", text, model->failure);
    for (uint32_t i = 0; i < N_LOGS; i++) {
        ck_assert_msg(model->delivered[i] || model->rejected[i], "%s: log %u is lost", text, i);
        if (!model->crashed && !story.marks)
            ck_assert_msg(
                model->delivered[i] == 1, "%s: log %u came %u times", text, i, model->delivered[i]);
    }
    if (!story.marks && !story.concurrent)
        ck_assert_msg(!model->out_of_order, "%s: %s", text, model->order);
}

static void run_story(void)
{
    int status;

    memset(model, 0, sizeof *model);
    model->random = story.seed + 7;
    model->source_random = story.seed + 11;
    do {
        pid_t pid = fork();

        if (pid == 0)
            live();
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        if (WIFSIGNALED(status))
            snprintf(
                model->failure, sizeof model->failure, "killed by signal %d", WTERMSIG(status));
    } while (!model->failure[0] && WEXITSTATUS(status) != 42);
    judge_story();
}

static void setup(void)
{
    SCOPED_FREE char *path = given_plugin("scripted");
    const char *plugins[] = {path, NULL};
    struct diag_list diags = {0};

    given_quiet();
    registry = given_registry(plugins, &diags);
    ck_assert_uint_eq(diags.count, 0);
    registry_find(registry, "flusher_scripted", (struct place){0}, &diags, &(bool){false});
    model = mmap(NULL, sizeof *model, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(model, MAP_FAILED);
}

static void forget_folder(void)
{
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
    free(folder);
}

START_TEST(nothing_is_lost_whatever_happens)
{
    const char *given = getenv("WEIR_TEST_SEED");
    uint64_t first =
        given ? strtoull(given, NULL, 10) : clock_wall_ns() / NS_PER_MS % 1000000 * 100;

    for (uint32_t i = 0; i < (given ? 1 : N_STORIES); i++) {
        uint64_t seed = first + 5 * (uint64_t)i; /* the last two digits: how long it is */

        folder = given_folder();
        make_story(seed, 1 + (uint32_t)(seed % 100) * (STEPS_MAX - 1) / 99);
        run_story();
        forget_folder();
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lane_model");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, nothing_is_lost_whatever_happens);
    return unit_run(tests);
}
