/*
 * Random stories of a pipeline with one or two flushers, against a model of file, spool,
 * checkpoint and sink (model/world.h says what must hold). Limits are tiny, so that every
 * bound is met all the time. The pipeline is a real one, in a process of its own that is
 * killed by kill -9.
 *
 * A story that fails is shrunk and printed as a script. WEIR_TEST_SEED=N runs that story
 * only; WEIR_TEST_SCRIPT=FILE what a script says; WEIR_TEST_STORIES=N so many.
 */
#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "model/life.h"
#include "plugin/given_plugins.h"
#include "unit.h"

#define N_STORIES 10u
#define PATIENCE_NS (20 * NS_PER_S)
#define LOOK_NS (5 * NS_PER_MS)
/* Of a story that is shrunk, since what fails may do so rarely. */
#define RUNS_EACH 2
#define SHRINK_TRIES 150u
#define SHRINK_NS (150 * NS_PER_S)

static struct world *world;
static struct registry *registry;

/* -- running one -- */

static void end_life(struct life *life, bool orderly, bool killed)
{
    int signal = life_bury(life);

    killed |= world->crashed;
    world->crashed = false;
    if (signal && !(killed && signal == SIGKILL))
        world_fail(world, "the process was ended by signal %d", signal);
    world_end_life(world, orderly && !signal);
    for (uint32_t i = 0; i < world->story.n_lanes; i++)
        world->sinks[i].crash_in_flush = false;
}

static void start(struct life *life)
{
    if (life->pid && life_has_ended(life))
        end_life(life, false, false);
    if (!life->pid)
        life_start(life, world, registry);
}

static bool is_durable(void)
{
    struct on_disk *disk = mem_zalloc(sizeof *disk);
    bool clean;

    world_look(world, disk);
    clean = world_is_clean(world, disk);
    free(disk);
    return clean;
}

/* Waits for the condition; the process may crash in a flush meanwhile, then it is started. */
static void wait_until(struct life *life, bool (*holds)(void), const char *else_words)
{
    uint64_t until_ns = clock_now_ns() + PATIENCE_NS;

    while (!world->failed) {
        start(life);
        if (holds())
            return;
        if (clock_now_ns() > until_ns)
            world_fail(world, "%s", else_words);
        usleep(LOOK_NS / 1000);
    }
}

static bool all_settled(void)
{
    return world_all_settled(world);
}

static void sync_all(struct life *life)
{
    for (uint32_t i = 0; i < world->story.n_lanes; i++)
        world->sinks[i].good_percent = 100;
    wait_until(life, all_settled, "a line does not arrive");
    wait_until(life, is_durable, "what has arrived stays on the disk");
    if (!world->failed)
        world_note_sync(world);
}

static void stop(struct life *life, uint32_t drain_ms)
{
    bool orderly = life_stop(life, drain_ms);

    end_life(life, orderly, false);
}

static void kill_it(struct life *life)
{
    life_kill(life);
    end_life(life, false, true);
}

static void reload(struct life *life)
{
    if (!life_reload(life))
        end_life(life, false, false);
}

static void run_op(struct life *life, const struct op *op)
{
    if (op->kind != OP_WRITE && op->kind != OP_ROTATE)
        start(life);
    switch (op->kind) {
    case OP_WRITE:
        world_write(world, op->n);
        break;
    case OP_ROTATE:
        world_rotate(world);
        break;
    case OP_SINK:
        world->sinks[op->lane].good_percent = op->n;
        break;
    case OP_REST:
        usleep(op->n * 1000);
        break;
    case OP_SYNC:
        sync_all(life);
        break;
    case OP_RELOAD:
        reload(life);
        break;
    case OP_CRASH:
        kill_it(life);
        break;
    case OP_CRASH_IN_FLUSH:
        world->sinks[op->lane].crash_in_flush = true;
        break;
    default:
        stop(life, op->n);
    }
}

/* At the end all must have arrived; and a start after it delivers nothing. */
static void run_to_the_end(const struct story *story)
{
    struct life life = {0};

    for (uint32_t i = 0; i < story->n_ops && !world->failed; i++)
        run_op(&life, &story->ops[i]);
    for (uint32_t i = 0; i < story->n_lanes; i++)
        world->sinks[i].crash_in_flush = false;
    if (!world->failed)
        sync_all(&life);
    if (!world->failed)
        stop(&life, 1000);
    if (life.pid) {
        life_kill(&life);
        life_bury(&life);
    }
    if (world_duplicates(world) > world->bound)
        world_fail(world, "%llu duplicates, not more than %llu",
            (unsigned long long)world_duplicates(world), (unsigned long long)world->bound);
}

