#include <weir/flusher.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <weir/http.h>
#include <weir/words.h>

#include "http/bodies.h"
#include "http/breaker.h"
#include "http/options.h"

#define NOTICE_PAUSE_NS UINT64_C(60000000000)
#define NS_PER_S UINT64_C(1000000000)
/* What a body may have in any case; bytes. */
#define BODY_SIZE_MIN 1024U

/* Logs that are not sent, as the configuration wants it. */
struct left_out {
    uint32_t total; /* a metric */
    uint64_t next_notice_ns;
};

struct http_flusher {
    const struct weir_host *host;
    struct weir_http *http;
    struct weir_http_options http_options;
    struct bodies bodies;
    struct bodies halves;        /* of requests that were too large: the sender's thread's */
    atomic_ullong body_size_max; /* MaxBodySize; less, once the server has refused that */
    struct left_out ignored, filtered;

    atomic_bool urgent;   /* no breaker then: the end has its own deadlines */
    pthread_mutex_t lock; /* of the breaker; the sender's thread tells it what happened */
    struct breaker breakers[HTTP_BREAKERS_MAX];
    size_t n_breakers;
};

/* From the sender's thread. */
static void on_ended(void *owner, uint32_t verdict)
{
    struct http_flusher *flusher = owner;
    uint64_t now_ns = flusher->host->now_ns(flusher->host);
    uint64_t pause_ns = 0; /* of those that open */

    pthread_mutex_lock(&flusher->lock);
    for (size_t i = 0; i < flusher->n_breakers; i++) {
        struct breaker *breaker = &flusher->breakers[i];

        if (breaker_ended(breaker, verdict != WEIR_RETRY, now_ns) && breaker->window_ns > pause_ns)
            pause_ns = breaker->window_ns;
    }
    pthread_mutex_unlock(&flusher->lock);
    if (pause_ns)
        weir_say(flusher->host, WEIR_LOG_WARN, "too many requests fail: nothing is sent for %llu s",
            (unsigned long long)(pause_ns / NS_PER_S));
}

static void lower_size(struct http_flusher *flusher, size_t refused)
{
    unsigned long long size = refused / 2 > BODY_SIZE_MIN ? refused / 2 : BODY_SIZE_MIN;

    if (size >= atomic_load(&flusher->body_size_max))
        return;
    atomic_store(&flusher->body_size_max, size);
    weir_say(flusher->host, WEIR_LOG_WARN,
        "the server takes no body of %zu bytes (413): from now on they have %llu; set MaxBodySize",
        refused, size);
}

/* From the sender's thread. */
static bool on_too_large(void *owner, const struct weir_http_answer *answer, char *body,
    size_t size, struct weir_http_half *ret_half)
{
    struct http_flusher *flusher = owner;

    if (!bodies_halve(&flusher->halves, answer, body, size, ret_half))
        return false;
    lower_size(flusher, size);
    return true;
}

static int make_sender(struct http_flusher *flusher, const struct weir_context *context)
{
    const struct http_options *options = context->options;
    const struct weir_http_hooks hooks = {.owner = flusher,
        .content_type = http_content_type(http_protocol(options)),
        .halve = on_too_large,
        .ended = flusher->n_breakers ? on_ended : NULL};

    flusher->http_options = options->http;
    if (flusher->http_options.compression == WEIR_HTTP_EMPTY_WORD)
        flusher->http_options.compression = WEIR_HTTP_NO_COMPRESSION;
    if (http_protocol(options) == PROTOCOL_PROMETHEUS && !flusher->http_options.compression)
        flusher->http_options.compression = WEIR_HTTP_SNAPPY; /* remote write has no other */
    return weir_http_create(
        context->host, &flusher->http_options, &hooks, context->error, &flusher->http);
}

static void finish_bodies(struct http_flusher *flusher)
{
    bodies_finish(&flusher->bodies);
    bodies_finish(&flusher->halves);
}

static int make_breakers(
    struct http_flusher *flusher, const struct http_options *options, struct weir_error *error)
{
    if (options->interceptors.count > HTTP_BREAKERS_MAX)
        return weir_refuse(
            error, 0, "RequestInterceptors has more than %u entries", HTTP_BREAKERS_MAX);
    flusher->n_breakers = options->interceptors.count;
    for (size_t i = 0; i < flusher->n_breakers; i++) {
        struct breaker_options given = http_breaker(options, i);

        flusher->breakers[i] =
            (struct breaker){.ratio = given.ratio, .window_ns = given.window_s * NS_PER_S};
    }
    return 0;
}

