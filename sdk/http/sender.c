#include <weir/http.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <weir/words.h>
#include "private.h"

/* How long the thread sleeps when libcurl has no wish. */
#define IDLE_WAIT_MS 60000
/* The longest wait for what is on its way at a stop. */
#define STOP_WAIT_MAX_NS UINT64_C(3600000000000)
#define NS_PER_S 1000000000U
#define NS_PER_MS 1000000U

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Behind the last of a queue. */
static struct weir_http_job **queue_end(struct weir_http_job **queue)
{
    while (*queue)
        queue = &(*queue)->next;
    return queue;
}

/* Moves what was given to the thread's own queue. Whether it is to stop, and when. */
static bool take_given(struct weir_http *http, uint64_t *ret_stop_at_ns)
{
    bool stopping;

    pthread_mutex_lock(&http->lock);
    *queue_end(&http->open) = http->given;
    http->given = NULL;
    stopping = http->stopping;
    *ret_stop_at_ns = http->stop_at_ns;
    pthread_mutex_unlock(&http->lock);
    return stopping;
}

static struct http_request *find_free(struct weir_http *http)
{
    for (uint32_t i = 0; i < http->n_requests; i++)
        if (!http->requests[i].job)
            return &http->requests[i];
    return NULL;
}

/* The first job with something to send. */
static struct weir_http_job *find_job(const struct weir_http *http)
{
    struct weir_http_job *job = http->open;

    while (job && !http_job_has_next(job))
        job = job->next;
    return job;
}

static void fail(struct weir_http_job *job, const char *words)
{
    char text[HTTP_TEXT_MAX];
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};

    snprintf(text, sizeof text, "%s", words);
    http_job_judged(job, job->next_part, WEIR_RETRY, &result);
}

static void start_requests(struct weir_http *http)
{
    struct http_request *request;
    struct weir_http_job *job;

    while ((request = find_free(http)) && (job = find_job(http)))
        if (!http_request_start(request, job))
            fail(job, "cannot begin a request: no memory, or libcurl lacks a feature");
}

static void end_requests(struct weir_http *http)
{
    CURLMsg *message;
    int n_left;

    while ((message = curl_multi_info_read(http->multi, &n_left))) {
        CURLcode failure = message->data.result;
        CURL *easy = message->easy_handle;
        struct http_request *request;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request);
        curl_multi_remove_handle(http->multi, easy); /* `message` is gone now */
        http_request_done(request, failure);
    }
}

/* Batches behind the one that failed, begun before the host knew, go back unsent. */
static void give_back_later(struct weir_http *http)
{
    const uint32_t epoch = atomic_load(&http->epoch);

    for (struct weir_http_job *job = http->open; job; job = job->next)
        if (job->epoch != epoch && job->batch->id > http->failed_id && !job->next_part &&
            !job->failed)
            fail(job, "a batch before this one is sent again first");
}

/* Tells the host first: after a retry, it then begins nothing before the pause is over. */
static void settle(struct weir_http *http, struct weir_http_job *job)
{
    http_job_settle(job);
    atomic_fetch_sub(&http->n_jobs, 1);
    http->host->notify_ready(http->host);
}

/* It failed, and the order counts. */
static void settle_in_order(struct weir_http *http, struct weir_http_job **at)
{
    struct weir_http_job *job = *at;

    http->failed_id = job->batch->id;
    *at = job->next;
    settle(http, job);
    atomic_fetch_add(&http->epoch, 1);
    give_back_later(http);
}

static void settle_jobs(struct weir_http *http)
{
    struct weir_http_job **at = &http->open;

    while (*at) {
        struct weir_http_job *job = *at;

        if (!http_job_over(job)) {
            at = &job->next;
            continue;
        }
        if (job->failed && http->n_requests == 1) {
            settle_in_order(http, at);
            continue;
        }
        *at = job->next;
        settle(http, job);
    }
}

