#include "kit/life.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/heap.h"
#include "kit/marks.h"
#include "kit/server.h"
#include "kit/sink.h"
#include "kit/unpack.h"

#define LOGS 4u
#define MANY_LOGS 500u
#define PAUSE_MS 5u
#define READY_MS 500u
#define HANGING_LOGS 24u
#define HANGING_VALUE ((size_t)1 << 20) /* bytes */
#define ARRIVE_NS (3 * NS_PER_S)

struct weir_str life_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

void life_need_injection(struct trial *trial)
{
    if (!heap_visible())
        trial_foreign(
            trial, "a sanitizer has the heap and the calls; the ordinary run sees to this");
}

void life_pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

unsigned life_flush(struct stand *stand, unsigned n)
{
    const uint64_t end_ns = clock_now_ns() + LIFE_FLUSH_NS;
    unsigned done = 0;
    uint64_t now_ns;

    while (done < n && (now_ns = clock_now_ns()) < end_ns) {
        const uint32_t number = (uint32_t)stand->n_batches;
        struct sample *sample;

        if (!stand_ready(stand)) {
            life_pause_ms(PAUSE_MS);
            continue;
        }
        sample = marks_sample(stand->trial, number + 1, number * LOGS, LOGS);
        stand_try(stand, sample, end_ns - now_ns);
        done++;
    }
    return done;
}

bool life_ready(struct stand *stand)
{
    for (unsigned ms = 0; ms < READY_MS; ms++) {
        if (stand_ready(stand))
            return true;
        life_pause_ms(1);
    }
    return false;
}

void life_end(struct stand *stand)
{
    stand_urgent(stand, 1);
    stand_end(stand);
}

void life_run(struct trial *trial, unsigned n_flushes)
{
    struct stand *stand = stand_start(trial, NULL);

    life_flush(stand, n_flushes);
    life_end(stand);
}

/* A sink that the kit cannot read says nothing about the plugin. */
static void expect_readable(struct trial *trial)
{
    if (trial->sink && atomic_load(&trial->sink->n_unread))
        trial_lacks(trial, "the requests have a Content-Encoding that the kit cannot read, or "
                           "their body is not what it says; it reads " UNPACK_ENCODINGS);
}

static void expect_delivered(struct stand *stand, uint64_t id, uint32_t verdict)
{
    if (verdict == WEIR_DELIVERED)
        return;
    expect_readable(stand->trial);
    trial_fail(stand->trial, "the sink takes everything, but the verdict of batch %llu is %s: %s",
        (unsigned long long)id, stand_verdict_name(verdict), stand->text);
}

void life_deliver(struct stand *stand, uint32_t first, uint32_t n_logs)
{
    struct trial *trial = stand->trial;
    const uint64_t id = stand->n_batches + 1;
    struct sample *sample = marks_sample(trial, id, first, n_logs);

    if (sink_kind(trial) == SINK_NONE) {
        if (stand_ready(stand) && stand_flush(stand, sample, NULL) == WEIR_PENDING)
            stand_wait(stand, sample, LIFE_FLUSH_NS);
        return;
    }
    expect_delivered(stand, id, stand_deliver(stand, sample, LIFE_DELIVER_NS));
}

/* What has not been taken yet is sent again. */
static void expect_taken(struct stand *stand, struct sample *sample)
{
    uint32_t verdict = stand_wait(stand, sample, 0);

    if (verdict == WEIR_RETRY)
        verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
    expect_delivered(stand, sample->batch.id, verdict);
}

void life_deliver_each(struct stand **stands, uint32_t n_stands, uint32_t first, uint32_t n_logs)
{
    struct sample **samples = mem_calloc(n_stands, sizeof *samples);
    const bool sink = sink_kind(stands[0]->trial) != SINK_NONE;

    for (uint32_t i = 0; i < n_stands; i++) {
        samples[i] =
            marks_sample(stands[i]->trial, stands[i]->n_batches + 1, first + i * n_logs, n_logs);
        if (stand_flush(stands[i], samples[i], NULL) != WEIR_PENDING && sink)
            expect_taken(stands[i], samples[i]);
    }
    for (uint32_t i = 0; i < n_stands; i++) {
        stand_wait(stands[i], samples[i], LIFE_DELIVER_NS);
        if (sink)
            expect_taken(stands[i], samples[i]);
    }
    free(samples);
}

struct stand *life_start_apart(struct trial *trial, unsigned place)
{
    struct stand *stand;

    trial->place = place;
    trial->n_places = MAX(trial->n_places, place);
    if (place) {
        SCOPED_FREE char *folder = mem_printf("%s/%u", trial->folder, place);

        if (mkdir(folder, 0700) && errno != EEXIST)
            trial_lacks(trial, "no folder can be made: %m");
    }
    stand = stand_start(trial, NULL);
    trial->place = 0;
    return stand;
}

bool life_break_apart(struct trial *trial, unsigned place)
{
    bool broken;

    trial->place = place;
    broken = sink_break(trial);
    trial->place = 0;
    return broken;
}