/* Whether all was well. */
static bool run_story(const struct story *story)
{
    SCOPED_FREE char *folder = given_folder();
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    world_begin(world, story, folder);
    run_to_the_end(story);
    ck_assert_int_eq(system(command), 0);
    return !world->failed;
}

/* -- one that fails -- */

struct shrinking {
    uint64_t until_ns;
    char failure[sizeof world->failure]; /* of the smallest */
};

static bool fails(void *context, const struct story *story)
{
    struct shrinking *self = context;

    for (int i = 0; i < RUNS_EACH && clock_now_ns() < self->until_ns; i++)
        if (!run_story(story)) {
            memcpy(self->failure, world->failure, sizeof self->failure);
            return true;
        }
    return false;
}

static void tell(const struct story *whole)
{
    struct shrinking self = {.until_ns = clock_now_ns() + SHRINK_NS};
    struct story small = *whole;
    SCOPED_FREE char *script = NULL;
    uint32_t asked;

    memcpy(self.failure, world->failure, sizeof self.failure);
    printf("# seed %llu: %s; it is shrunk now\n", (unsigned long long)whole->seed, self.failure);
    fflush(stdout);
    asked = story_shrink(&small, SHRINK_TRIES, fails, &self);
    script = story_write(&small);
    ck_abort_msg("%s\n# shrunk from %u operations to %u in %u tries; as a file, "
                 "WEIR_TEST_SCRIPT runs it:\n%s",
        self.failure, whole->n_ops, small.n_ops, asked, script);
}

static void run_or_tell(const struct story *story)
{
    if (!run_story(story))
        tell(story);
    printf("# seed %llu: %u operations, %u lines, %llu duplicates of at most %llu\n",
        (unsigned long long)story->seed, story->n_ops, world->n_lines,
        (unsigned long long)world_duplicates(world), (unsigned long long)world->bound);
}

static void setup(void)
{
    SCOPED_FREE char *path = given_plugin("scripted");
    const char *plugins[] = {path, NULL};
    struct diag_list diags = {0};

    given_quiet();
    signal(SIGPIPE, SIG_IGN);
    registry = given_registry(plugins, &diags);
    ck_assert_uint_eq(diags.count, 0);
    registry_find(registry, "flusher_scripted", (struct place){0}, &diags, &(bool){false});
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(world, MAP_FAILED);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *given = getenv(variable);

    return given ? strtoull(given, NULL, 10) : otherwise;
}

static void read_script(const char *path, struct story *story)
{
    SCOPED_BUF struct buf text = {0};
    FILE *file = fopen(path, "r");
    uint32_t line;

    ck_assert_msg(file, "%s cannot be read", path);
    while (!feof(file) && !ferror(file)) {
        void *at = buf_reserve(&text, 4 * KIB);

        text.size += fread(at, 1, 4 * KIB, file);
    }
    fclose(file);
    ck_assert_msg(story_read(story, buf_text(&text), &line), "%s:%u is no story", path, line);
}

START_TEST(what_must_hold_holds_whatever_happens)
{
    uint64_t seed = number_of("WEIR_TEST_SEED", 0);
    uint64_t n = number_of("WEIR_TEST_STORIES", seed ? 1 : N_STORIES);
    const char *script = getenv("WEIR_TEST_SCRIPT");
    struct story story;

    if (script) {
        read_script(script, &story);
        run_or_tell(&story);
        return;
    }
    seed = seed ? seed : clock_wall_ns() / NS_PER_MS % 1000000 * 100;
    for (uint64_t i = 0; i < n; i++, seed += 7) { /* the last two digits: how long it is */
        story_make(&story, seed, 10 + (uint32_t)(seed % 100) * (STORY_OPS_MAX - 10) / 99);
        run_or_tell(&story);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("model");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 0); /* meson has one */
    tcase_add_test(tests, what_must_hold_holds_whatever_happens);
    return unit_run(tests);
}
