/* NET: peers that fail in every way. */
#include "kit/check.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/calls.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/usage.h"
#include "kit/tls_peer.h"

#define SETTLE_NS (8 * NS_PER_S)
#define LOGS 20u
#define HANG_UPS 3u
#define DETOURS 3u
#define ARRIVE_NS (3 * NS_PER_S)
#define GROWTH_BYTES ((uint64_t)160 << 20)
#define CPU_NS_MAX (800 * NS_PER_MS)

static bool speaks_http(const struct trial *trial)
{
    return sink_kind(trial) == SINK_HTTP;
}

/* One batch to a peer that fails; PENDING when it is not settled in time. */
static uint32_t try_once(struct stand *stand, char *words, size_t words_max)
{
    const uint64_t id = stand->n_batches + 1;
    struct sample *sample = marks_sample(stand->trial, id, (uint32_t)id * LOGS, LOGS);
    struct stand_answer answer = {0};
    uint32_t verdict;

    life_ready(stand);
    verdict = stand_flush(stand, sample, &answer);
    snprintf(words, words_max, "%s", answer.text);
    if (verdict != WEIR_PENDING)
        return verdict;
    verdict = stand_wait(stand, sample, SETTLE_NS);
    if (stand->n_settles)
        snprintf(words, words_max, "%s", stand->settles[stand->n_settles - 1].text);
    return verdict;
}

/* Over a bare TCP connection what was written counts as DELIVERED, as nobody answers. */
static void expect_retry(struct trial *trial, struct stand *stand, const char *what)
{
    char words[STAND_TEXT_MAX];
    const uint32_t verdict = try_once(stand, words, sizeof words);

    if (!speaks_http(trial) && verdict == WEIR_DELIVERED)
        return;
    if (verdict != WEIR_RETRY && verdict != WEIR_BROKEN)
        trial_fail(trial, "%s: the verdict is %s, it must be RETRY: %s", what,
            stand_verdict_name(verdict), words);
    if (!words[0])
        trial_fail(trial, "%s: RETRY without a word why", what);
}

static void net_refused(struct trial *trial)
{
    struct stand *stand;
    char words[STAND_TEXT_MAX];
    uint32_t verdict;

    sink_need_peer(trial);
    stand = stand_start(trial, NULL);
    sink_behave(trial, SERVER_REFUSES);
    verdict = try_once(stand, words, sizeof words);
    if (verdict != WEIR_RETRY && verdict != WEIR_BROKEN)
        trial_fail(trial, "nothing listens, but the verdict is %s: %s", stand_verdict_name(verdict),
            words);
    if (!words[0])
        trial_fail(trial, "nothing listens: RETRY without a word why");
    life_end(stand);
}

/* The peer takes the connection and then nothing: the deadline is kept. */
static void net_black_hole(struct trial *trial)
{
    struct stand *stand;
    struct sample *sample;
    struct life_call *call = mem_zalloc(sizeof *call); /* a thread may be left in it */

    sink_need_peer(trial);
    stand = stand_start(trial, NULL);
    sink_behave(trial, SERVER_STALLS);
    sample = speaks_http(trial) ? marks_sample(trial, 1, 0, 2000) : life_hanging_sample(trial, 1);
    sample->batch.deadline_ns = clock_now_ns() + NS_PER_S;
    life_call_start(call, stand, sample);
    if (!life_call_wait(call, 3 * NS_PER_S) && !atomic_load(&stand->n_alive))
        trial_fail(trial, "the peer reads nothing: flush does not return 2 s after its deadline, "
                          "and does not call host->alive");
    stand_urgent(stand, 1);
    if (call->done || life_call_wait(call, SETTLE_NS))
        stand_stop(stand, NS_PER_S);
}

