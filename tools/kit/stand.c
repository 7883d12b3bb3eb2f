#include "kit/stand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "config/document.h"
#include "kit/config.h"
#include "kit/heap.h"

#define SELF_ALIGN 64u
#define END_TIMEOUT_NS (5 * NS_PER_S)
#define READY_PAUSE_NS (10 * NS_PER_MS)
#define RETRY_PAUSE_NS (20 * NS_PER_MS)

static struct weir_str text_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

/* The first thing that is wrong, as one line. */
static char *first_words(const struct diag_list *diags)
{
    return diags->count ? mem_printf("%s%s%s", diags->items[0].message,
                              diags->items[0].expected ? "; expected " : "",
                              diags->items[0].expected ? diags->items[0].expected : "")
                        : mem_strdup("the configuration is no JSON object");
}

/* NULL: refused; *ret_words then says why, the caller's. */
static struct options *try_fill(
    const struct plugin_class *class, const char *text, char **ret_words)
{
    struct diag_list diags = {0};
    struct document *document = document_parse("config", text, strlen(text), &diags);
    const struct options_request request = {.class = &class->config,
        .object = document ? document->root : NULL,
        .place = {.file = "config", .line = 1, .column = 1}};
    struct options *options = document ? options_fill(&request, &diags) : NULL;

    *ret_words = options ? NULL : first_words(&diags);
    diag_list_finish(&diags);
    document_destroy(document);
    return options;
}

bool stand_accepts(struct trial *trial, const char *config)
{
    SCOPED_FREE char *words = NULL;
    struct options *options = try_fill(trial_class(trial), config, &words);

    options_destroy(options);
    return options != NULL;
}

static struct options *fill(struct trial *trial, const struct plugin_class *class, const char *text)
{
    SCOPED_FREE char *words = NULL;
    struct options *options = try_fill(class, text, &words);

    if (!options)
        trial_fail(trial, "the host does not take this config: %s", words);
    return options;
}

static void *new_self(size_t size)
{
    const size_t rounded = (size + SELF_ALIGN) / SELF_ALIGN * SELF_ALIGN;
    void *self = aligned_alloc(SELF_ALIGN, rounded);

    if (!self)
        abort();
    return memset(self, 0, rounded);
}

static void init_sync(struct stand *stand)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&stand->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stand->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct stand *stand_create(struct trial *trial, const char *config)
{
    const struct plugin_class *class = trial_class(trial);
    SCOPED_FREE char *own = config ? NULL : config_text(trial);
    struct options *options = fill(trial, class, config ? config : own);
    struct stand *stand = mem_zalloc(sizeof *stand);

    stand->trial = trial;
    stand->class = class;
    stand->options = options;
    stand->data_dir = trial->place ? mem_printf("%s/%u/data", trial->folder, trial->place)
                                   : mem_printf("%s/data", trial->folder);
    init_sync(stand);
    stand_host_fill(stand);
    stand->context = (struct weir_context){
        .struct_size = sizeof stand->context,
        .host = &stand->host,
        .options = options->values,
        .options_json = {options->json, options->json_size},
        .project = text_str("verify-project"),
        .logstore = text_str("verify-logstore"),
        .config = text_str("verify-pipeline"),
        .logstore_key = 42,
        .lane = text_str("verify-pipeline/verify/1"),
    };
    return stand;
}

int stand_init(struct stand *stand)
{
    struct weir_error error = {sizeof error, 0, stand->text, sizeof stand->text};
    void *self = new_self(stand->class->instance_size);
    int r;

    stand->text[0] = '\0';
    stand->context.error = stand->error ? stand->error : &error;
    trial_doing(stand->trial, "init");
    heap_enter();
    r = stand->class->calls.init(self, &stand->context);
    heap_leave();
    trial_doing(stand->trial, "%s", "");
    stand->context.error = NULL;
    stand->code = error.code;
    stand->text[sizeof stand->text - 1] = '\0';
    if (r)
        free(self);
    else
        stand->self = self;
    return r;
}

struct stand *stand_start(struct trial *trial, const char *config)
{
    struct stand *stand = stand_create(trial, config);
    int r = stand_init(stand);

    if (r)
        trial_fail(trial, "init failed with %d: %s", stand->code ? stand->code : r, stand->text);
    return stand;
}

bool stand_ready(struct stand *stand)
{
    const struct weir_flusher_class *calls = &stand->class->calls;
    bool ready = true;

    if (calls->is_ready) {
        trial_doing(stand->trial, "is_ready");
        heap_enter();
        ready = calls->is_ready(stand->self, stand->context.project, stand->context.logstore,
                    stand->context.logstore_key) != 0;
        heap_leave();
        trial_doing(stand->trial, "%s", "");
    }
    return ready;
}

/* The batch of that sample; a new one if it is not known. With the lock. */
static size_t find_batch(struct stand *stand, struct sample *sample)
{
    for (size_t i = 0; i < stand->n_batches; i++)
        if (stand->batches[i].sample == sample)
            return i;
    MEM_GROW(stand->batches, stand->n_batches, stand->cap_batches);
    stand->batches[stand->n_batches] = (struct stand_batch){.sample = sample};
    return stand->n_batches++;
}