static int http_init(void *self, const struct weir_context *context)
{
    struct http_flusher *flusher = self;
    const struct http_options *options = context->options;
    int r;

    flusher->host = context->host;
    r = make_breakers(flusher, options, context->error);
    if (r)
        return r;
    atomic_init(&flusher->body_size_max, options->max_body_size);
    r = bodies_init(&flusher->bodies, options, context->error);
    if (r)
        return r;
    r = bodies_init(&flusher->halves, options, context->error);
    if (r == 0)
        r = make_sender(flusher, context);
    if (r) {
        finish_bodies(flusher);
        return r;
    }
    pthread_mutex_init(&flusher->lock, NULL);
    flusher->ignored.total = flusher->host->metric(flusher->host, WEIR_METRIC_COUNTER,
        "http_ignored_logs_total", "logs", "Logs left out by IgnoreUnExpectedData.");
    flusher->filtered.total = flusher->host->metric(flusher->host, WEIR_METRIC_COUNTER,
        "http_intercepted_logs_total", "logs", "Logs left out by FlushInterceptor.");
    return 0;
}

static int http_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct http_flusher *flusher = self;
    bool allowed = true;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    if (!weir_http_ready(flusher->http))
        return 0;
    pthread_mutex_lock(&flusher->lock);
    for (size_t i = 0; i < flusher->n_breakers; i++)
        allowed &= breaker_allows(&flusher->breakers[i], flusher->host->now_ns(flusher->host));
    pthread_mutex_unlock(&flusher->lock);
    return allowed || atomic_load(&flusher->urgent);
}

static void tell_of(struct http_flusher *flusher, struct left_out *left_out, uint64_t n_logs,
    uint32_t level, const char *words)
{
    uint64_t now_ns;

    if (!n_logs)
        return;
    flusher->host->record(flusher->host, left_out->total, (double)n_logs);
    now_ns = flusher->host->now_ns(flusher->host);
    if (now_ns < left_out->next_notice_ns)
        return;
    left_out->next_notice_ns = now_ns + NOTICE_PAUSE_NS;
    weir_say(flusher->host, level, "%llu logs of a batch %s", (unsigned long long)n_logs, words);
}

static void note_sent(struct http_flusher *flusher)
{
    pthread_mutex_lock(&flusher->lock);
    for (size_t i = 0; i < flusher->n_breakers; i++)
        breaker_sent(&flusher->breakers[i], flusher->host->now_ns(flusher->host));
    pthread_mutex_unlock(&flusher->lock);
}

static uint32_t http_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct http_flusher *flusher = self;
    struct weir_http_job *job = weir_http_begin(flusher->http, batch);

    if (!job) {
        weir_explain(result, ENOMEM, "no memory for a request");
        return WEIR_RETRY;
    }
    bodies_lay_out(&flusher->bodies, job, batch, atomic_load(&flusher->body_size_max));
    tell_of(flusher, &flusher->ignored, flusher->bodies.n_ignored, WEIR_LOG_WARN,
        "are no metrics, and left out (IgnoreUnExpectedData)");
    tell_of(flusher, &flusher->filtered, flusher->bodies.n_filtered, WEIR_LOG_INFO,
        "are not sent (FlushInterceptor)");
    note_sent(flusher);
    return weir_http_send(job, result);
}

static void http_set_urgent(void *self, int exiting)
{
    struct http_flusher *flusher = self;

    (void)exiting;
    atomic_store(&flusher->urgent, true);
    weir_http_set_urgent(flusher->http);
}

static int http_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct http_flusher *flusher = self;

    (void)result;
    weir_http_stop(flusher->http, deadline_ns);
    finish_bodies(flusher);
    pthread_mutex_destroy(&flusher->lock);
    return 0;
}

static int http_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct http_flusher *flusher = self;

    return weir_http_probe(flusher->http, deadline_ns, result);
}

static const struct weir_flusher_class http_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC | WEIR_NET,
    .type = "flusher_http",
    .version = "1.0.0",
    .description = "Posts logs to an HTTP address.",
    .instance_size = sizeof(struct http_flusher),
    .options_size = sizeof(struct http_options),
    .options = http_option_rows,
    .n_options = HTTP_N_OPTION_ROWS,
    .option_stride = sizeof(struct weir_option),
    .init = http_init,
    .is_ready = http_is_ready,
    .flush = http_flush,
    .set_urgent = http_set_urgent,
    .stop = http_stop,
    .probe = http_probe,
};

WEIR_PLUGIN("http", "1.0.0", "flusher_http", &http_class);