static void net_reset(struct trial *trial)
{
    static const unsigned after[] = {1, 17, 60, 120, 200, 1000};
    struct stand *stand;
    char what[64];

    sink_need_peer(trial);
    stand = stand_start(trial, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(after); i++) {
        atomic_store(&trial->sink->after_bytes, after[i]);
        sink_behave(trial, SERVER_RESETS);
        snprintf(what, sizeof what, "a reset after %u bytes", after[i]);
        expect_retry(trial, stand, what);
    }
    sink_behave(trial, SERVER_TAKES);
    life_deliver(stand, 0, LOGS);
    life_end(stand);
}

/* A peer hangs up while nothing is under way: what is written into that connection is lost,
 * though the first write works, so whoever says DELIVERED must have looked. */
static void expect_hang_up_noticed(struct trial *trial, struct stand *stand)
{
    for (uint32_t i = 0; i < HANG_UPS; i++) {
        life_deliver(stand, i * LOGS, LOGS);
        life_expect(trial, (i + 1) * LOGS, false, false);
        sink_hang_up(trial);
    }
    life_deliver(stand, HANG_UPS * LOGS, LOGS);
    life_expect(trial, (HANG_UPS + 1) * LOGS, false, false);
}

static void net_closes(struct trial *trial)
{
    struct stand *stand;

    sink_need_peer(trial);
    stand = stand_start(trial, NULL);
    expect_hang_up_noticed(trial, stand);
    sink_behave(trial, SERVER_CLOSES);
    expect_retry(trial, stand, "a peer that closes without an answer");
    if (speaks_http(trial)) {
        sink_behave(trial, SERVER_HALF);
        expect_retry(trial, stand, "half an answer");
    }
    sink_behave(trial, SERVER_TAKES);
    life_deliver(stand, 0, LOGS);
    life_end(stand);
}

static void net_drips(struct trial *trial)
{
    struct stand *stand;
    uint64_t cpu_ns, used_ns;

    sink_need_http(trial);
    stand = stand_start(trial, NULL);
    sink_behave(trial, SERVER_DRIPS);
    cpu_ns = usage_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (uint32_t i = 0; i < 3; i++)
        life_deliver(stand, i * LOGS, LOGS);
    used_ns = usage_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    if (used_ns > CPU_NS_MAX)
        trial_fail(trial, "%llu ms of CPU for answers that come byte by byte",
            (unsigned long long)(used_ns / NS_PER_MS));
    life_end(stand);
    life_expect(trial, 3 * LOGS, true, false);
}

/* -- answers by a detour -- */

/* Whether logs arrive, all of a batch. */
static bool arrives(struct trial *trial, uint32_t first)
{
    uint32_t missing = LOGS;

    for (uint64_t end_ns = clock_now_ns() + ARRIVE_NS; missing && clock_now_ns() < end_ns;) {
        struct marks_found found;

        marks_find(trial, first + LOGS, 0, &found);
        missing = 0;
        for (uint32_t i = first; i < first + LOGS; i++)
            missing += !found.counts[i];
        marks_finish(&found);
        if (missing)
            life_pause_ms(20);
    }
    return !missing;
}

/* It may be followed or not; a POST that becomes a GET on the way has lost its body. */
static void expect_redirected(struct trial *trial, struct stand *stand, unsigned status)
{
    const uint32_t first = (uint32_t)(stand->n_batches + 1) * LOGS;
    char words[STAND_TEXT_MAX];
    uint32_t verdict;

    atomic_store(&trial->sink->status, status);
    sink_behave(trial, SERVER_REDIRECTS);
    verdict = try_once(stand, words, sizeof words);
    sink_behave(trial, SERVER_TAKES);
    if (verdict == WEIR_DELIVERED && !stand->n_marks && !arrives(trial, first))
        trial_fail(trial, "a redirect with %u: the verdict is DELIVERED, and the logs are nowhere",
            status);
}