void life_peer_hangs(struct trial *trial)
{
    if (trial->sink)
        sink_behave(trial, sink_kind(trial) == SINK_TCP ? SERVER_STALLS : SERVER_HANGS);
}

struct sample *life_hanging_sample(struct trial *trial, uint64_t id)
{
    SCOPED_FREE char *value = mem_zalloc(HANGING_VALUE);
    const struct weir_kv content = {life_str("content"), {value, HANGING_VALUE}};
    struct sample *sample;

    if (sink_kind(trial) != SINK_TCP)
        return marks_sample(trial, id, 0, LOGS);
    sample = sample_create(id, 1, SAMPLE_BYTES + HANGING_LOGS * HANGING_VALUE);
    memset(value, 'h', HANGING_VALUE);
    sample_group(sample, HANGING_LOGS, 0);
    for (uint32_t i = 0; i < HANGING_LOGS; i++)
        sample_log(sample, 1700000000, &content, 1);
    return sample;
}

void life_expect(struct trial *trial, uint32_t n, bool once, bool ordered)
{
    struct marks_found found;

    if (sink_kind(trial) == SINK_NONE)
        return;
    marks_find(trial, n, ARRIVE_NS, &found);
    if (found.n_missing)
        expect_readable(trial);
    if (found.n_missing)
        trial_fail(trial,
            "%u of %u logs were DELIVERED, but did not arrive; the first is number %u",
            found.n_missing, n, found.first_missing);
    if (once && found.n_repeated)
        trial_fail(trial, "%u of %u logs arrived more than once; the first is number %u",
            found.n_repeated, n, found.first_repeated);
    if (ordered && found.n_disordered)
        trial_fail(trial, "%u of %u logs arrived out of order", found.n_disordered, n);
    marks_finish(&found);
    trial_note(trial, "%u logs of %u arrived%s", n, n, once ? ", each once" : "");
}

void life_odd_sizes(struct stand *stand)
{
    static const size_t around[] = {16, 64, 128, 256, 512, 1024, 4096, 8192, 65536};
    char *value = mem_zalloc(around[ARRAY_SIZE(around) - 1] + 2);

    memset(value, 'v', around[ARRAY_SIZE(around) - 1] + 1);
    for (size_t i = 0; i < ARRAY_SIZE(around); i++)
        for (size_t size = around[i] - 1; size <= around[i] + 1; size++) {
            struct sample *sample = sample_create(stand->n_batches + 1, 1, SAMPLE_BYTES);
            const struct weir_kv contents[] = {
                {life_str("content"), {value, size}}, {{value, size}, life_str("v")}};

            sample_group(sample, 1, 0);
            sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
            if (!life_ready(stand))
                sample_destroy(sample);
            else
                stand_try(stand, sample, LIFE_FLUSH_NS / 10);
        }
    if (life_ready(stand)) {
        struct sample *sample = marks_sample(stand->trial, stand->n_batches + 1, 0, MANY_LOGS);

        stand_try(stand, sample, LIFE_FLUSH_NS);
    }
    free(value);
}

uint32_t life_log_verdict(
    const struct stand *stand, const struct sample *sample, uint32_t group, uint32_t log)
{
    for (size_t i = stand->n_marks; i-- > 0;)
        if (stand->marks[i].batch_id == sample->batch.id && stand->marks[i].group == group &&
            stand->marks[i].log == log && stand->marks[i].good)
            return stand->marks[i].verdict;
    for (size_t i = 0; i < stand->n_batches; i++)
        if (stand->batches[i].sample == sample)
            return stand->batches[i].pending ? WEIR_PENDING : stand->batches[i].verdict;
    return WEIR_RETRY;
}

static void *run_call(void *argument)
{
    struct life_call *call = argument;

    heap_kit_thread();
    stand_flush(call->stand, call->sample, &call->answer);
    pthread_mutex_lock(&call->lock);
    call->ended_ns = clock_now_ns();
    call->done = true;
    pthread_cond_broadcast(&call->changed);
    pthread_mutex_unlock(&call->lock);
    return NULL;
}

void life_call_start(struct life_call *call, struct stand *stand, struct sample *sample)
{
    pthread_condattr_t attributes;

    *call = (struct life_call){.stand = stand, .sample = sample, .started_ns = clock_now_ns()};
    pthread_mutex_init(&call->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&call->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&call->thread, NULL, run_call, call))
        trial_lacks(stand->trial, "no thread is to be had");
}

bool life_call_wait(struct life_call *call, uint64_t timeout_ns)
{
    const uint64_t end_ns = clock_now_ns() + timeout_ns;
    const struct timespec end = {(time_t)(end_ns / NS_PER_S), (long)(end_ns % NS_PER_S)};
    bool done;

    pthread_mutex_lock(&call->lock);
    while (!call->done && pthread_cond_timedwait(&call->changed, &call->lock, &end) != ETIMEDOUT)
        ;
    done = call->done;
    pthread_mutex_unlock(&call->lock);
    if (done)
        pthread_join(call->thread, NULL);
    return done;
}
