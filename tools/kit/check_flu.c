/* FLU: flush, verdicts, and the memory of batches. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define SETTLE_NS (5 * NS_PER_S)
#define SETTLED_BATCHES 20u
#define LATE_SETTLE_MS 500u
#define LATE_SETTLE_NS (3 * NS_PER_S) /* as long as a thread is left */
#define SETTLED_AT_STOP 3u            /* batches that are on their way then */
#define PARTIAL_LOGS 1000u
#define DEADLINE_NS_MAX (3 * NS_PER_S) /* of a flush that is given 1 s */
#define CANARY ((char)0x5c)
#define CANARY_BYTES 64u
#define BATCHES 3u
#define EQUAL_LOGS 3u
#define ARRIVE_NS (3 * NS_PER_S)
#define FAILURES 6u
#define HIGH_ID (UINT64_C(1) << 40)
#define LOGS 100u

/* Logs that are equal are logs all the same. */
static void expect_equal_logs(struct trial *trial, struct stand *stand, uint32_t number)
{
    struct sample *sample = sample_create(stand->n_batches + 1, 1, SAMPLE_BYTES);
    struct marks_found found;
    uint32_t n;

    sample_group(sample, EQUAL_LOGS, 0);
    for (uint32_t i = 0; i < EQUAL_LOGS; i++)
        marks_log(trial, sample, number);
    if (stand_deliver(stand, sample, LIFE_DELIVER_NS) != WEIR_DELIVERED)
        return;
    marks_find(trial, number + 1, ARRIVE_NS, &found);
    for (uint64_t end_ns = clock_now_ns() + ARRIVE_NS;
         found.counts[number] < EQUAL_LOGS && clock_now_ns() < end_ns;) {
        marks_finish(&found);
        life_pause_ms(20);
        marks_find(trial, number + 1, 0, &found);
    }
    n = found.counts[number];
    marks_finish(&found);
    if (n != EQUAL_LOGS)
        trial_fail(trial, "%u equal logs were DELIVERED, and %u of them arrived", EQUAL_LOGS, n);
}

static void flu_delivers(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const bool ordered = !(stand->class->flags & WEIR_CONCURRENT);

    for (uint32_t i = 0; i < BATCHES; i++)
        life_deliver(stand, i * LOGS, LOGS);
    life_expect(trial, BATCHES * LOGS, true, ordered); /* now, and not when stop comes */
    expect_equal_logs(trial, stand, BATCHES * LOGS);
    life_end(stand);
}

static void expect_verdict(struct trial *trial, struct stand *stand, struct sample *sample)
{
    const uint32_t verdict = stand_flush(stand, sample, NULL);

    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "flush returns %u, which is no verdict", verdict);
    if (verdict == WEIR_PENDING && !(stand->class->flags & WEIR_ASYNC))
        trial_fail(trial, "flush returns PENDING, but the class is not WEIR_ASYNC");
    if (verdict == WEIR_PENDING)
        stand_wait(stand, sample, SETTLE_NS);
    for (size_t i = 0; i < stand->n_settles; i++)
        if (stand->settles[i].verdict > WEIR_BROKEN || stand->settles[i].verdict == WEIR_PENDING)
            trial_fail(trial, "settle is told %u, which ends no batch", stand->settles[i].verdict);
    for (size_t i = 0; i < stand->n_marks; i++)
        if (!stand->marks[i].good)
            trial_fail(trial,
                "mark names log %u of group %u with verdict %u: there is no such log, no such "
                "verdict, or the batch was over",
                stand->marks[i].log, stand->marks[i].group, stand->marks[i].verdict);
}

static void flu_verdict(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    expect_verdict(trial, stand, marks_sample(trial, 1, 0, 1));
    expect_verdict(trial, stand, marks_sample(trial, 2, 1, LOGS));
    life_end(stand);
}

/* -- traps -- */

static const char *blame_writer(const struct trial *trial, const void *address)
{
    const struct stand *stand = trial->blame_context;

    for (size_t i = 0; i < stand->n_batches; i++)
        if (sample_holds(stand->batches[i].sample, address))
            return "the plugin writes into the batch; it is read-only";
    return NULL;
}

