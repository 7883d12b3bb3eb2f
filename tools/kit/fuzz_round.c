#include "kit/fuzz_round.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "config/option_rows.h"
#include "kit/config.h"
#include "kit/life.h"
#include "plugin/descriptor.h"

#define LIVES 3u
#define STEPS_MAX 40u
#define ROUND_NS (4 * NS_PER_S) /* no life begins, and no step of it, after that */
#define SETTLE_NS (2 * NS_PER_S)
#define GROUPS_MAX 4u
#define LOGS_MAX 24u
#define CONTENTS_MAX 5u
#define TAGS_MAX 3u
#define TEXT_MAX 48u
#define LONG_MAX ((size_t)64 << 10) /* of a few values */

struct fuzz {
    struct trial *trial;
    struct stand *stand;
    uint64_t state; /* of the random numbers */
    uint64_t end_ns;
    uint64_t n_batches;
    char *bytes; /* LONG_MAX random ones */
};

/* 0 .. n-1 */
static uint32_t below(struct fuzz *fuzz, uint32_t n)
{
    return (uint32_t)(trial_random(&fuzz->state) % n);
}

/* -- batches -- */

static struct weir_str text(struct fuzz *fuzz, size_t max)
{
    static const char *const nasty[] = {"", "\"", "\\", "%s%n", "\r\nX: y", "\xff\xfe", "\xc0\xaf",
        "\xe2\x80\xa8", "null", "1e400"};
    uint32_t start = below(fuzz, (uint32_t)(LONG_MAX - max));

    if (below(fuzz, 4) == 0)
        return life_str(nasty[below(fuzz, ARRAY_SIZE(nasty))]);
    return (struct weir_str){fuzz->bytes + start, below(fuzz, (uint32_t)max)};
}

static void put_log(struct fuzz *fuzz, struct sample *sample)
{
    struct weir_kv contents[CONTENTS_MAX];
    uint32_t n = below(fuzz, CONTENTS_MAX + 1);
    static const uint32_t times[] = {0, 1, 1700000000, UINT32_MAX};

    for (uint32_t i = 0; i < n; i++) {
        const bool is_long = below(fuzz, 200) == 0;

        contents[i].key = below(fuzz, 3) ? life_str("key") : text(fuzz, TEXT_MAX);
        contents[i].value = text(fuzz, is_long ? LONG_MAX / 2 : TEXT_MAX);
    }
    sample_log(sample, times[below(fuzz, ARRAY_SIZE(times))], contents, n);
}

static struct sample *random_sample(struct fuzz *fuzz)
{
    struct sample *sample = sample_create(++fuzz->n_batches, GROUPS_MAX, SAMPLE_BYTES * 2);
    uint32_t n_groups = 1 + below(fuzz, GROUPS_MAX);

    if (below(fuzz, 3) == 0)
        sample_guard(sample);
    if (below(fuzz, 3) == 0)
        sample_stride(sample, (uint32_t)sizeof(struct weir_log) + 8 * (1 + below(fuzz, 4)));
    for (uint32_t g = 0; g < n_groups; g++) {
        uint32_t n_logs = below(fuzz, LOGS_MAX), n_tags = below(fuzz, TAGS_MAX);

        sample_group(sample, n_logs, n_tags);
        for (uint32_t i = 0; i < n_tags; i++)
            sample_tag(sample, text(fuzz, TEXT_MAX), text(fuzz, TEXT_MAX));
        for (uint32_t i = 0; i < n_logs; i++)
            put_log(fuzz, sample);
    }
    return sample;
}

/* -- options -- */

/* A value that fits; NULL: leave it. Numbers keep to their limits and defaults: a timeout
 * of a year would be no fault of the plugin's. */
static struct json_object *random_value(struct fuzz *fuzz, const struct weir_option *row)
{
    static const char *const texts[] = {"", "x", "a b", "%s", "../x", "\xc3\xa4", "{\"a\":1}"};
    uint32_t n = 0;

