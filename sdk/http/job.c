#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <weir/words.h>

/* Memory that a job keeps for the next one. */
#define KEEP_CAPACITY ((size_t)8 << 20)
#define KEEP_JOBS 8u

struct http_part *http_job_part(const struct weir_http_job *job, size_t i)
{
    return (struct http_part *)(void *)job->parts.data + i;
}

const struct http_target *http_job_target(const struct weir_http_job *job, uint32_t i)
{
    return (const struct http_target *)(const void *)job->targets.data + i;
}

struct http_place http_job_part_end(const struct weir_http_job *job, size_t i)
{
    const struct http_part *next = http_job_part(job, i + 1);

    if (i + 1 < job->n_parts)
        return (struct http_place){next->group, next->log};
    return (struct http_place){job->batch->n_groups, 0};
}

static struct weir_http_job *take_spare(struct weir_http *http)
{
    struct weir_http_job *job;

    pthread_mutex_lock(&http->lock);
    job = http->spare;
    if (job) {
        http->spare = job->next;
        http->n_spare--;
    }
    pthread_mutex_unlock(&http->lock);
    return job ? job : calloc(1, sizeof *job);
}

/* Keeps nothing but the memory. */
static void clear(struct weir_http_job *job)
{
    struct weir_http_job kept = {.body = job->body,
        .parts = job->parts,
        .targets = job->targets,
        .texts = job->texts,
        .marks = job->marks,
        .packed = job->packed};

    *job = kept;
    weir_buffer_clear(&job->body);
    weir_buffer_clear(&job->parts);
    weir_buffer_clear(&job->targets);
    weir_buffer_clear(&job->texts);
    weir_buffer_clear(&job->marks);
    weir_buffer_clear(&job->packed);
}

void http_job_free(struct weir_http_job *job)
{
    weir_buffer_finish(&job->body);
    weir_buffer_finish(&job->parts);
    weir_buffer_finish(&job->targets);
    weir_buffer_finish(&job->texts);
    weir_buffer_finish(&job->marks);
    weir_buffer_finish(&job->packed);
    free(job);
}

static void put_spare(struct weir_http *http, struct weir_http_job *job)
{
    bool keep;

    if (job->body.capacity > KEEP_CAPACITY)
        weir_buffer_finish(&job->body);
    if (job->packed.capacity > KEEP_CAPACITY)
        weir_buffer_finish(&job->packed);
    pthread_mutex_lock(&http->lock);
    keep = http->n_spare < KEEP_JOBS;
    if (keep) {
        job->next = http->spare;
        http->spare = job;
        http->n_spare++;
    }
    pthread_mutex_unlock(&http->lock);
    if (!keep)
        http_job_free(job);
}

struct weir_http_job *weir_http_begin(struct weir_http *http, const struct weir_batch *batch)
{
    struct weir_http_job *job = take_spare(http);

    if (!job)
        return NULL;
    clear(job);
    job->http = http;
    job->batch = batch;
    job->epoch = atomic_load(&http->epoch);
    job->target = HTTP_NO_TARGET;
    job->result.struct_size = sizeof job->result;
    job->result.text = job->text;
    job->result.text_max = sizeof job->text;
    return job;
}

struct weir_buffer *weir_http_body(struct weir_http_job *job)
{
    return &job->body;
}

size_t weir_http_size(const struct weir_http_job *job)
{
    return job->body.size - job->cut_at;
}

static void pack(struct weir_http_job *job, struct http_part *part)
{
    part->packed_offset = job->packed.size;
    if (!job->body.failed)
        http_pack(job->http, &job->packed, job->body.data + part->offset, part->size);
    part->packed_size = job->packed.size - part->packed_offset;
}

void weir_http_cut_gap(
    struct weir_http_job *job, size_t size, size_t gap, uint32_t group, uint32_t log)
{
    struct http_part part = {.offset = job->cut_at,
        .size = size,
        .group = job->cut.group,
        .log = job->cut.log,
        .target = job->target,
        .verdict = HTTP_OPEN};

    if (!size) {
        part.verdict = WEIR_DELIVERED;
        job->delivered = true;
    } else if (job->http->compression) {
        pack(job, &part);
    }
    weir_buffer_append(&job->parts, &part, sizeof part);
    job->n_parts += !job->parts.failed;
    job->cut_at += size + gap;
    job->cut = (struct http_place){group, log};
}

void weir_http_cut_at(struct weir_http_job *job, size_t size, uint32_t group, uint32_t log)
{
    weir_http_cut_gap(job, size, 0, group, log);
}

void weir_http_cut(struct weir_http_job *job, uint32_t group, uint32_t log)
{
    weir_http_cut_at(job, weir_http_size(job), group, log);
}

void weir_http_target(
    struct weir_http_job *job, struct weir_str_map query, struct weir_str_map headers)
{
    struct http_target target = {.url = job->texts.size};
    char *url = http_url_with(job->http->options->url.data, query);

    if (url)
        weir_buffer_append(&job->texts, url, strlen(url) + 1);
    job->texts.failed |= !url;
    free(url);
    target.headers = job->texts.size;
    target.n_headers = http_append_headers(job->http, &job->texts, headers);
    job->target = (uint32_t)(job->targets.size / sizeof target);
    weir_buffer_append(&job->targets, &target, sizeof target);
}

void weir_http_mark(struct weir_http_job *job, uint32_t group, uint32_t log, uint32_t verdict,
    int32_t code, struct weir_str text)
{
    const struct weir_host *host = job->http->host;
    struct http_place place = {group, log};

    host->mark(host, job->batch, group, log, verdict, code, text);
    weir_buffer_append(&job->marks, &place, sizeof place);
}