static void flu_read_only(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    trial->blame = blame_writer;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 4; id++) {
        struct sample *sample = marks_sample(trial, id, (uint32_t)id * LOGS, LOGS);

        sample_view(sample);
        sample_protect(sample, PROT_READ);
        if (stand_flush(stand, sample, NULL) == WEIR_PENDING)
            stand_wait(stand, sample, SETTLE_NS);
    }
    stand_urgent(stand, 1);
    stand_stop(stand, 5 * NS_PER_S);
    trial->blame = NULL;
}

static const char *blame_keeper(const struct trial *trial, const void *address)
{
    const struct stand *stand = trial->blame_context;

    for (size_t i = 0; i < stand->n_batches; i++)
        if (sample_holds(stand->batches[i].sample, address))
            return "the plugin uses a batch after its verdict";
    return NULL;
}

static void take_away(struct stand *stand, struct stand_batch *batch)
{
    (void)stand;
    sample_protect(batch->sample, PROT_NONE);
}

static void flu_kept(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    stand->on_settle = take_away;
    trial->blame = blame_keeper;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 8; id++) {
        struct sample *sample = marks_sample(trial, id, (uint32_t)id * LOGS, LOGS);

        if (stand_flush(stand, sample, NULL) == WEIR_PENDING && id % 2)
            stand_wait(stand, sample, SETTLE_NS);
        life_pause_ms(5); /* for threads of the plugin's that still look at it */
    }
    stand_urgent(stand, 1);
    life_pause_ms(50);
    stand_stop(stand, 5 * NS_PER_S);
    life_pause_ms(50);
    trial->blame = NULL;
}

/* -- sizes -- */

static struct sample *sample_of_value(const struct trial *trial, uint64_t id, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + size);
    char *value = mem_zalloc(size + 1);
    const struct weir_kv content = {life_str("content"), {value, size}};

    (void)trial;
    memset(value, 'v', size);
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, &content, 1);
    free(value);
    return sample;
}

static struct sample *sample_of_empty_groups(uint64_t id)
{
    struct sample *sample = sample_create(id, 3, SAMPLE_BYTES);

    sample_group(sample, 0, 0);
    sample_group(sample, 0, 1);
    sample_tag(sample, life_str("host"), life_str("verify"));
    sample_group(sample, 0, 0);
    return sample;
}

/* Whether it is DELIVERED, all of it. */
static bool flush_size(
    struct trial *trial, struct stand *stand, struct sample *sample, const char *what)
{
    uint32_t verdict;

    trial_doing(trial, "flush of %s", what);
    verdict = stand_flush(stand, sample, NULL);
    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "%s: flush returns %u, which is no verdict", what, verdict);
    if (verdict == WEIR_PENDING)
        verdict = stand_wait(stand, sample, SETTLE_NS);
    return verdict == WEIR_DELIVERED && !stand->n_marks;
}

static void flu_sizes(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    bool all = true;

    flush_size(trial, stand, sample_of_empty_groups(1), "groups without logs");
    all &= flush_size(trial, stand, marks_sample(trial, 2, 0, 1), "one log");
    all &= flush_size(trial, stand, marks_sample(trial, 3, 1, 1000), "1,000 logs");
    all &= flush_size(trial, stand, marks_sample(trial, 4, 1001, 100000), "100,000 logs");
    if (all)
        life_expect(trial, 101001, false, false);
    flush_size(trial, stand, sample_of_value(trial, 5, 0), "an empty value");
    flush_size(trial, stand, sample_of_value(trial, 6, MIB), "a value of 1 MiB");
    flush_size(trial, stand, sample_of_value(trial, 7, 8 * MIB), "a value of 8 MiB");
    life_end(stand);
}

/* -- results and their words -- */

/* Writes behind the room that a result has are seen here. */
struct result_room {
    char before[CANARY_BYTES];
    struct weir_result result;
    char after[CANARY_BYTES];
    char text[256 + CANARY_BYTES];
};

