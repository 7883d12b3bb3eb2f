#include <weir/flusher.h>

#include <errno.h>
#include <weir/http.h>
#include <weir/json.h>
#include <weir/words.h>

enum { PROTOCOL_NDJSON, PROTOCOL_JSON_ARRAY };
static const char *const protocols[] = {"ndjson", "json_array", NULL};

struct convert_options {
    uint32_t protocol; /* PROTOCOL_* */
};

struct http_options {
    struct weir_http_options http;
    struct convert_options convert;
    uint64_t max_body_size; /* bytes */
};

/* A log by its place in the batch. */
struct place {
    uint32_t group, log;
};

struct http_flusher {
    const struct http_options *options;
    struct weir_http *http;
    struct weir_json_head head;
};

static const struct weir_option convert_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct convert_options, protocol, "Protocol", protocols, "ndjson",
        "ndjson: many logs a request, each a JSON object on its line; json_array: in an array."),
};

static const struct weir_option http_rows[] = {
    WEIR_HTTP_OPTION_ROWS(struct http_options, http),
    WEIR_OPTION_OBJECT_ROW(struct http_options, convert, "Convert", 0, convert_rows,
        struct convert_options, "What logs look like in a request."),
    WEIR_OPTION(struct http_options, max_body_size, "MaxBodySize", WEIR_OPTION_SIZE, 0, "1MiB",
        "1KiB", "1GiB", NULL,
        "A request takes no more logs once its body would be larger than this."),
};

static int http_init(void *self, const struct weir_context *context)
{
    struct http_flusher *flusher = self;
    const struct http_options *options = context->options;
    const struct weir_http_hooks hooks = {
        .content_type =
            options->convert.protocol == PROTOCOL_NDJSON ? "application/x-ndjson" : NULL};

    flusher->options = options;
    return weir_http_create(context->host, &options->http, &hooks, context->error, &flusher->http);
}

static int http_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    const struct http_flusher *flusher = self;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    return weir_http_ready(flusher->http);
}

/* Between the elements of an array. It can be made the end of one and the start of another. */
#define COMMA ",\n"
#define BORDER "]["

/* Ends the request behind its first `size` bytes: the log that follows made it too large. */
static void split(
    const struct http_flusher *flusher, struct weir_http_job *job, size_t size, struct place at)
{
    struct weir_buffer *body = weir_http_body(job);

    if (flusher->options->convert.protocol == PROTOCOL_JSON_ARRAY && !body->failed) {
        memcpy(body->data + body->size - weir_http_size(job) + size, BORDER, 2);
        size++;
    }
    weir_http_cut_at(job, size, at.group, at.log);
}

static void append_log(
    struct http_flusher *flusher, struct weir_http_job *job, const struct weir_log *log)
{
    struct weir_buffer *body = weir_http_body(job);

    if (flusher->options->convert.protocol == PROTOCOL_JSON_ARRAY) {
        weir_buffer_append_text(body, weir_http_size(job) ? COMMA : "[");
        weir_json_object(body, &flusher->head, log);
    } else {
        weir_json_object(body, &flusher->head, log);
        weir_buffer_append_byte(body, '\n');
    }
}

/* A request is larger than the limit only if a single log is. */
static void lay_out_log(struct http_flusher *flusher, struct weir_http_job *job,
    const struct weir_log *log, struct place at)
{
    size_t before = weir_http_size(job);

    append_log(flusher, job, log);
    if (before && weir_http_size(job) + 1 > flusher->options->max_body_size)
        split(flusher, job, before, at);
}

static void lay_out(
    struct http_flusher *flusher, struct weir_http_job *job, const struct weir_batch *batch)
{
    struct place at;

    for (at.group = 0; at.group < batch->n_groups; at.group++) {
        const struct weir_group *group = batch->groups[at.group];

        weir_json_head_set(&flusher->head, group);
        for (at.log = 0; at.log < group->n_logs; at.log++)
            lay_out_log(flusher, job, weir_log_at(group, at.log), at);
    }
    if (weir_http_size(job) && flusher->options->convert.protocol == PROTOCOL_JSON_ARRAY)
        weir_buffer_append_byte(weir_http_body(job), ']');
}

static uint32_t http_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct http_flusher *flusher = self;
    struct weir_http_job *job = weir_http_begin(flusher->http, batch);

    if (!job) {
        weir_explain(result, ENOMEM, "no memory for a request");
        return WEIR_RETRY;
    }
    lay_out(flusher, job, batch);
    return weir_http_send(job, result);
}

static void http_set_urgent(void *self, int exiting)
{
    struct http_flusher *flusher = self;

    (void)exiting;
    weir_http_set_urgent(flusher->http);
}

static int http_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct http_flusher *flusher = self;

    (void)result;
    weir_http_stop(flusher->http, deadline_ns);
    weir_json_head_finish(&flusher->head);
    return 0;
}

static int http_probe(void *self, struct weir_result *result)
{
    struct http_flusher *flusher = self;

    return weir_http_probe(flusher->http, result);
}

static const struct weir_flusher_class http_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC | WEIR_NET,
    .type = "flusher_http",
    .version = "1.0.0",
    .description = "Posts logs to an HTTP address.",
    .instance_size = sizeof(struct http_flusher),
    .options_size = sizeof(struct http_options),
    .options = http_rows,
    .n_options = sizeof http_rows / sizeof http_rows[0],
    .option_stride = sizeof(struct weir_option),
    .init = http_init,
    .is_ready = http_is_ready,
    .flush = http_flush,
    .set_urgent = http_set_urgent,
    .stop = http_stop,
    .probe = http_probe,
};

WEIR_PLUGIN("http", "1.0.0", "flusher_http", &http_class);
