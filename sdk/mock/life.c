#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "own.h"

#define AWAIT_S 30

static struct weir_str text_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

struct weir_mock *weir_mock_new(void)
{
    struct weir_mock *mock = mock_allocate(sizeof *mock);
    struct own *own = mock_allocate(sizeof *own);

    pthread_mutex_init(&own->lock, NULL);
    pthread_cond_init(&own->settled, NULL);
    mock->own = own;
    mock->log_level = WEIR_LOG_DEBUG;
    mock->now_ns = UINT64_C(1000000000);
    mock->wall_ns = UINT64_C(1700000000) * 1000000000;
    mock_fill_host(mock);
    return mock;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void free_records(struct weir_mock *mock)
{
    for (uint32_t i = 0; i < mock->n_lines; i++)
        free(mock->lines[i].text);
    for (uint32_t i = 0; i < mock->n_metrics; i++)
        free(mock->metrics[i].name);
    for (uint32_t i = 0; i < mock->n_settles; i++)
        free(mock->settles[i].text);
    for (uint32_t i = 0; i < mock->n_marks; i++)
        free(mock->marks[i].text);
    free((void *)(uintptr_t)mock->lines);
    free((void *)(uintptr_t)mock->metrics);
    free((void *)(uintptr_t)mock->settles);
    free((void *)(uintptr_t)mock->marks);
}

void weir_mock_free(struct weir_mock *mock)
{
    struct own *own;

    if (!mock)
        return;
    own = mock->own;
    if (own->self)
        weir_mock_stop(mock, 0);
    if (own->data_dir)
        nftw(own->data_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free_records(mock);
    pthread_mutex_destroy(&own->lock);
    pthread_cond_destroy(&own->settled);
    free(own->data_dir);
    free(own->open);
    free(own);
    free(mock);
}

/* The details of a call, emptied: its words go to mock->text. */
static struct weir_result make_result(struct weir_mock *mock)
{
    mock->text[0] = '\0';
    return (struct weir_result){.struct_size = sizeof(struct weir_result),
        .text = mock->text,
        .text_max = sizeof mock->text};
}

static void take_result(struct weir_mock *mock, const struct weir_result *result)
{
    mock->code = result->code;
    mock->retry_after_ns = result->retry_after_ns;
    mock->text[sizeof mock->text - 1] = '\0';
}

static void fill_context(struct weir_mock *mock, const void *options, struct weir_error *error)
{
    mock->text[0] = '\0';
    *error = (struct weir_error){
        .struct_size = sizeof *error, .text = mock->text, .text_max = sizeof mock->text};
    mock->context = (struct weir_context){
        .struct_size = sizeof mock->context,
        .host = &mock->host,
        .options = options,
        .options_json = text_str("{}"),
        .project = text_str("mock-project"),
        .logstore = text_str("mock-logstore"),
        .config = text_str("mock-pipeline"),
        .lane = text_str("mock-pipeline/mock/1"),
        .error = error,
    };
}

void *weir_mock_start(
    struct weir_mock *mock, const struct weir_flusher_class *flusher, const void *options)
{
    struct own *own = mock->own;
    struct weir_error error;
    void *self;

    if (own->self) /* one at a time */
        abort();
    self = mock_allocate(flusher->instance_size);
    fill_context(mock, options, &error);
    mock->code = flusher->init(self, &mock->context);
    mock->context.error = NULL;
    if (mock->code != 0) {
        mock->code = error.code ? error.code : mock->code;
        free(self);
        return NULL;
    }
    own->flusher = flusher;
    own->self = self;
    return self;
}

int weir_mock_ready(struct weir_mock *mock, void *self)
{
    const struct own *own = mock->own;
    const struct weir_context *context = &mock->context;

    if (!own->flusher->is_ready)
        return 1;
    return own->flusher->is_ready(self, context->project, context->logstore, context->logstore_key);
}

static void open_batch(struct weir_mock *mock, const struct weir_batch *batch)
{
    struct own *own = mock_lock(mock);
    struct open_batch *open = mock_find_open(own, batch->id);

    if (!open) {
        own->open = mock_grow(own->open, own->n_open, sizeof *own->open);
        open = &own->open[own->n_open++];
    }
    *open = (struct open_batch){.id = batch->id, .batch = batch};
    mock_unlock(mock);
}

/* After flush(): pending without settle() stays open, all else is over. */
static void close_batch(struct weir_mock *mock, uint64_t id, uint32_t verdict)
{
    struct own *own = mock_lock(mock);
    struct open_batch *open = mock_find_open(own, id);
    int allowed = (own->flusher->flags & WEIR_ASYNC) != 0;

    if (verdict > WEIR_BROKEN || (verdict == WEIR_PENDING && !allowed))
        mock->n_misuses++;
    if (verdict != WEIR_PENDING && open->settled)
        mock->n_misuses++;
    open->batch = NULL;
    if (verdict == WEIR_PENDING && !open->settled)
        mock->n_open++;
    else
        open->settled = 1;
    mock_unlock(mock);
}

uint32_t weir_mock_flush(struct weir_mock *mock, void *self, struct weir_mock_batch *batch)
{
    const struct own *own = mock->own;
    struct weir_batch *view = weir_mock_batch_view(batch);
    struct weir_result result = make_result(mock);
    uint32_t verdict;

    view->attempt++;
    if (view->attempt > 1)
        view->flags |= WEIR_BATCH_REPLAY;
    open_batch(mock, view);
    verdict = own->flusher->flush(self, view, &result);
    close_batch(mock, view->id, verdict);
    take_result(mock, &result);
    return verdict;
}

uint32_t weir_mock_await(struct weir_mock *mock, uint32_t n_settles)
{
    struct own *own = mock->own;
    struct timespec end;
    uint32_t n;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += AWAIT_S;
    pthread_mutex_lock(&own->lock);
    while (
        mock->n_settles < n_settles && pthread_cond_timedwait(&own->settled, &own->lock, &end) == 0)
        ;
    n = mock->n_settles;
    pthread_mutex_unlock(&own->lock);
    return n;
}

static void give_back_open(struct weir_mock *mock)
{
    struct own *own = mock_lock(mock);

    for (uint32_t i = 0; i < own->n_open; i++) {
        if (!own->open[i].settled)
            mock_record_settle(mock, own->open[i].id, WEIR_RETRY, NULL, 0);
    }
    own->n_open = 0;
    mock->n_open = 0;
    mock_unlock(mock);
}

int weir_mock_stop(struct weir_mock *mock, uint64_t deadline_ns)
{
    struct own *own = mock->own;
    struct weir_result result = make_result(mock);
    int answer = 0;

    if (!own->self)
        return 0;
    if (own->flusher->stop)
        answer = own->flusher->stop(own->self, deadline_ns, &result);
    take_result(mock, &result);
    give_back_open(mock);
    free(own->self);
    own->self = NULL;
    return answer;
}
