/* RES: memory that grows, leaks or is overrun. */
#include "kit/check_res.h"

#include <dlfcn.h>
#include "base/clock.h"
#include "base/util.h"
#include "kit/calls.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/usage.h"

#define WARM_UP 10u
#define LOGS 20u
#define GUARDED_BATCHES 20u
#define FLUSHES 300u
#define GROWTH_BYTES 8u /* a flush */
#define ROUNDS 3u
#define RISE_BYTES 2u /* a flush, when it never stops */
#define FAILURES 60u
#define GROWTH_SLACK (64 * KIB)
#define LEAK_LIVES 10u
#define SLOW_NS NS_PER_S /* a life that takes longer has one flush */
#define START_BYTES ((uint64_t)32 << 20)

static uint64_t live_bytes(void)
{
    size_t blocks;
    uint64_t bytes;

    life_pause_ms(20);
    heap_live(&blocks, &bytes);
    return bytes;
}

/* One block that grows a little with each batch is seen when it grows on and on. */
static void expect_level(struct trial *trial, struct stand *stand)
{
    uint64_t bytes[ROUNDS + 1];
    unsigned n = 0, rising = 0;
    char text[512];

    bytes[0] = live_bytes();
    for (unsigned i = 0; i < ROUNDS; i++) {
        n += life_flush(stand, FLUSHES << i);
        bytes[i + 1] = live_bytes();
        rising += bytes[i + 1] > bytes[i];
    }
    heap_describe(text, sizeof text);
    if (rising == ROUNDS && bytes[ROUNDS] - bytes[0] > (uint64_t)n * RISE_BYTES)
        trial_fail(trial, "memory grows with each batch, %llu bytes after %u: %s",
            (unsigned long long)(bytes[ROUNDS] - bytes[0]), n, text);
}

/* What cannot be delivered must leave nothing behind either. */
static void expect_no_leak_at_failure(struct trial *trial, struct stand *stand)
{
    size_t early = 0, late = 0;
    uint64_t bytes;
    char text[512];
    unsigned n;

    if (!life_break_apart(trial, 1))
        return;
    life_flush(stand, WARM_UP);
    live_bytes();
    heap_live(&early, &bytes);
    n = life_flush(stand, FAILURES);
    live_bytes();
    heap_live(&late, &bytes);
    heap_describe(text, sizeof text);
    if (n > WARM_UP && late > early + n / 2)
        trial_fail(trial, "%u flushes that fail leave %zu blocks: %s", n, late - early, text);
}

/* Flushes of equal batches must not need more and more memory. */
void res_growth(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t early = 0, late = 0;
    size_t early_blocks = 0, late_blocks = 0;
    int64_t mappings;
    char text[512];
    unsigned n;

    life_need_injection(trial);
    life_flush(stand, WARM_UP);
    heap_watch(true);
    life_flush(stand, WARM_UP);
    life_pause_ms(20);
    heap_live(&early_blocks, &early);
    mappings = calls_mapped();
    n = life_flush(stand, FLUSHES);
    life_pause_ms(20);
    heap_live(&late_blocks, &late);
    heap_describe(text, sizeof text);
    if (n > WARM_UP && late_blocks > early_blocks + n / 2)
        trial_fail(trial, "%u flushes leave %zu blocks, %llu bytes more: %s", n,
            late_blocks - early_blocks, (unsigned long long)(late - early), text);
    if (n > WARM_UP && calls_mapped() > mappings + n / 2)
        trial_fail(trial, "%u flushes leave %lld mappings (mmap)", n,
            (long long)(calls_mapped() - mappings));
    if (late > early + (uint64_t)n * GROWTH_BYTES + GROWTH_SLACK)
        trial_fail(trial, "%u flushes need %llu bytes more: %s", n,
            (unsigned long long)(late - early), text);
    expect_level(trial, stand);
    life_end(stand);
    stand = life_start_apart(trial, 1);
    expect_no_leak_at_failure(trial, stand);
    life_end(stand);
}

/* LeakSanitizer prints where they were made. */
static void leaks_by_sanitizer(struct trial *trial)
{
    int (*find)(void) = NULL;

    *(void **)&find = dlsym(RTLD_DEFAULT, "__lsan_do_recoverable_leak_check");
    if (!find)
        trial_foreign(trial, "this sanitizer does not look for leaks");
    life_run(trial, 20);
    if (find())
        trial_fail(trial, "LeakSanitizer has found leaks");
}

/* What a third life, like the two before it, leaves behind is lost. */
void res_leaks(struct trial *trial)
{
    unsigned n_flushes = 20;
    size_t blocks = 0;
    uint64_t bytes = 0, started_ns;
    char text[512];

    if (!heap_visible()) {
        leaks_by_sanitizer(trial);
        return;
    }
    started_ns = clock_now_ns();
    life_run(trial, 20);
    if (clock_now_ns() - started_ns > SLOW_NS)
        n_flushes = 1;
    life_run(trial, n_flushes);
    heap_watch(true);
    for (unsigned i = 0; i < LEAK_LIVES; i++)
        life_run(trial, n_flushes);
    heap_watch(false);
    life_pause_ms(20);
    heap_live(&blocks, &bytes);
    heap_describe(text, sizeof text);
    if (blocks >= LEAK_LIVES)
        trial_fail(trial, "%u lives leave %zu blocks, %llu bytes: %s", LEAK_LIVES, blocks,
            (unsigned long long)bytes, text);
    trial_note(trial, "%zu blocks left", blocks);
}

/* Memory that nobody has set, or that is freed, holds garbage meanwhile. */
void res_overruns(struct trial *trial)
{
    struct stand *stand;
    char text[512];

    life_need_injection(trial);
    trial_descriptor(trial);
    heap_guard(true);
    stand = stand_start(trial, NULL);
    for (uint32_t i = 0; i < GUARDED_BATCHES; i++)
        life_deliver(stand, i * LOGS, LOGS);
    life_expect(trial, GUARDED_BATCHES * LOGS, false, false);
    life_odd_sizes(stand);
    life_end(stand);
    if (heap_overrun(text, sizeof text))
        trial_fail(trial, "the plugin writes behind the end of a block that %s had got", text);
}

void res_small_start(struct trial *trial)
{
    const uint64_t before = usage_resident_bytes();
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t after = usage_resident_bytes();

    if (after > before + START_BYTES)
        trial_warn(trial, "the plugin and one instance take %llu MiB before the first flush",
            (unsigned long long)((after - before) >> 20));
    life_end(stand);
}
