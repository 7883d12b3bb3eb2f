#include "private.h"

#include <stdio.h>
#include <string.h>
#include <weir/words.h>

/* What is read of a body and handed to the kernel at once; libcurl copies it there. */
#define UPLOAD_BUFFER_BYTES (256L << 10)
#define UPLOAD_BUFFER_MIN (16U << 10) /* libcurl's own */
#define IDLE_TIMEOUT_NS UINT64_C(90000000000)
#define DIAGNOSIS_PAUSE_NS UINT64_C(60000000000)
#define STATUS_TOO_LARGE 413
#define NS_PER_MS 1000000U
#define NS_PER_S 1000000000U

static size_t on_answer(char *data, size_t size, size_t n, void *owner)
{
    struct http_request *request = owner;
    size_t max = request->http->hooks.answer_max;
    size_t room = max - request->answer.size;

    weir_buffer_append(&request->answer, data, n * size < room ? n * size : room);
    return n * size; /* what is too much is read and forgotten: the connection stays good */
}

static long to_ms(uint64_t ns)
{
    uint64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;

    return ms > INT32_MAX ? INT32_MAX : (long)ms;
}

static long curl_tls_version(uint32_t version)
{
    static const long versions[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1,
        CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};

    return versions[version];
}

static CURLcode set_tls(CURL *easy, const struct weir_http_tls *tls)
{
    CURLcode r = curl_easy_setopt(easy, CURLOPT_SSLVERSION, curl_tls_version(tls->min_version));

    if (r == CURLE_OK && tls->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        r = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (r == CURLE_OK && tls->ca_file.size) {
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        r = curl_easy_setopt(easy, CURLOPT_CAINFO, tls->ca_file.data);
    }
    if (r == CURLE_OK && tls->cert_file.size)
        r = curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->cert_file.data);
    if (r == CURLE_OK && tls->key_file.size)
        r = curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key_file.data);
    return r;
}

static long curl_version_of(uint32_t version)
{
    static const long versions[] = {
        CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE};

    return versions[version];
}

static CURLcode set_connection(CURL *easy, const struct weir_http_options *options)
{
    CURLcode r = curl_easy_setopt(easy, CURLOPT_URL, options->url.data);

    if (r == CURLE_OK)
        r = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (r == CURLE_OK && options->proxy.size)
        r = curl_easy_setopt(easy, CURLOPT_PROXY, options->proxy.data);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a DNS lookup that hangs holds nobody up */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_version_of(options->version));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, to_ms(options->connect_timeout_ns));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, to_ms(options->timeout_ns));
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
        to_ms(options->idle_timeout_ns ? options->idle_timeout_ns : IDLE_TIMEOUT_NS) / 1000 + 1);
    return r;
}

bool http_request_prepare(CURL *easy, const struct weir_http *http)
{
    char agent[64];
    CURLcode r = set_connection(easy, http->options);

    snprintf(agent, sizeof agent, "%s/%s", http->host->name, http->host->version);
    if (r == CURLE_OK)
        r = curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
    return r == CURLE_OK && set_tls(easy, &http->options->tls) == CURLE_OK;
}

static bool prepare(struct http_request *request)
{
    uint64_t size = request->http->options->write_buffer_size;
    CURL *easy;

    if (request->easy)
        return true;
    easy = curl_easy_init();
    if (!easy)
        return false;
    if (!http_request_prepare(easy, request->http)) {
        curl_easy_cleanup(easy);
        return false;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE,
        size ? (long)(size < UPLOAD_BUFFER_MIN ? UPLOAD_BUFFER_MIN : size) : UPLOAD_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    request->easy = easy;
    return true;
}

/* Address and headers of the part. */
static bool aim(struct http_request *request, const struct http_part *part)
{
    const struct weir_http *http = request->http;
    const struct weir_http_job *job = request->job;
    const char *url = http->url;

    if (part->target != HTTP_NO_TARGET) {
        const struct http_target *target = http_job_target(job, part->target);

        url = job->texts.data + target->url;
        if (!http_header_list(
                http, job->texts.data + target->headers, target->n_headers, &request->headers))
            return false;
    }
    curl_easy_setopt(
        request->easy, CURLOPT_HTTPHEADER, request->headers ? request->headers : http->headers);
    return curl_easy_setopt(request->easy, CURLOPT_URL, url) == CURLE_OK;
}

static void let_go(struct http_request *request)
{
    curl_slist_free_all(request->headers);
    request->headers = NULL;
    request->job = NULL;
}

/* What is sent of a part. Halves are compressed only now: what the job has compressed must
 * not move while others of it are sent. Empty: no memory. */
static struct weir_str body_of(struct http_request *request, const struct http_part *part)
{
    const struct weir_http_job *job = request->job;
    struct weir_buffer *packed = &request->packed;

    if (part->packed_size)
        return (struct weir_str){job->packed.data + part->packed_offset, part->packed_size};
    if (!request->http->compression)
        return (struct weir_str){job->body.data + part->offset, part->size};
    weir_buffer_clear(packed);
    http_pack(request->http, packed, job->body.data + part->offset, part->size);
    return (struct weir_str){packed->data, packed->failed ? 0 : packed->size};
}

bool http_request_start(struct http_request *request, struct weir_http_job *job)
{
    struct http_part *part = http_job_part(job, job->next_part);
    struct weir_str body;
    bool good;

    request->job = job;
    request->part = job->next_part;
    request->error[0] = '\0';
    weir_buffer_clear(&request->answer);
    body = body_of(request, part);
    good = body.size && prepare(request) && aim(request, part);
    if (good) {
        curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, body.data);
        curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
        good = curl_multi_add_handle(request->http->multi, request->easy) == CURLM_OK;
    }
    if (!good) {
        let_go(request);
        return false;
    }
    part->verdict = HTTP_SENDING;
    job->next_part++;
    job->n_sending++;
    return true;
}