static void expect_delivered(
    struct trial *trial, struct stand *stand, enum server_mode mode, const char *what)
{
    for (unsigned i = 0; i < DETOURS; i++) {
        const uint32_t first = (uint32_t)(stand->n_batches + 1) * LOGS;

        sink_behave(trial, mode);
        trial_doing(trial, "%s", what);
        life_deliver(stand, first, LOGS);
        sink_behave(trial, SERVER_TAKES);
        if (!arrives(trial, first))
            trial_fail(trial, "%s: the verdict is DELIVERED, and the logs are nowhere", what);
    }
}

static void net_detours(struct trial *trial)
{
    static const unsigned statuses[] = {301, 302, 303, 307, 308};
    struct stand *stand;

    sink_need_http(trial);
    stand = stand_start(trial, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
        expect_redirected(trial, stand, statuses[i]);
    expect_delivered(trial, stand, SERVER_INFORMS, "an answer 103 before the answer");
    expect_delivered(trial, stand, SERVER_ENDS, "a connection that ends after the answer");
    life_end(stand);
}

/* SIGPIPE has its default here; the host ignores it, other hosts need not. */
static void net_sigpipe(struct trial *trial)
{
    struct stand *stand;
    char words[STAND_TEXT_MAX];

    sink_need_peer(trial);
    signal(SIGPIPE, SIG_DFL);
    stand = stand_start(trial, NULL);
    life_deliver(stand, 0, LOGS);
    for (unsigned i = 0; i < 3; i++) {
        sink_behave(trial, SERVER_CLOSES);
        try_once(stand, words, sizeof words);
        sink_behave(trial, SERVER_REFUSES);
        try_once(stand, words, sizeof words);
    }
    sink_behave(trial, SERVER_TAKES);
    life_deliver(stand, LOGS, LOGS);
    life_end(stand);
}

/* -- names -- */

/* One that takes no names at all, but addresses, is not to blame. */
static void refuses_names(
    struct trial *trial, const struct stand *stand, enum calls_names names, const char *what)
{
    if (names == CALLS_NAMES_HOME && !calls_resolved())
        trial_foreign(trial, "init takes no name in place of an address: %s", stand->text);
    trial_fail(trial, "%s: init fails: %s", what, stand->text);
}

static void expect_names(struct trial *trial, enum calls_names names, const char *what, bool works)
{
    struct stand *stand;
    char words[STAND_TEXT_MAX];
    uint32_t verdict;

    trial->peer_name = "peer.verify.invalid";
    calls_resolve(names);
    stand = stand_create(trial, NULL);
    if (stand_init(stand))
        refuses_names(trial, stand, names, what);
    verdict = try_once(stand, words, sizeof words);
    if (!calls_resolved())
        trial_foreign(trial, "it does not ask the system for addresses");
    if (names == CALLS_NAMES_MANY && verdict == WEIR_RETRY)
        trial_warn(trial, "%s: only the first address is tried: %s", what, words);
    else if (works && verdict != WEIR_DELIVERED)
        trial_fail(trial, "%s: the verdict is %s: %s", what, stand_verdict_name(verdict), words);
    if (!works && verdict != WEIR_RETRY && verdict != WEIR_BROKEN)
        trial_fail(trial, "%s: the verdict is %s, it must be RETRY: %s", what,
            stand_verdict_name(verdict), words);
    life_end(stand);
}

static void net_names(struct trial *trial)
{
    sink_need_peer(trial);
    life_need_injection(trial);
    expect_names(trial, CALLS_NAMES_HOME, "a name that is known", true);
    expect_names(trial, CALLS_NAMES_UNKNOWN, "a name that is not known", false);
    expect_names(trial, CALLS_NAMES_AGAIN, "a resolver that fails", false);
    expect_names(trial, CALLS_NAMES_SLOW, "a resolver that takes a second", true);
    expect_names(trial, CALLS_NAMES_MANY, "a name with addresses that do not answer", true);
}

/* -- certificates -- */

static const struct {
    enum tls_peer_kind kind;
    const char *what;
} certificates[] = {
    {TLS_SELF_SIGNED, "a certificate that nobody vouches for"},
    {TLS_EXPIRED, "a certificate that has expired"},
    {TLS_WRONG_NAME, "a certificate of another host"},
    {TLS_CUT, "an end in the middle of the handshake"},
};

static void expect_kept_back(struct trial *trial, enum tls_peer_kind kind, const char *what)
{
    struct tls_peer *peer = tls_peer_start(kind);
    SCOPED_FREE char *url = NULL;
    char words[STAND_TEXT_MAX];
    struct stand *stand;
    uint32_t verdict;

    if (!peer)
        trial_lacks(trial, "no server with TLS could be started");
    url = mem_printf("https://127.0.0.1:%u", tls_peer_port(peer));
    trial->peer_url = url;
    stand = stand_create(trial, NULL);
    if (stand_init(stand))
        trial_foreign(trial, "it does not take https: %s", stand->text);
    verdict = try_once(stand, words, sizeof words);
    if (!tls_peer_connections(peer))
        trial_foreign(trial, "it does not connect to ${verify:url}, or not with TLS");
    if (verdict == WEIR_DELIVERED || tls_peer_bytes(peer))
        trial_fail(trial, "%s: logs are sent all the same", what);
    if (verdict == WEIR_REJECTED)
        trial_fail(trial, "%s: the verdict is REJECTED, and the logs are lost", what);
    life_end(stand);
    tls_peer_stop(peer);
    trial->peer_url = NULL;
}

static void net_certificates(struct trial *trial)
{
    sink_need_http(trial);
    for (size_t i = 0; i < ARRAY_SIZE(certificates); i++)
        expect_kept_back(trial, certificates[i].kind, certificates[i].what);
}

static void net_garbage(struct trial *trial)
{
    struct stand *stand;
    uint64_t before, after;

    sink_need_http(trial);
    stand = stand_start(trial, NULL);
    sink_behave(trial, SERVER_BABBLES);
    expect_retry(trial, stand, "an answer that is no HTTP");
    before = usage_resident_bytes();
    sink_behave(trial, SERVER_FLOODS);
    try_once(stand, (char[STAND_TEXT_MAX]){0}, STAND_TEXT_MAX);
    after = usage_resident_bytes();
    if (after > before + GROWTH_BYTES)
        trial_fail(trial, "an answer of 64 MiB takes %llu MiB of memory",
            (unsigned long long)((after - before) >> 20));
    sink_behave(trial, SERVER_TAKES);
    life_deliver(stand, 0, LOGS);
    life_end(stand);
}

const struct check checks_net[] = {
    {.id = "NET-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = net_refused,
        .asserts = "A peer that does not listen means RETRY, with words."},
    {.id = "NET-02",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = net_black_hole,
        .asserts = "A peer that reads nothing does not break the deadline."},
    {.id = "NET-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_reset,
        .asserts = "A reset in the middle means RETRY."},
    {.id = "NET-04",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_closes,
        .asserts =
            "An end without an answer, or with half of one, means RETRY, and a connection that "
            "was hung up is not written to."},
    {.id = "NET-05",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_drips,
        .asserts = "Answers that come byte by byte are read, without spinning."},
    {.id = "NET-06",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_sigpipe,
        .asserts = "A peer that has gone does not raise SIGPIPE."},
    {.id = "NET-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_names,
        .asserts = "Names that are unknown, slow or have many addresses are coped with."},
    {.id = "NET-08",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_certificates,
        .asserts = "Nothing is sent to a server whose certificate does not hold."},
    {.id = "NET-09",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_garbage,
        .asserts = "Answers that are none, or without end, are borne."},
    {.id = "NET-10",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = net_detours,
        .asserts = "Redirects, answers before the answer, and connections that end after it are "
                   "coped with."},
    {.id = "NET-11",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Proxy variables are honoured or not, as documented.",
        .missing = "what is documented is not known to the kit"},
    {0},
};