static void expect_canaries(struct trial *trial, const char *bytes, size_t size, const char *what)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != CANARY)
            trial_fail(trial, "the plugin writes behind the end of %s", what);
}

static void flush_into(struct trial *trial, struct stand *stand, size_t text_max)
{
    struct sample *sample = marks_sample(trial, stand->n_batches + 1, 0, 1);
    struct result_room room;

    memset(&room, CANARY, sizeof room);
    room.result = (struct weir_result){
        .struct_size = sizeof room.result, .text = room.text, .text_max = text_max};
    if (text_max)
        room.text[0] = '\0';
    if (stand_flush_with(stand, sample, &room.result) == WEIR_PENDING)
        stand_wait(stand, sample, SETTLE_NS);
    expect_canaries(trial, room.before, sizeof room.before, "weir_result");
    expect_canaries(trial, room.after, sizeof room.after, "weir_result");
    expect_canaries(trial, room.text + text_max, sizeof room.text - text_max, "the room for words");
    if (text_max && !memchr(room.text, '\0', text_max))
        trial_fail(trial, "its words do not end in NUL within %zu bytes", text_max);
}

static void flu_result(struct trial *trial)
{
    static const size_t sizes[] = {0, 1, 2, 16, 256};
    struct stand *stand = stand_start(trial, NULL);

    sink_break(trial);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        trial_doing(trial, "flush with %zu bytes for words", sizes[i]);
        flush_into(trial, stand, sizes[i]);
    }
    life_end(stand);
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static void expect_words(struct trial *trial, const char *who, uint32_t verdict, const char *text)
{
    if (verdict != WEIR_RETRY && verdict != WEIR_REJECTED && verdict != WEIR_BROKEN)
        return;
    if (!*text)
        trial_fail(trial, "%s says %s without a word why", who, stand_verdict_name(verdict));
    if (!is_printable(text))
        trial_fail(trial, "the words of %s are no line of text", who);
}

static void flu_reason(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = marks_sample(trial, 1, 0, 1);
    struct stand_answer answer;
    uint32_t verdict;

    if (!sink_break(trial))
        trial_foreign(trial, "without a sink it cannot be made to fail");
    verdict = stand_flush(stand, sample, &answer);
    expect_words(trial, "flush", verdict, answer.text);
    if (verdict == WEIR_PENDING)
        verdict = stand_wait(stand, sample, LIFE_DELIVER_NS);
    for (size_t i = 0; i < stand->n_settles; i++)
        expect_words(trial, "settle", stand->settles[i].verdict, stand->settles[i].text);
    if (verdict != WEIR_PENDING && life_log_verdict(stand, sample, 0, 0) == WEIR_DELIVERED)
        trial_fail(trial, "the destination fails, but the verdict is DELIVERED");
    life_end(stand);
}

/* -- settle -- */

static void expect_settled(struct trial *trial, struct stand *stand, bool works)
{
    for (size_t i = 0; i < stand->n_settles; i++) {
        const struct stand_settle *settle = &stand->settles[i];

        if (settle->stopped)
            trial_fail(trial, "settle comes after stop has returned");
        if (!settle->was_open)
            trial_fail(trial,
                "settle names batch %llu, which is not open: settled twice, or never "
                "PENDING",
                (unsigned long long)settle->batch_id);
    }
    for (size_t i = 0; i < stand->n_batches; i++)
        if (stand->batches[i].twice)
            trial_fail(trial, "batch %llu was settled, and flush said %s for it as well",
                (unsigned long long)stand->batches[i].sample->batch.id,
                stand_verdict_name(stand->batches[i].verdict));
    for (size_t i = 0; works && i < stand->n_batches; i++)
        if (stand->batches[i].pending)
            trial_fail(trial,
                "batch %llu was PENDING and is not settled, though the destination "
                "works",
                (unsigned long long)stand->batches[i].sample->batch.id);
}

/* Whether every batch that was PENDING has been settled by then. */
static void wait_for_all(struct stand *stand, uint64_t timeout_ns)
{
    const uint64_t end_ns = clock_now_ns() + timeout_ns;

    for (size_t i = 0; i < stand->n_batches; i++) {
        const uint64_t now_ns = clock_now_ns();

        stand_wait(stand, stand->batches[i].sample, end_ns > now_ns ? end_ns - now_ns : 0);
    }
}