    switch (row->type) {
    case WEIR_OPTION_BOOL:
        return json_object_new_boolean((int)below(fuzz, 2));
    case WEIR_OPTION_ENUM:
        while (row->choices[n])
            n++;
        return n ? json_object_new_string(row->choices[below(fuzz, n)]) : NULL;
    case WEIR_OPTION_STRING:
        return json_object_new_string(texts[below(fuzz, ARRAY_SIZE(texts))]);
    default:
        return NULL;
    }
}

/* The configuration that works, with some of the other options set. The caller frees it. */
static char *random_config(struct fuzz *fuzz)
{
    const struct config_class *class = &trial_class(fuzz->trial)->config;
    struct json_object *object = config_object(fuzz->trial);
    char *config;

    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);
        struct json_object *value;

        if (config_has(object, row->name) || row->flags & WEIR_REQUIRED || below(fuzz, 3))
            continue;
        value = random_value(fuzz, row);
        if (value)
            config_set(object, row->name, value);
    }
    config = config_print(object);
    json_object_put(object);
    if (stand_accepts(fuzz->trial, config))
        return config;
    free(config);
    return config_text(fuzz->trial);
}

/* -- a life -- */

static void judge(struct fuzz *fuzz, uint32_t verdict)
{
    struct stand *stand = fuzz->stand;
    struct trial *trial = fuzz->trial;

    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "flush returns %u, which is no verdict", verdict);
    if (verdict == WEIR_PENDING && !(stand->class->flags & WEIR_ASYNC))
        trial_fail(trial, "flush returns PENDING, but the class is not WEIR_ASYNC");
    for (size_t i = 0; i < stand->n_settles; i++)
        if (!stand->settles[i].was_open)
            trial_fail(trial, "settle names batch %llu, which is not open",
                (unsigned long long)stand->settles[i].batch_id);
    for (size_t i = 0; i < stand->n_marks; i++)
        if (!stand->marks[i].good)
            trial_fail(trial, "mark of batch %llu is not as the contract wants it",
                (unsigned long long)stand->marks[i].batch_id);
}

/* One batch: sent, and once more if it is to be. When it is over its memory is out of reach. */
static void send(struct fuzz *fuzz)
{
    struct sample *sample = random_sample(fuzz);
    uint32_t verdict = WEIR_RETRY;

    sample_view(sample);
    for (unsigned n = 1 + below(fuzz, 2); n > 0 && verdict == WEIR_RETRY; n--) {
        verdict = stand_flush(fuzz->stand, sample, NULL);
        judge(fuzz, verdict);
        if (verdict == WEIR_PENDING)
            verdict = stand_wait(fuzz->stand, sample, SETTLE_NS);
    }
    if (verdict != WEIR_PENDING)
        sample_protect(sample, PROT_NONE);
}

static void live(struct fuzz *fuzz)
{
    SCOPED_FREE char *config = random_config(fuzz);
    uint32_t n_steps = below(fuzz, STEPS_MAX);

    fuzz->stand = stand_create(fuzz->trial, config);
    if (stand_init(fuzz->stand)) {
        if (!fuzz->stand->text[0])
            trial_fail(fuzz->trial, "init fails without a word for %s", config);
        stand_end(fuzz->stand);
        return;
    }
    for (uint32_t i = 0; i < n_steps && clock_now_ns() < fuzz->end_ns; i++) {
        const uint32_t step = below(fuzz, 16);

        if (step == 0)
            stand_urgent(fuzz->stand, (int)below(fuzz, 2));
        else if (step < 3)
            stand_ready(fuzz->stand);
        else if (stand_ready(fuzz->stand))
            send(fuzz);
    }
    stand_end(fuzz->stand);
}

void fuzz_round(struct trial *trial)
{
    struct fuzz fuzz = {.trial = trial, .state = trial->seed, .end_ns = clock_now_ns() + ROUND_NS};

    fuzz.bytes = mem_zalloc(LONG_MAX);
    for (size_t i = 0; i < LONG_MAX; i++)
        fuzz.bytes[i] = (char)below(&fuzz, 256);
    for (unsigned i = 0; i < LIVES && clock_now_ns() < fuzz.end_ns; i++)
        live(&fuzz);
    trial_note(trial, "%llu random batches", (unsigned long long)fuzz.n_batches);
    free(fuzz.bytes);
}
