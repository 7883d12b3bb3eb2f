/* The sinks of the model: what its flushers answer, and what they count. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../plugins/scripted.h"
#include "base/mem.h"
#include "base/util.h"
#include "model/world.h"

/* A batch that is settled later, by a thread of its own. */
struct late {
    const struct weir_host *host;
    uint64_t id;
    uint32_t verdict;
};

static struct world *the_world;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_settled = PTHREAD_COND_INITIALIZER;
static uint32_t n_late;
static uint64_t calling; /* the generation of the flusher whose call it is */

static uint32_t line_of(const struct weir_log *log)
{
    char number[8] = "";

    memcpy(number, log->contents[0].value.data, MIN(log->contents[0].value.size, (size_t)7));
    return (uint32_t)MIN(strtoul(number, NULL, 10), WORLD_LINES_MAX - 1);
}

static void note_order(uint32_t lane, uint32_t line)
{
    const struct story_lane *how = &the_world->story.lanes[lane];
    uint32_t file = the_world->file_of[line];

    if (how->marks || how->concurrent || how->attempts)
        return;
    for (uint32_t i = the_world->files[file].first_line; i < line; i++)
        if (!world_is_settled(the_world, lane, i))
            world_fail(the_world, "lane %u: line %u came before line %u", lane, line, i);
}

static void arrive(uint32_t lane, uint32_t line, bool rejected)
{
    struct sink_state *sink = &the_world->sinks[lane];
    struct seen *seen = &sink->seen[line];

    if (!seen->delivered && !seen->rejected)
        note_order(lane, line);
    seen->delivered += !rejected;
    seen->rejected += rejected;
    if (++seen->this_life > seen->in_spool + seen->in_file)
        world_fail(the_world, "lane %u: line %u came %u times in a life that began with %u", lane,
            line, seen->this_life, seen->in_spool + seen->in_file);
}

/* After a reload attempts count anew. */
static void begin_generation(struct seen *seen)
{
    if (seen->generation != calling)
        seen->refused = 0;
    seen->generation = calling;
}

static void refuse(uint32_t lane, uint32_t line)
{
    struct seen *seen = &the_world->sinks[lane].seen[line];

    begin_generation(seen);
    seen->refused++;
    seen->refused_most = MAX(seen->refused_most, seen->refused);
}

static void check_attempt(uint32_t lane, const struct weir_batch *batch, uint32_t line)
{
    struct seen *seen = &the_world->sinks[lane].seen[line];
    uint32_t limit = the_world->story.lanes[lane].attempts;

    if (seen->this_life || seen->in_spool + seen->in_file > 1) /* it may be another copy */
        return;
    begin_generation(seen);
    if (batch->attempt != seen->refused + 1)
        world_fail(the_world, "lane %u: line %u was refused %u times and comes as attempt %u", lane,
            line, seen->refused, batch->attempt);
    if (limit && batch->attempt > limit)
        world_fail(the_world, "lane %u: line %u comes as attempt %u, the limit is %u", lane, line,
            batch->attempt, limit);
}

/* Calls `each` for every line of the batch, with its place among those of its group. */
static void each_line(uint32_t lane, const struct weir_batch *batch,
    void (*each)(uint32_t lane, const struct weir_batch *batch, uint32_t group, uint32_t log))
{
    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++)
            each(lane, batch, i, j);
}

static uint32_t line_at(const struct weir_batch *batch, uint32_t group, uint32_t log)
{
    return line_of(weir_log_at(batch->groups[group], log));
}

static void check_one(uint32_t lane, const struct weir_batch *batch, uint32_t group, uint32_t log)
{
    check_attempt(lane, batch, line_at(batch, group, log));
}

static void deliver_one(uint32_t lane, const struct weir_batch *batch, uint32_t group, uint32_t log)
{
    arrive(lane, line_at(batch, group, log), false);
}