/* What is left of the plugin may still settle; a thread may have to wait for its turn. */
static void wait_for_late(const char *threads_before)
{
    const uint64_t end_ns = clock_now_ns() + LATE_SETTLE_NS;
    bool same = false;

    life_pause_ms(LATE_SETTLE_MS);
    while (!same && clock_now_ns() < end_ns) {
        SCOPED_FREE char *after = snapshot_settle(ASPECT_THREADS, threads_before);

        same = !strcmp(threads_before, after);
    }
}

static void flu_settles(struct trial *trial)
{
    SCOPED_FREE char *threads = snapshot_take(ASPECT_THREADS);
    struct stand *stand = stand_start(trial, NULL);
    const bool works = sink_kind(trial) != SINK_NONE;

    for (uint32_t i = 0; i < SETTLED_BATCHES; i++)
        if (life_ready(stand))
            stand_flush(stand, marks_sample(trial, HIGH_ID + i, i * 10, 10), NULL);
    wait_for_all(stand, works ? LIFE_DELIVER_NS : LIFE_FLUSH_NS);
    expect_settled(trial, stand, works);
    for (uint32_t i = 0; i < SETTLED_BATCHES; i++)
        if (life_ready(stand))
            stand_flush(stand, marks_sample(trial, HIGH_ID + 1000 + i, 0, 1), NULL);
    stand_urgent(stand, 1);
    wait_for_all(stand, works ? LIFE_DELIVER_NS : LIFE_FLUSH_NS);
    expect_settled(trial, stand, works);
    for (uint32_t i = 0; i < SETTLED_AT_STOP; i++)
        if (stand_ready(stand))
            stand_flush(stand, marks_sample(trial, HIGH_ID + 2000 + i, 0, 1), NULL);
    stand_stop(stand, LIFE_STOP_NS);
    wait_for_late(threads);
    expect_settled(trial, stand, false);
    trial_note(trial, "%zu settled of %zu batches", stand->n_settles, stand->n_batches);
}

static void slow_settle(struct stand *stand, struct stand_batch *batch)
{
    (void)stand;
    (void)batch;
    life_pause_ms(2); /* flush returns meanwhile, or has not yet: both orders occur */
}

static void flu_race(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    if (!(stand->class->flags & WEIR_ASYNC))
        trial_foreign(trial, "the class is not ASYNC");
    stand->on_settle = slow_settle;
    for (uint32_t i = 0; i < 50; i++) {
        struct sample *sample = marks_sample(trial, i + 1, i * 2, 2);

        if (life_ready(stand))
            stand_flush(stand, sample, NULL);
        else
            sample_destroy(sample);
    }
    wait_for_all(stand, LIFE_DELIVER_NS);
    expect_settled(trial, stand, sink_kind(trial) != SINK_NONE);
    life_end(stand);
}

/* -- parts of a batch -- */

/* Marked logs of some size, so that a batch takes several requests. */
static struct sample *large_sample(const struct trial *trial, uint64_t id, uint32_t n, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + n * (size + 256));
    char *value = mem_zalloc(size + 1);
    char mark[MARK_SIZE];
    struct weir_kv contents[] = {{life_str("content"), {0}}, {life_str("fill"), {value, size}}};

    memset(value, 'f', size);
    sample_group(sample, n, 0);
    for (uint32_t i = 0; i < n; i++) {
        marks_text(trial, i, mark);
        contents[0].value = life_str(mark);
        sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    }
    free(value);
    return sample;
}

