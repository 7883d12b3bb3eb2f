/*
 * A flusher to start from: posts logs to an HTTP server as lines of JSON, by the SDK's
 * sender (<weir/http.h>), which keeps connections, waits for answers on a thread of its
 * own, and tells the host what became of each batch.
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here takes
 * a lock, but each call may come on another thread, so nothing here is thread-local.
 * set_urgent alone may come during any other call. Other instances run at the same time:
 * no static variables.
 */
#include <errno.h>
#include <weir/flusher.h>
#include <weir/http.h>
#include <weir/json.h>
#include <weir/words.h>

/* The options, as the host fills them before init(). What is behind them is the host's
 * and lives until after stop(). */
struct acme_options {
    struct weir_http_options http;
    uint64_t max_body_size; /* bytes */
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. The sender brings RemoteURL, Headers, Timeout and more. */
static const struct weir_option acme_rows[] = {
    WEIR_HTTP_OPTION_ROWS(struct acme_options, http),
    WEIR_OPTION(struct acme_options, max_body_size, "MaxBodySize", WEIR_OPTION_SIZE, 0, "1MiB",
        "1KiB", "1GiB", NULL,
        "A request takes no more logs once its body would be larger than this."),
};

/* One instance. The host makes the memory, zeroed, and frees it after stop(). */
struct acme_flusher {
    const struct acme_options *options;
    struct weir_http *http;
};

/* [control] Connects to nothing: the old instance of a pipeline may still be at work
 * while the new one is made. To refuse: return weir_refuse(context->error, ...). */
static int acme_init(void *self, const struct weir_context *context)
{
    const struct weir_http_hooks hooks = {.content_type = "application/x-ndjson"};
    struct acme_flusher *flusher = self;

    flusher->options = context->options;
    return weir_http_create(
        context->host, &flusher->options->http, &hooks, context->error, &flusher->http);
}

/* [flush] Whether a flush makes sense now: while a request is on its way, it does not. */
static int acme_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    const struct acme_flusher *flusher = self;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    return weir_http_ready(flusher->http);
}

/* One log. Where it would make the request too large, it begins the next one. */
static void put_log(struct weir_http_job *job, const struct weir_log *log, uint64_t max_body_size,
    uint32_t group, uint32_t i)
{
    struct weir_buffer *body = weir_http_body(job);
    size_t before = weir_http_size(job);

    weir_json_log(body, log);
    weir_buffer_append_byte(body, '\n');
    if (before && weir_http_size(job) > max_body_size)
        weir_http_cut_at(job, before, group, i);
}

/* [flush] The batch is borrowed until the sender has settled it. The answer is PENDING,
 * or RETRY when the sender cannot take it; never wait and try again in here. */
static uint32_t acme_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct acme_flusher *flusher = self;
    struct weir_http_job *job = weir_http_begin(flusher->http, batch);

    if (!job) {
        weir_explain(result, ENOMEM, "no memory for a request");
        return WEIR_RETRY;
    }
    /* Logs are reached with weir_log_at(), never with []: rows may grow. */
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++)
            put_log(job, weir_log_at(batch->groups[g], i), flusher->options->max_body_size, g, i);
    return weir_http_send(job, result);
}

/* [any] More batches may follow, but none is to wait for long. */
static void acme_set_urgent(void *self, int exiting)
{
    struct acme_flusher *flusher = self;

    (void)exiting;
    weir_http_set_urgent(flusher->http);
}

/* [control] The last call; frees what the instance made, not the instance. What has no
 * answer by the deadline goes back to the host. */
static int acme_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct acme_flusher *flusher = self;

    (void)result;
    weir_http_stop(flusher->http, deadline_ns);
    return 0;
}

/* [control] For `weir check --connect`: is there a server? */
static int acme_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct acme_flusher *flusher = self;

    return weir_http_probe(flusher->http, deadline_ns, result);
}

/* What is not named here is absent, and the host does the ordinary thing. */
static const struct weir_flusher_class acme_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC | WEIR_NET,
    .type = "flusher_acme",
    .version = "0.1.0",
    .description = "Posts logs to an HTTP server as lines of JSON.",
    .instance_size = sizeof(struct acme_flusher),
    .options_size = sizeof(struct acme_options),
    .options = acme_rows,
    .n_options = sizeof acme_rows / sizeof acme_rows[0],
    .option_stride = sizeof acme_rows[0],
    .init = acme_init,
    .is_ready = acme_is_ready,
    .flush = acme_flush,
    .set_urgent = acme_set_urgent,
    .stop = acme_stop,
    .probe = acme_probe,
};

WEIR_PLUGIN("acme", "0.1.0", "flusher_acme", &acme_class);