static int compare_places(const void *a, const void *b)
{
    const struct http_place *left = a, *right = b;

    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    return (left->log > right->log) - (left->log < right->log);
}

static bool is_marked(const struct weir_http_job *job, struct http_place place)
{
    return job->marks.size && bsearch(&place, job->marks.data, job->marks.size / sizeof place,
                                  sizeof place, compare_places);
}

static void sort_marks(struct weir_http_job *job)
{
    size_t n = job->marks.size / sizeof(struct http_place);

    if (n > job->n_sorted)
        qsort(job->marks.data, n, sizeof(struct http_place), compare_places);
    job->n_sorted = n;
}

/* Gives the logs of a part its verdict, but for those that have one of their own. */
static void mark_part(
    struct weir_http_job *job, size_t i, uint32_t verdict, const struct weir_result *result)
{
    const struct weir_host *host = job->http->host;
    const struct weir_batch *batch = job->batch;
    const struct http_part *part = http_job_part(job, i);
    struct http_place at = {part->group, part->log}, end = http_job_part_end(job, i);
    struct weir_str text = result ? weir_str_of(result->text) : (struct weir_str){0};

    sort_marks(job);
    for (; at.group < batch->n_groups && compare_places(&at, &end) < 0; at.group++, at.log = 0)
        for (; at.log < batch->groups[at.group]->n_logs && compare_places(&at, &end) < 0; at.log++)
            if (!is_marked(job, at))
                host->mark(host, batch, at.group, at.log, verdict, result ? result->code : 0, text);
}

/* The details of this part are those of the batch. */
static void keep_result(struct weir_http_job *job, const struct weir_result *result)
{
    job->result.code = result->code;
    job->result.retry_after_ns = result->retry_after_ns;
    memcpy(job->text, result->text, sizeof job->text);
}

void http_job_judged(
    struct weir_http_job *job, size_t i, uint32_t verdict, const struct weir_result *result)
{
    struct http_part *part = http_job_part(job, i);

    part->verdict = verdict;
    switch (verdict) {
    case WEIR_DELIVERED:
        job->delivered = true;
        break;
    case WEIR_REJECTED:
        if (job->n_parts > 1)
            mark_part(job, i, verdict, result);
        if (!job->failed)
            keep_result(job, result);
        break;
    default:
        part->verdict = WEIR_RETRY;
        if (!job->failed)
            keep_result(job, result);
        job->failed = true;
    }
}

bool http_job_halve(struct weir_http_job *job, size_t i, const struct weir_http_half *half)
{
    struct http_part *first, second = *http_job_part(job, i);
    size_t begin = half->size + half->gap;

    weir_buffer_append(&job->parts, &second, sizeof second); /* room for one more */
    if (job->parts.failed)
        return false;
    first = http_job_part(job, i);
    memmove(first + 1, first, (job->n_parts - i) * sizeof *first);
    job->n_parts++;
    first->packed_size = second.packed_size = 0;
    first->verdict = second.verdict = HTTP_OPEN;
    second.offset += begin;
    second.size -= begin;
    second.group = half->group;
    second.log = half->log;
    first->size = half->size;
    first[1] = second;
    if (i < job->next_part)
        job->next_part = i;
    return true;
}

bool http_job_has_next(struct weir_http_job *job)
{
    while (
        job->next_part < job->n_parts && http_job_part(job, job->next_part)->verdict != HTTP_OPEN)
        job->next_part++;
    return !job->failed && job->next_part < job->n_parts;
}

bool http_job_over(struct weir_http_job *job)
{
    return !job->n_sending && !http_job_has_next(job);
}

static void settle_failed(struct weir_http_job *job)
{
    for (size_t i = 0; i < job->n_parts; i++)
        if (http_job_part(job, i)->verdict == WEIR_DELIVERED)
            mark_part(job, i, WEIR_DELIVERED, NULL);
}

void http_job_settle(struct weir_http_job *job)
{
    struct weir_http *http = job->http;
    uint32_t verdict = job->failed ? WEIR_RETRY : job->delivered ? WEIR_DELIVERED : WEIR_REJECTED;

    if (job->failed)
        settle_failed(job);
    http->host->settle(http->host, job->batch->id, verdict, &job->result);
    put_spare(http, job);
}

void weir_http_drop(struct weir_http_job *job)
{
    put_spare(job->http, job);
}

/* Skips the parts without a body; false if there are no others. */
static bool has_requests(struct weir_http_job *job)
{
    for (size_t i = 0; i < job->n_parts; i++)
        if (http_job_part(job, i)->size)
            return true;
    return false;
}

static bool has_failed(const struct weir_http_job *job)
{
    return job->body.failed || job->packed.failed || job->parts.failed || job->targets.failed ||
           job->texts.failed || job->marks.failed;
}

uint32_t weir_http_send(struct weir_http_job *job, struct weir_result *result)
{
    char words[128];
    int r = 0;

    if (weir_http_size(job))
        weir_http_cut(job, job->batch->n_groups, 0);
    if (has_failed(job)) {
        r = -ENOMEM;
    } else if (!has_requests(job)) {
        weir_http_drop(job);
        return WEIR_DELIVERED;
    } else {
        r = http_sender_give(job);
    }
    if (r == 0)
        return WEIR_PENDING;
    weir_explain(result, -r, "cannot send: %s", strerror_r(-r, words, sizeof words));
    weir_http_drop(job);
    return WEIR_RETRY;
}