/* What is left at the end of a stop. */
static void give_back_all(struct weir_http *http)
{
    for (uint32_t i = 0; i < http->n_requests; i++) {
        if (!http->requests[i].job)
            continue;
        curl_multi_remove_handle(http->multi, http->requests[i].easy);
        http_request_abort(&http->requests[i]);
    }
    for (struct weir_http_job *job = http->open; job; job = job->next)
        if (!http_job_over(job))
            fail(job, "the flusher was stopped before this was sent");
    settle_jobs(http);
}

/* Milliseconds until `at_ns`, 0 when it has passed. */
static int wait_ms(uint64_t at_ns)
{
    uint64_t now_ns = clock_ns();
    uint64_t ms = at_ns > now_ns ? (at_ns - now_ns) / NS_PER_MS + 1 : 0;

    return ms > IDLE_WAIT_MS ? IDLE_WAIT_MS : (int)ms;
}

static void *run(void *owner)
{
    struct weir_http *http = owner;
    uint64_t stop_at_ns;

    for (;;) {
        bool stopping = take_given(http, &stop_at_ns);
        int n_running;

        give_back_later(http);
        start_requests(http);
        curl_multi_perform(http->multi, &n_running);
        end_requests(http);
        settle_jobs(http);
        if (stopping && (!http->open || clock_ns() >= stop_at_ns))
            break;
        if (!find_job(http) || !find_free(http))
            curl_multi_poll(
                http->multi, NULL, 0, stopping ? wait_ms(stop_at_ns) : IDLE_WAIT_MS, NULL);
    }
    give_back_all(http);
    return NULL;
}

/* Signals are the host's: none is handled here. */
static int start_thread(struct weir_http *http)
{
    sigset_t all, before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&http->thread, NULL, run, http);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        pthread_setname_np(http->thread, "weir-http");
    return -r;
}

int http_sender_give(struct weir_http_job *job)
{
    struct weir_http *http = job->http;
    int r = 0;

    pthread_mutex_lock(&http->lock);
    if (!http->started)
        r = start_thread(http);
    if (r == 0) {
        http->started = true;
        atomic_fetch_add(&http->n_jobs, 1);
        job->next = NULL;
        *queue_end(&http->given) = job;
    }
    pthread_mutex_unlock(&http->lock);
    if (r == 0)
        curl_multi_wakeup(http->multi);
    return r;
}

int weir_http_ready(struct weir_http *http)
{
    return atomic_load(&http->n_jobs) < http->options->concurrency || atomic_load(&http->urgent);
}

void weir_http_set_urgent(struct weir_http *http)
{
    atomic_store(&http->urgent, true);
    http->host->notify_ready(http->host);
}

static void make_metrics(struct weir_http *http)
{
    const struct weir_host *host = http->host;

    http->requests_total = host->metric(
        host, WEIR_METRIC_COUNTER, "http_requests_total", "requests", "Requests that have ended.");
    http->failures_total = host->metric(host, WEIR_METRIC_COUNTER, "http_failures_total",
        "requests", "Requests whose logs are not delivered.");
    http->bytes_total = host->metric(host, WEIR_METRIC_COUNTER, "http_body_bytes_total", "bytes",
        "Bytes of the bodies that were delivered.");
    http->seconds = host->metric(host, WEIR_METRIC_HISTOGRAM, "http_request_seconds", "seconds",
        "From the start of a request to its end.");
}

/* Upstream compresses, too, when only the header says so. */
static void choose_compression(struct weir_http *http)
{
    struct weir_str_map headers = http->options->headers;

    if (http->options->compression != WEIR_HTTP_EMPTY_WORD)
        http->compression = http->options->compression;
    for (size_t i = 0; i < headers.count && !http->compression; i++)
        if (strcasecmp(headers.items[i].key.data, "Content-Encoding") == 0)
            http->compression = http_pack_by_name(headers.items[i].value);
}

static bool make_headers(struct weir_http *http)
{
    struct weir_buffer lines = {0};
    size_t n_lines = http_append_headers(http, &lines, http->options->headers);
    bool good = !lines.failed && http_header_list(http, lines.data, n_lines, &http->headers);

    weir_buffer_finish(&lines);
    return good;
}