static void flu_partial(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = large_sample(trial, 1, PARTIAL_LOGS, 4096);
    struct marks_found found;
    uint32_t lost = 0, twice = 0;

    if (sink_kind(trial) != SINK_HTTP)
        trial_foreign(trial, "only an HTTP server can refuse a part");
    atomic_store(&trial->sink->times, 1);
    sink_answer(trial, 503, 0);
    if (stand_flush(stand, sample, NULL) == WEIR_PENDING)
        stand_wait(stand, sample, LIFE_DELIVER_NS);
    marks_find(trial, PARTIAL_LOGS, 0, &found);
    for (uint32_t i = 0; i < PARTIAL_LOGS; i++) {
        const bool delivered = life_log_verdict(stand, sample, 0, i) == WEIR_DELIVERED;

        lost += delivered && !found.counts[i];
        twice += !delivered && found.counts[i];
    }
    marks_finish(&found);
    if (lost)
        trial_fail(trial, "%u logs are said to be DELIVERED that the destination refused", lost);
    if (twice)
        trial_warn(trial, "%u logs that did arrive will be sent again", twice);
    life_end(stand);
}

/* How often a batch was tried is the host's to judge: what fails in passing is RETRY. */
static void expect_patience(struct trial *trial)
{
    struct stand *stand = life_start_apart(trial, 1);
    struct sample *sample = marks_sample(trial, 1, LOGS, 1);

    if (life_break_apart(trial, 1)) {
        for (unsigned i = 0; i < FAILURES && life_ready(stand); i++) {
            if (stand_flush(stand, sample, NULL) == WEIR_PENDING)
                stand_wait(stand, sample, SETTLE_NS);
            if (life_log_verdict(stand, sample, 0, 0) == WEIR_REJECTED)
                trial_fail(trial,
                    "what fails in passing is REJECTED at attempt %u, and the log is lost",
                    sample->batch.attempt);
        }
        if (trial->sink)
            sink_behave(trial, SERVER_TAKES);
    }
    life_end(stand);
}

static void flu_replay(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = marks_sample(trial, 1, 0, LOGS);
    uint32_t verdict;

    if (trial->sink) {
        atomic_store(&trial->sink->times, 1);
        sink_answer(trial, 503, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (sink_kind(trial) == SINK_NONE)
            verdict = stand_flush(stand, sample, NULL);
        else
            verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
        if (sink_kind(trial) != SINK_NONE && verdict != WEIR_DELIVERED)
            trial_fail(trial, "a batch that comes again, with the REPLAY flag, gets %s: %s",
                stand_verdict_name(verdict), stand->text);
        if (verdict == WEIR_PENDING)
            stand_wait(stand, sample, LIFE_FLUSH_NS);
    }
    life_end(stand);
    life_expect(trial, LOGS, false, false);
    expect_patience(trial);
}

/* -- deadline -- */

static void flu_deadline(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = life_hanging_sample(trial, 1);
    struct life_call *call = mem_zalloc(sizeof *call); /* a thread may be left in it */

    life_peer_hangs(trial);
    sample->batch.deadline_ns = clock_now_ns() + NS_PER_S;
    life_call_start(call, stand, sample);
    if (!life_call_wait(call, DEADLINE_NS_MAX) && !atomic_load(&stand->n_alive))
        trial_fail(trial, "flush does not return 2 s after its deadline, and does not call "
                          "host->alive");
    stand_urgent(stand, 1);
    if (call->done || life_call_wait(call, SETTLE_NS))
        stand_stop(stand, NS_PER_S);
}

/* -- what differs from batch to batch -- */

static void flu_destinations(struct trial *trial)
{
    static const char *const names[] = {"", "a", "A", "projekt-\xc3\xa4", "../x", "a b\n", "%s"};
    struct stand *stand = stand_start(trial, NULL);

    for (uint32_t i = 0; i < 3 * ARRAY_SIZE(names); i++) {
        struct sample *sample = marks_sample(trial, i + 1, i * 2, 2);

        sample->batch.project = life_str(names[i % ARRAY_SIZE(names)]);
        sample->batch.logstore = life_str(names[(i + 2) % ARRAY_SIZE(names)]);
        sample->batch.config = life_str(names[(i + 3) % ARRAY_SIZE(names)]);
        sample->batch.logstore_key = (int64_t)i * -1234567;
        flush_size(trial, stand, sample, "another project and logstore");
    }
    life_end(stand);
}

static void flu_stride(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 2, SAMPLE_BYTES);
    uint32_t verdict;

    sample_stride(sample, sizeof(struct weir_log) + 40);
    for (uint32_t group = 0; group < 2; group++) {
        sample_group(sample, 50, 0);
        for (uint32_t i = 0; i < 50; i++)
            marks_log(trial, sample, group * 50 + i);
    }
    trial->blame = NULL;
    trial_doing(trial, "flush of logs that lie further apart than sizeof(struct weir_log)");
    verdict = sink_kind(trial) == SINK_NONE ? stand_flush(stand, sample, NULL)
                                            : stand_deliver(stand, sample, LIFE_DELIVER_NS);
    if (sink_kind(trial) != SINK_NONE && verdict != WEIR_DELIVERED)
        trial_fail(trial, "logs that lie further apart get %s: %s", stand_verdict_name(verdict),
            stand->text);
    life_end(stand);
    life_expect(trial, 100, true, false);
}