static size_t begin_flush(struct stand *stand, struct sample *sample)
{
    size_t batch;

    pthread_mutex_lock(&stand->lock);
    batch = find_batch(stand, sample);
    stand->batches[batch].in_flush = true;
    stand->batches[batch].pending = stand->batches[batch].settled = false;
    sample->batch.attempt++;
    if (sample->batch.attempt > 1)
        sample->batch.flags |= WEIR_BATCH_REPLAY;
    if (stand->urgent)
        sample->batch.flags |= WEIR_BATCH_URGENT;
    pthread_mutex_unlock(&stand->lock);
    return batch;
}

static void end_flush(struct stand *stand, size_t i, uint32_t verdict)
{
    struct stand_batch *batch;

    pthread_mutex_lock(&stand->lock);
    batch = &stand->batches[i];
    batch->in_flush = false;
    if (verdict == WEIR_PENDING)
        batch->pending = !batch->settled;
    else
        batch->verdict = verdict;
    batch->twice = batch->twice || (batch->settled && verdict != WEIR_PENDING);
    if (stand->on_settle && !batch->pending && verdict != WEIR_PENDING)
        stand->on_settle(stand, batch);
    pthread_mutex_unlock(&stand->lock);
}

uint32_t stand_flush_with(struct stand *stand, struct sample *sample, struct weir_result *result)
{
    const size_t batch = begin_flush(stand, sample);
    const struct weir_batch *view = sample_view(sample);
    uint32_t verdict;

    trial_doing(stand->trial, "flush of batch %llu", (unsigned long long)sample->batch.id);
    heap_enter();
    verdict = stand->class->calls.flush(stand->self, view, result);
    heap_leave();
    trial_doing(stand->trial, "%s", "");
    end_flush(stand, batch, verdict);
    return verdict;
}

uint32_t stand_flush(struct stand *stand, struct sample *sample, struct stand_answer *ret)
{
    struct stand_answer own = {0}, *answer = ret ? ret : &own;
    struct weir_result result = {
        .struct_size = sizeof result, .text = answer->text, .text_max = sizeof answer->text};
    const uint64_t started_ns = clock_now_ns();

    answer->text[0] = '\0';
    answer->verdict = stand_flush_with(stand, sample, &result);
    answer->took_ns = clock_now_ns() - started_ns;
    answer->code = result.code;
    answer->retry_after_ns = result.retry_after_ns;
    answer->text[sizeof answer->text - 1] = '\0';
    return answer->verdict;
}

void stand_urgent(struct stand *stand, int exiting)
{
    const struct weir_flusher_class *calls = &stand->class->calls;

    pthread_mutex_lock(&stand->lock);
    stand->urgent = true;
    pthread_cond_broadcast(&stand->changed);
    pthread_mutex_unlock(&stand->lock);
    if (!calls->set_urgent)
        return;
    heap_enter();
    calls->set_urgent(stand->self, exiting);
    heap_leave();
}

int stand_probe(struct stand *stand, uint64_t timeout_ns)
{
    struct weir_result result = {
        .struct_size = sizeof result, .text = stand->text, .text_max = sizeof stand->text};
    int r;

    stand->text[0] = '\0';
    trial_doing(stand->trial, "probe");
    heap_enter();
    r = stand->class->calls.probe(stand->self, clock_now_ns() + timeout_ns, &result);
    heap_leave();
    trial_doing(stand->trial, "%s", "");
    stand->text[sizeof stand->text - 1] = '\0';
    stand->code = result.code;
    return r;
}

static void give_back_pending(struct stand *stand)
{
    for (size_t i = 0; i < stand->n_batches; i++)
        if (stand->batches[i].pending) {
            stand->batches[i].pending = false;
            stand->batches[i].verdict = WEIR_RETRY;
        }
}

int stand_stop(struct stand *stand, uint64_t timeout_ns)
{
    const struct weir_flusher_class *calls = &stand->class->calls;
    struct weir_result result = {
        .struct_size = sizeof result, .text = stand->text, .text_max = sizeof stand->text};
    int r = 0;

    pthread_mutex_lock(&stand->lock);
    stand->urgent = true;
    pthread_cond_broadcast(&stand->changed);
    pthread_mutex_unlock(&stand->lock);
    stand->text[0] = '\0';
    trial_doing(stand->trial, "stop");
    heap_enter();
    if (calls->stop)
        r = calls->stop(stand->self, clock_now_ns() + timeout_ns, &result);
    heap_leave();
    trial_doing(stand->trial, "%s", "");
    stand->text[sizeof stand->text - 1] = '\0';
    stand->code = result.code;
    pthread_mutex_lock(&stand->lock);
    stand->stopped = true;
    give_back_pending(stand);
    pthread_mutex_unlock(&stand->lock);
    free(stand->self);
    stand->self = NULL;
    return r;
}

#define FREE_ARRAY(ARRAY, COUNT, CAPACITY) \
    do { \
        free(ARRAY); \
        (ARRAY) = NULL; \
        (COUNT) = (CAPACITY) = 0; \
    } while (0)