static bool make_multi(struct weir_http *http)
{
    const struct weir_http_options *options = http->options;

    http->multi = curl_multi_init();
    if (!http->multi)
        return false;
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
        (long)(options->idle_max > options->concurrency ? options->idle_max
                                                        : options->concurrency + 1));
    if (options->connections_max)
        curl_multi_setopt(
            http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)options->connections_max);
    return true;
}

static bool fill(struct weir_http *http)
{
    http->n_requests = (uint32_t)http->options->concurrency;
    http->requests = calloc(http->n_requests, sizeof *http->requests);
    if (!http->requests)
        return false;
    for (uint32_t i = 0; i < http->n_requests; i++)
        http->requests[i].http = http;
    choose_compression(http);
    http->url = http_url_with(http->options->url.data, http->options->query);
    http->address = http_url_public(http->options->url.data);
    return http->url && http->address && make_headers(http) && make_multi(http);
}

/* Everything but the thread, which does not run. */
static void destroy(struct weir_http *http)
{
    struct weir_http_job *job;

    while ((job = http->spare)) {
        http->spare = job->next;
        http_job_free(job);
    }
    for (uint32_t i = 0; http->requests && i < http->n_requests; i++)
        http_request_finish(&http->requests[i]);
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    pthread_mutex_destroy(&http->lock);
    free(http->requests);
    free(http->url);
    free(http->address);
    free(http);
    curl_global_cleanup();
}

int weir_http_create(const struct weir_host *host, const struct weir_http_options *options,
    const struct weir_http_hooks *hooks, struct weir_error *error, struct weir_http **ret_http)
{
    struct weir_http *http;
    int r = http_check_options(options, error);

    if (r)
        return r;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return weir_refuse(error, 0, "libcurl cannot be made ready");
    http = calloc(1, sizeof *http);
    if (!http) {
        curl_global_cleanup();
        return weir_refuse(error, ENOMEM, "no memory");
    }
    http->host = host;
    http->options = options;
    if (hooks)
        http->hooks = *hooks;
    if (!http->hooks.answer_max)
        http->hooks.answer_max = WEIR_HTTP_ANSWER_MAX;
    pthread_mutex_init(&http->lock, NULL);
    if (!fill(http)) {
        destroy(http);
        return weir_refuse(error, ENOMEM, "no memory for the sender");
    }
    make_metrics(http);
    *ret_http = http;
    return 0;
}

void weir_http_stop(struct weir_http *http, uint64_t deadline_ns)
{
    uint64_t now_ns, left_ns;

    if (!http)
        return;
    now_ns = http->host->now_ns(http->host);
    left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    pthread_mutex_lock(&http->lock);
    http->stopping = true;
    http->stop_at_ns = clock_ns() + (left_ns < STOP_WAIT_MAX_NS ? left_ns : STOP_WAIT_MAX_NS);
    pthread_mutex_unlock(&http->lock);
    if (http->started) {
        curl_multi_wakeup(http->multi);
        pthread_join(http->thread, NULL);
    }
    destroy(http);
}

/* Milliseconds, at least one: none would be no limit to libcurl. */
static long ms_until(const struct weir_host *host, uint64_t deadline_ns)
{
    uint64_t now_ns = host->now_ns(host), ms;

    ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / NS_PER_MS : 0;
    return ms < 1 ? 1 : ms < INT_MAX ? (long)ms : INT_MAX;
}

int weir_http_probe(struct weir_http *http, uint64_t deadline_ns, struct weir_result *result)
{
    char error[CURL_ERROR_SIZE] = "";
    CURL *easy = curl_easy_init();
    CURLcode r = CURLE_OUT_OF_MEMORY;

    if (easy && http_request_prepare(easy, http)) {
        curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ms_until(http->host, deadline_ns));
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 0L);
        r = curl_easy_perform(easy);
    }
    curl_easy_cleanup(easy);
    if (r != CURLE_OK)
        weir_explain(result, (int32_t)r, "no connection to %s: %s", http->address,
            error[0] ? error : curl_easy_strerror(r));
    return (int)r;
}