static void flu_times(struct trial *trial)
{
    static const uint32_t seconds[] = {0, 1, 1700000000, UINT32_MAX, 5, 1699999999};
    static const uint32_t nanoseconds[] = {0, 999999999, 1};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);
    const uint32_t n = ARRAY_SIZE(seconds) * ARRAY_SIZE(nanoseconds);

    sample_group(sample, n, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct weir_log *log;

        marks_log(trial, sample, i);
        log = (struct weir_log *)(uintptr_t)weir_log_at(sample->group, i);
        log->time_s = seconds[i % ARRAY_SIZE(seconds)];
        log->time_ns = nanoseconds[i / ARRAY_SIZE(seconds)];
    }
    if (flush_size(trial, stand, sample, "logs of any time"))
        life_expect(trial, n, false, false);
    life_end(stand);
}

const struct check checks_flu[] = {
    {.id = "FLU-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .needs = NEEDS_SINK,
        .timeout_s = 60,
        .run = flu_delivers,
        .asserts = "What is DELIVERED arrives, each log once, in order unless CONCURRENT."},
    {.id = "FLU-02",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_STARTED,
        .gives = STAGE_FLUSHED,
        .timeout_s = 30,
        .run = flu_verdict,
        .asserts = "Verdicts are known ones, and PENDING comes from an ASYNC class only."},
    {.id = "FLU-03",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_read_only,
        .asserts = "A batch is not written to."},
    {.id = "FLU-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_kept,
        .asserts = "A batch is not touched after its verdict."},
    {.id = "FLU-05",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_sizes,
        .asserts = "Groups of 0 to 100,000 logs and values of 0 to 8 MiB are coped with."},
    {.id = "FLU-06",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_result,
        .asserts = "Results and words stay in the room they are given."},
    {.id = "FLU-07",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_reason,
        .asserts = "A verdict that is no success comes with words."},
    {.id = "FLU-08",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_settles,
        .asserts =
            "Each PENDING batch is settled exactly once, also after set_urgent; none after stop."},
    {.id = "FLU-09",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_race,
        .asserts = "settle may come before flush has returned."},
    {.id = "FLU-10",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .needs = NEEDS_SINK,
        .timeout_s = 60,
        .run = flu_partial,
        .asserts = "Of a batch that was taken in part, only that part is DELIVERED."},
    {.id = "FLU-11",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_replay,
        .asserts = "A batch that is sent again is delivered."},
    {.id = "FLU-12",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_deadline,
        .asserts = "flush returns by its deadline, or says that it lives."},
    {.id = "FLU-13",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_destinations,
        .asserts = "Project, logstore and config may differ from batch to batch."},
    {.id = "FLU-14",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_stride,
        .asserts = "Logs are reached by log_stride."},
    {.id = "FLU-15",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .asserts = "The wire form of a group is not trusted.",
        .missing = "this ABI hands out no wire form: groups come as structs only"},
    {.id = "FLU-16",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .asserts = "Throughput is as it was.",
        .missing = "weir-plugin bench measures it"},
    {.id = "FLU-17",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = flu_times,
        .asserts = "Any time is coped with, also one that goes backwards."},
    {0},
};
