/*
 * A flusher that keeps the contract with an HTTP server, by the SDK's sender. Animals as
 * with base.h, by HTTP_ANIMAL; those that judge answers wrongly by HTTP_JUDGE.
 */
#ifndef ZOO_BASE_HTTP_H
#define ZOO_BASE_HTTP_H

#include "base.h"
#include <weir/http.h>

struct http_options {
    struct weir_http_options http;
};

struct http {
    const struct weir_host *host;
    const struct http_options *options;
    struct weir_http *http;
};

UNUSED static const struct weir_option http_rows[] = {
    WEIR_HTTP_OPTION_ROWS(struct http_options, http),
};

UNUSED static int http_start(
    struct http *http, const struct weir_context *context, const struct weir_http_hooks *hooks)
{
    http->host = context->host;
    http->options = context->options;
    return weir_http_create(http->host, &http->options->http, hooks, context->error, &http->http);
}

UNUSED static int http_init(void *self, const struct weir_context *context)
{
    return http_start(self, context, NULL);
}

UNUSED static int http_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    const struct http *http = self;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    return weir_http_ready(http->http);
}

UNUSED static uint32_t http_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct http *http = self;
    struct weir_http_job *job = weir_http_begin(http->http, batch);

    if (!job)
        return base_retry(result, -ENOMEM, "cannot begin a request");
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            weir_json_log(weir_http_body(job), weir_log_at(batch->groups[g], i));
            weir_buffer_append_byte(weir_http_body(job), '\n');
        }
    }
    return weir_http_send(job, result);
}

UNUSED static void http_set_urgent(void *self, int exiting)
{
    struct http *http = self;

    (void)exiting;
    weir_http_set_urgent(http->http);
}

UNUSED static int http_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct http *http = self;

    (void)result;
    weir_http_stop(http->http, deadline_ns);
    return 0;
}

#define HTTP_ANIMAL(...) \
    ANIMAL(.flags = WEIR_NET | WEIR_ASYNC, .instance_size = sizeof(struct http), \
        .options_size = sizeof(struct http_options), .options = http_rows, \
        .n_options = sizeof http_rows / sizeof http_rows[0], .init = http_init, \
        .is_ready = http_is_ready, .flush = http_flush, .set_urgent = http_set_urgent, \
        .stop = http_stop, __VA_ARGS__)

/* With a judgement of its own: see struct weir_http_hooks. */
#define HTTP_JUDGE(JUDGE) \
    static int judging_init(void *self, const struct weir_context *context) \
    { \
        const struct weir_http_hooks hooks = {.owner = self, .judge = (JUDGE)}; \
        return http_start(self, context, &hooks); \
    } \
    HTTP_ANIMAL(.init = judging_init)

#endif