/* What was noted up to now; a late call is noted anew. */
static void free_notes(struct stand *stand)
{
    pthread_mutex_lock(&stand->lock);
    for (size_t i = 0; i < stand->n_lines; i++)
        free(stand->lines[i].text);
    for (size_t i = 0; i < stand->n_metrics; i++)
        free(stand->metrics[i].name);
    for (size_t i = 0; i < stand->n_batches; i++)
        sample_destroy(stand->batches[i].sample);
    FREE_ARRAY(stand->lines, stand->n_lines, stand->cap_lines);
    FREE_ARRAY(stand->metrics, stand->n_metrics, stand->cap_metrics);
    FREE_ARRAY(stand->batches, stand->n_batches, stand->cap_batches);
    FREE_ARRAY(stand->settles, stand->n_settles, stand->cap_settles);
    FREE_ARRAY(stand->marks, stand->n_marks, stand->cap_marks);
    pthread_mutex_unlock(&stand->lock);
}

static void destroy(struct stand *stand)
{
    if (!stand)
        return;
    free_notes(stand);
    pthread_mutex_destroy(&stand->lock);
    pthread_cond_destroy(&stand->changed);
    free(stand->data_dir);
    free(stand);
}

/* In the place of the oldest one. */
static void keep(struct trial *trial, struct stand *stand)
{
    struct stand **place = &trial->ended[trial->n_ended++ % TRIAL_ENDED_MAX];

    destroy(*place);
    *place = stand;
}

void stand_end(struct stand *stand)
{
    if (stand->self)
        stand_stop(stand, END_TIMEOUT_NS);
    free_notes(stand);
    options_destroy(stand->options);
    stand->options = NULL;
    keep(stand->trial, stand);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

uint32_t stand_wait(struct stand *stand, const struct sample *sample, uint64_t timeout_ns)
{
    const struct timespec end = timespec_of(clock_now_ns() + timeout_ns);
    uint32_t verdict = WEIR_PENDING;
    size_t i = 0;

    pthread_mutex_lock(&stand->lock);
    while (i < stand->n_batches && stand->batches[i].sample != sample)
        i++;
    if (i < stand->n_batches) {
        while (stand->batches[i].pending &&
               pthread_cond_timedwait(&stand->changed, &stand->lock, &end) != ETIMEDOUT)
            ;
        if (!stand->batches[i].pending)
            verdict = stand->batches[i].verdict;
    }
    pthread_mutex_unlock(&stand->lock);
    return verdict;
}

uint32_t stand_try(struct stand *stand, struct sample *sample, uint64_t timeout_ns)
{
    const uint32_t verdict = stand_flush(stand, sample, NULL);

    return verdict == WEIR_PENDING ? stand_wait(stand, sample, timeout_ns) : verdict;
}

static void pause_ns(uint64_t ns)
{
    const struct timespec time = timespec_of(ns);

    nanosleep(&time, NULL);
}

uint32_t stand_deliver(struct stand *stand, struct sample *sample, uint64_t timeout_ns)
{
    const uint64_t end_ns = clock_now_ns() + timeout_ns;
    struct stand_answer answer = {0};
    uint32_t verdict = WEIR_RETRY;

    for (;;) {
        const uint64_t now_ns = clock_now_ns();

        if (now_ns >= end_ns)
            return verdict;
        if (!stand_ready(stand)) {
            pause_ns(READY_PAUSE_NS);
            continue;
        }
        verdict = stand_flush(stand, sample, &answer);
        pthread_mutex_lock(&stand->lock); /* others may deliver, too */
        snprintf(stand->text, sizeof stand->text, "%s", answer.text);
        pthread_mutex_unlock(&stand->lock);
        if (verdict == WEIR_PENDING)
            verdict = stand_wait(stand, sample, end_ns - now_ns);
        if (verdict == WEIR_DELIVERED || verdict == WEIR_REJECTED || verdict == WEIR_PENDING)
            return verdict;
        pause_ns(RETRY_PAUSE_NS);
    }
}

const char *stand_verdict_name(uint32_t verdict)
{
    static const char *const names[] = {
        [WEIR_RETRY] = "RETRY",
        [WEIR_DELIVERED] = "DELIVERED",
        [WEIR_REJECTED] = "REJECTED",
        [WEIR_PENDING] = "PENDING",
        [WEIR_BROKEN] = "BROKEN",
    };

    return verdict < ARRAY_SIZE(names) ? names[verdict] : "an unknown verdict";
}

bool stand_holds(const struct stand *stand, const void *address)
{
    for (size_t i = 0; i < stand->n_batches; i++)
        if (sample_holds(stand->batches[i].sample, address))
            return true;
    return false;
}

bool stand_said(struct stand *stand, const char *words)
{
    bool found = strstr(stand->text, words) != NULL;

    pthread_mutex_lock(&stand->lock);
    for (size_t i = 0; i < stand->n_lines && !found; i++)
        found = strstr(stand->lines[i].text, words) != NULL;
    pthread_mutex_unlock(&stand->lock);
    return found;
}