static void refuse_one(uint32_t lane, const struct weir_batch *batch, uint32_t group, uint32_t log)
{
    refuse(lane, line_at(batch, group, log));
}

/* The first log of a group is rejected, the second is to come again. */
static void mark_one(const struct weir_host *host, uint32_t lane, const struct weir_batch *batch,
    uint32_t group, uint32_t log)
{
    static const struct weir_str words = {"no", 2};
    uint32_t line = line_at(batch, group, log);

    if (log > 1) {
        arrive(lane, line, false);
        return;
    }
    if (log)
        refuse(lane, line);
    else
        arrive(lane, line, true);
    host->mark(host, batch, group, log, log ? WEIR_RETRY : WEIR_REJECTED, 400, words);
}

static uint32_t mark_some(
    const struct weir_host *host, uint32_t lane, const struct weir_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++)
            mark_one(host, lane, batch, i, j);
    return WEIR_DELIVERED;
}

/* What the sink makes of a batch. */
static uint32_t take(struct scripted *self, uint32_t lane, const struct weir_batch *batch)
{
    struct sink_state *sink = &the_world->sinks[lane];

    each_line(lane, batch, check_one);
    if (story_below(&sink->random, 100) >= sink->good_percent) {
        each_line(lane, batch, refuse_one);
        return story_below(&sink->random, 8) ? WEIR_RETRY : WEIR_BROKEN;
    }
    if (the_world->story.lanes[lane].marks && story_below(&sink->random, 3) == 0)
        return mark_some(self->host, lane, batch);
    each_line(lane, batch, deliver_one);
    if (sink->crash_in_flush) {
        the_world->crashed = true;
        raise(SIGKILL);
    }
    return WEIR_DELIVERED;
}

static void *settle_late(void *argument)
{
    struct late *late = argument;

    usleep(2000);
    late->host->settle(late->host, late->id, late->verdict, NULL);
    pthread_mutex_lock(&lock);
    if (!--n_late)
        pthread_cond_broadcast(&all_settled);
    pthread_mutex_unlock(&lock);
    free(late);
    return NULL;
}

/* With the lock. Whether a thread will tell. */
static bool tell_late(struct scripted *self, const struct weir_batch *batch, uint32_t verdict)
{
    struct late *late = mem_zalloc(sizeof *late);
    pthread_t thread;

    *late = (struct late){self->host, batch->id, verdict};
    if (pthread_create(&thread, NULL, settle_late, late)) {
        free(late);
        return false;
    }
    pthread_detach(thread);
    n_late++;
    return true;
}

static uint32_t flush(struct scripted *self, uint32_t lane, const struct weir_batch *batch)
{
    struct sink_state *sink = &the_world->sinks[lane];
    uint32_t verdict;

    pthread_mutex_lock(&lock);
    calling = self->script->generation;
    verdict = take(self, lane, batch);
    if (the_world->story.lanes[lane].pends && verdict != WEIR_BROKEN &&
        story_below(&sink->random, 2) && tell_late(self, batch, verdict))
        verdict = WEIR_PENDING;
    pthread_mutex_unlock(&lock);
    return verdict;
}

static uint32_t flush_0(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    (void)result;
    return flush(self, 0, batch);
}

static uint32_t flush_1(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    (void)result;
    return flush(self, 1, batch);
}

/* What is late is waited for, so an orderly end knows all. */
static int stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    (void)self;
    (void)deadline_ns;
    (void)result;
    pthread_mutex_lock(&lock);
    while (n_late)
        pthread_cond_wait(&all_settled, &lock);
    pthread_mutex_unlock(&lock);
    return 0;
}

void world_script(
    struct world *world, uint32_t lane, uint64_t generation, struct script *ret_script)
{
    if (the_world != world) /* at a reload another thread may be reading */
        the_world = world;
    *ret_script =
        (struct script){.flush = lane ? flush_1 : flush_0, .stop = stop, .generation = generation};
}