static void count(struct http_request *request, const struct http_part *part, uint32_t verdict)
{
    const struct weir_http *http = request->http;
    double seconds = 0;

    curl_easy_getinfo(request->easy, CURLINFO_TOTAL_TIME, &seconds);
    http->host->record(http->host, http->requests_total, 1);
    http->host->record(http->host, http->seconds, seconds);
    if (verdict == WEIR_DELIVERED)
        http->host->record(http->host, http->bytes_total,
            (double)(part->packed_size ? part->packed_size : part->size));
    else
        http->host->record(http->host, http->failures_total, 1);
}

/* What only the operator can mend is said loudly, but not all the time. */
static void diagnose(struct weir_http *http, const char *text)
{
    uint64_t now_ns = http->host->now_ns(http->host);

    if (now_ns < http->next_diagnosis_ns)
        return;
    http->next_diagnosis_ns = now_ns + DIAGNOSIS_PAUSE_NS;
    weir_say(http->host, WEIR_LOG_ERROR,
        "%s; nothing will arrive until this is put right there or in the configuration "
        "(address, credentials, TLS). Logs are kept and sent again.",
        text);
}

static void explain(
    struct http_request *request, CURLcode failure, long status, struct weir_result *result)
{
    const char *why = request->error[0] ? request->error : curl_easy_strerror(failure);
    struct weir_str body = {request->answer.data, request->answer.size};
    char *location = NULL;
    curl_off_t wait_s = 0;

    if (status >= 300 && status < 400 &&
        curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_URL, &location) == CURLE_OK && location)
        body = weir_str_of(location);
    if (status != 0)
        curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &wait_s);
    result->code = status ? (int32_t)status : (int32_t)failure;
    result->retry_after_ns =
        wait_s > 0 ? (uint64_t)(wait_s < 86400 ? wait_s : 86400) * NS_PER_S : 0;
    http_describe(result->text, result->text_max, request->http->address, status, why, body);
}

static struct weir_http_answer answer_of(const struct http_request *request, long status)
{
    const struct http_part *part = http_job_part(request->job, request->part);
    struct http_place end = http_job_part_end(request->job, request->part);

    return (struct weir_http_answer){.job = request->job,
        .batch = request->job->batch,
        .first_group = part->group,
        .first_log = part->log,
        .end_group = end.group,
        .end_log = end.log,
        .status = (uint32_t)status,
        .body = {request->answer.data, request->answer.size}};
}

/* Lets the flusher have its say. */
static uint32_t ask_flusher(
    struct http_request *request, long status, uint32_t verdict, struct weir_result *result)
{
    const struct weir_http_hooks *hooks = &request->http->hooks;
    struct weir_http_answer answer = answer_of(request, status);

    return hooks->judge ? hooks->judge(hooks->owner, &answer, verdict, result) : verdict;
}

/* Too large, and of several logs: goes in two requests. */
static bool halve(struct http_request *request, long status)
{
    struct weir_http *http = request->http;
    struct weir_http_job *job = request->job;
    const struct http_part *part = http_job_part(job, request->part);
    struct weir_http_answer answer = answer_of(request, status);
    struct weir_http_half half;

    if (status != STATUS_TOO_LARGE || !http->hooks.halve ||
        !http->hooks.halve(
            http->hooks.owner, &answer, job->body.data + part->offset, part->size, &half) ||
        !http_job_halve(job, request->part, &half))
        return false;
    for (uint32_t i = 0; i < http->n_requests; i++)
        if (http->requests[i].job == job && http->requests[i].part > request->part)
            http->requests[i].part++;
    return true;
}

void http_request_done(struct http_request *request, CURLcode failure)
{
    struct weir_http_job *job = request->job;
    char text[HTTP_TEXT_MAX] = "";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};
    struct http_judgement judgement;
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    judgement = http_judge(failure, status);
    if (failure != CURLE_OK && judgement.verdict == WEIR_RETRY)
        status = 0;
    if (judgement.verdict != WEIR_DELIVERED)
        explain(request, failure, status, &result);
    if (judgement.diagnosis)
        diagnose(request->http, text);
    if (status)
        judgement.verdict = ask_flusher(request, status, judgement.verdict, &result);
    count(request, http_job_part(job, request->part), judgement.verdict);
    if (request->http->hooks.ended)
        request->http->hooks.ended(request->http->hooks.owner, judgement.verdict);
    if (judgement.verdict != WEIR_REJECTED || !halve(request, status))
        http_job_judged(job, request->part, judgement.verdict, &result);
    job->n_sending--;
    let_go(request);
}

void http_request_abort(struct http_request *request)
{
    struct weir_http_job *job = request->job;
    char text[HTTP_TEXT_MAX] = "the flusher was stopped before an answer came";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};

    http_job_judged(job, request->part, WEIR_RETRY, &result);
    job->n_sending--;
    let_go(request);
}

void http_request_finish(struct http_request *request)
{
    curl_easy_cleanup(request->easy);
    weir_buffer_finish(&request->answer);
    weir_buffer_finish(&request->packed);
}
