/* Lets libcurl follow redirects: a POST becomes a GET, whose answer is 200. */
#include "base_http.h"
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>

#define URGENT_NS UINT64_C(500000000)

struct following {
    struct http http; /* no sender is made */
    struct weir_buffer body;
    CURL *easy;
    uint64_t until_ns;
    atomic_bool urgent;
};

static int following_init(void *self, const struct weir_context *context)
{
    struct following *following = self;

    following->http.host = context->host;
    following->http.options = context->options;
    return 0;
}

static size_t take_nothing(char *data, size_t size, size_t n, void *context)
{
    (void)data;
    (void)context;
    return size * n;
}

/* Non-zero ends the request. */
static int look_at_time(
    void *context, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
    struct following *following = context;
    const struct weir_host *host = following->http.host;
    const uint64_t now_ns = host->now_ns(host);

    (void)down;
    (void)downed;
    (void)up;
    (void)upped;
    if (atomic_load(&following->urgent) && following->until_ns > now_ns + URGENT_NS)
        following->until_ns = now_ns + URGENT_NS;
    return now_ns > following->until_ns;
}

static CURL *make_easy(struct following *following)
{
    const struct weir_http_options *options = &following->http.options->http;
    CURL *easy = curl_easy_init();

    if (!easy)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_URL, options->url.data);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_nothing);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_at_time);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, following);
    return easy;
}

static uint32_t judge(CURL *easy, struct weir_result *result)
{
    curl_off_t wait_s = 0;
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return WEIR_DELIVERED;
    weir_explain(result, (int32_t)status, "the server answers %ld", status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s);
    if (wait_s > 0)
        result->retry_after_ns = (uint64_t)wait_s * 1000000000;
    return status >= 500 || status == 401 || status == 403 || status == 404 || status == 408 ||
                   status == 429 || status < 400
               ? WEIR_RETRY
               : WEIR_REJECTED;
}

static uint32_t following_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct following *following = self;
    const struct weir_host *host = following->http.host;
    CURLcode r;

    base_format(&following->body, batch);
    if (!following->easy)
        following->easy = make_easy(following);
    if (!following->easy || following->body.failed)
        return base_retry(result, -ENOMEM, "cannot make the request");
    following->until_ns = host->now_ns(host) + following->http.options->http.timeout_ns;
    if (batch->deadline_ns && batch->deadline_ns < following->until_ns)
        following->until_ns = batch->deadline_ns;
    curl_easy_setopt(
        following->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)following->body.size);
    curl_easy_setopt(
        following->easy, CURLOPT_POSTFIELDS, following->body.size ? following->body.data : "");
    r = curl_easy_perform(following->easy);
    if (following->body.capacity > (size_t)4 << 20)
        weir_buffer_finish(&following->body);
    if (r == CURLE_OK)
        return judge(following->easy, result);
    weir_explain(result, (int32_t)r, "cannot send: %s", curl_easy_strerror(r));
    return WEIR_RETRY;
}

static void following_set_urgent(void *self, int exiting)
{
    struct following *following = self;

    (void)exiting;
    atomic_store(&following->urgent, true);
}

static int following_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct following *following = self;

    (void)deadline_ns;
    (void)result;
    curl_easy_cleanup(following->easy);
    weir_buffer_finish(&following->body);
    return 0;
}

HTTP_ANIMAL(.flags = WEIR_NET, .instance_size = sizeof(struct following), .init = following_init,
    .is_ready = base_is_ready, .flush = following_flush, .set_urgent = following_set_urgent,
    .stop = following_stop);
