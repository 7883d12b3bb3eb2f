/* The HTTP sender: judgement and addresses by table, jobs on the mock host. */
#include <libdeflate.h>
#include <snappy-c.h>
#include <stdio.h>
#include <string.h>
#include <weir/http.h>
#include <weir/mock_host.h>
#include <weir/mock_http.h>
#include <weir/words.h>

#include "private.h"
#include "unit.h"

static const struct {
    CURLcode failure;
    long status;
    uint32_t verdict;
    bool diagnosis;
} judgements[] = {
    {CURLE_OK, 200, WEIR_DELIVERED, false},
    {CURLE_OK, 204, WEIR_DELIVERED, false},
    {CURLE_OK, 299, WEIR_DELIVERED, false},
    {CURLE_OK, 0, WEIR_RETRY, false},
    {CURLE_OK, 101, WEIR_RETRY, false},
    {CURLE_OK, 301, WEIR_RETRY, true},
    {CURLE_OK, 304, WEIR_RETRY, true},
    {CURLE_OK, 400, WEIR_REJECTED, false},
    {CURLE_OK, 401, WEIR_RETRY, true},
    {CURLE_OK, 403, WEIR_RETRY, true},
    {CURLE_OK, 404, WEIR_REJECTED, false},
    {CURLE_OK, 407, WEIR_RETRY, true},
    {CURLE_OK, 408, WEIR_RETRY, false},
    {CURLE_OK, 413, WEIR_REJECTED, false},
    {CURLE_OK, 421, WEIR_RETRY, false},
    {CURLE_OK, 422, WEIR_REJECTED, false},
    {CURLE_OK, 425, WEIR_RETRY, false},
    {CURLE_OK, 429, WEIR_RETRY, false},
    {CURLE_OK, 500, WEIR_RETRY, false},
    {CURLE_OK, 501, WEIR_RETRY, false},
    {CURLE_OK, 599, WEIR_RETRY, false},
    {CURLE_OK, 999, WEIR_RETRY, false},
    {CURLE_COULDNT_CONNECT, 0, WEIR_RETRY, false},
    {CURLE_COULDNT_RESOLVE_HOST, 0, WEIR_RETRY, false},
    {CURLE_OPERATION_TIMEDOUT, 0, WEIR_RETRY, false},
    {CURLE_OPERATION_TIMEDOUT, 200, WEIR_RETRY, false},
    {CURLE_RECV_ERROR, 0, WEIR_RETRY, false},
    {CURLE_SEND_ERROR, 0, WEIR_RETRY, false},
    {CURLE_SEND_ERROR, 200, WEIR_RETRY, false},
    {CURLE_SEND_ERROR, 413, WEIR_REJECTED, false},
    {CURLE_PARTIAL_FILE, 200, WEIR_RETRY, false},
    {CURLE_PEER_FAILED_VERIFICATION, 0, WEIR_RETRY, true},
};

START_TEST(judges)
{
    struct http_judgement found = http_judge(judgements[_i].failure, judgements[_i].status);

    ck_assert_uint_eq(found.verdict, judgements[_i].verdict);
    ck_assert_int_eq(found.diagnosis, judgements[_i].diagnosis);
}
END_TEST

static const struct {
    const char *url;
    const char *key, *value; /* one parameter; NULL: none */
    const char *expected;
} urls[] = {
    {"http://h/p", NULL, NULL, "http://h/p"},
    {"http://h/p?z=1&a", NULL, NULL, "http://h/p?z=1&a"},
    {"http://h/p", "k", "v", "http://h/p?k=v"},
    {"http://h/p?", "k", "v", "http://h/p?k=v"},
    {"http://h/p?z=1&a=2", "k", "v", "http://h/p?a=2&k=v&z=1"},
    {"http://h/p?z=1&a=2#part", "k", "v", "http://h/p?a=2&k=v&z=1"},
    {"http://h/p#a?b", "k", "v", "http://h/p?k=v"},
    {"http://h/p?k=1", "k", "0", "http://h/p?k=1&k=0"},
    {"http://h/p", "k", "", "http://h/p?k="},
    {"http://h/p", "a b", "c&d=e+\xc3\xa4~-_.", "http://h/p?a+b=c%26d%3De%2B%C3%A4~-_."},
    {"http://h/p?a%20b=%41+%zz%4", "k", "v", "http://h/p?a+b=A+%25zz%254&k=v"},
    {"http://h/p?a&&=b", "k", "v", "http://h/p?=b&a=&k=v"},
};

START_TEST(adds_to_the_query)
{
    const char *key = urls[_i].key, *value = urls[_i].value;
    struct weir_kv pair = {{key, key ? strlen(key) : 0}, {value, value ? strlen(value) : 0}};
    char *url = http_url_with(urls[_i].url, (struct weir_str_map){&pair, key != NULL});

    ck_assert_str_eq(url, urls[_i].expected);
    free(url);
}
END_TEST

START_TEST(tells_no_secrets)
{
    char *url = http_url_public("https://me:secret@host:99/path?token=secret#x");

    ck_assert_str_eq(url, "https://host:99/path");
    free(url);
}
END_TEST

static const struct {
    long status;
    struct weir_str body;
    const char *expected;
} descriptions[] = {
    {0, {"", 0}, "no answer from http://h/: refused"},
    {400, {"", 0}, "HTTP 400 from http://h/"},
    {400, {" \r\n a\x01\x7f\tb\n", 10}, "HTTP 400 from http://h/: a b"},
    {500, {"a\0b", 3}, "HTTP 500 from http://h/: a b"},
};

START_TEST(describes)
{
    char text[HTTP_TEXT_MAX];

    http_describe(
        text, sizeof text, "http://h/", descriptions[_i].status, "refused", descriptions[_i].body);
    ck_assert_str_eq(text, descriptions[_i].expected);
}
END_TEST

/* A long answer is cut, but no character of it. */
START_TEST(describes_the_start)
{
    char text[HTTP_TEXT_MAX], body[600];

    for (size_t i = 0; i < sizeof body; i += 3)
        memcpy(body + i, "\u20ac", 3);
    http_describe(text, sizeof text, "http://h/", 400, "", (struct weir_str){body, sizeof body});
    ck_assert_uint_eq(strlen(text), strlen("HTTP 400 from http://h/: ") + 198);
}
END_TEST

/* -- jobs -- */

static struct weir_mock *mock;
static struct weir_mock_server *server;
static struct weir_mock_batch *batch;
static struct weir_http_options options;
static struct weir_http_hooks hooks;
static struct weir_http *http;

/* A flusher for the mock host whose flush is the test's. */
static void (*lay_out)(struct weir_http_job *job);

static int test_init(void *self, const struct weir_context *context)
{
    (void)self;
    return weir_http_create(context->host, context->options, &hooks, context->error, &http);
}

static uint32_t test_flush(void *self, const struct weir_batch *given, struct weir_result *result)
{
    struct weir_http_job *job = weir_http_begin(http, given);

    (void)self;
    lay_out(job);
    return weir_http_send(job, result);
}

static int test_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    (void)self;
    (void)result;
    weir_http_stop(http, deadline_ns);
    return 0;
}

static const struct weir_flusher_class test_class = {
    .struct_size = sizeof test_class,
    .flags = WEIR_ASYNC,
    .type = "flusher_test",
    .instance_size = 1,
    .init = test_init,
    .flush = test_flush,
    .stop = test_stop,
};

static void setup(void)
{
    mock = weir_mock_new();
    server = weir_mock_server_new();
    batch = weir_mock_batch_new(7);
    for (int group = 0; group < 2; group++) {
        if (group)
            weir_mock_batch_group(batch, "");
        for (int i = 0; i < 3; i++)
            WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("k", "v"));
    }
    options = (struct weir_http_options){.url = weir_str_of(weir_mock_server_url(server)),
        .timeout_ns = UINT64_C(20000000000),
        .connect_timeout_ns = UINT64_C(20000000000),
        .concurrency = 1,
        .tls.min_version = WEIR_HTTP_TLS_1_2};
    hooks = (struct weir_http_hooks){0};
}

static void teardown(void)
{
    weir_mock_stop(mock, 0);
    ck_assert_uint_eq(mock->n_misuses, 0);
    weir_mock_batch_free(batch);
    weir_mock_free(mock);
    weir_mock_server_free(server);
}

static void *start(void)
{
    void *self = weir_mock_start(mock, &test_class, &options);

    ck_assert_msg(self != NULL, "%s", mock->text);
    return self;
}

/* Flushes and waits; what the batch was settled with. */
static const struct weir_mock_settle *settle(void *self)
{
    uint32_t n = weir_mock_await(mock, 0) + 1;

    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_PENDING);
    ck_assert_uint_eq(weir_mock_await(mock, n), n);
    return &mock->settles[n - 1];
}

static void one_request(struct weir_http_job *job)
{
    weir_buffer_append_text(weir_http_body(job), "all of it");
}

START_TEST(posts_one_request)
{
    static const struct weir_kv header = {{"X-Mine", 6}, {"yes", 3}};
    const struct weir_mock_request *request;

    lay_out = one_request;
    options.headers = (struct weir_str_map){&header, 1};
    ck_assert_uint_eq(settle(start())->verdict, WEIR_DELIVERED);
    request = weir_mock_server_request(server, 0);
    ck_assert_str_eq(request->body, "all of it");
    ck_assert(strncmp(request->head, "POST / HTTP/1.1\r\n", 17) == 0);
    ck_assert_ptr_nonnull(strstr(request->head, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(request->head, "\r\nX-Mine: yes\r\n"));
    ck_assert_ptr_null(strstr(request->head, "Expect"));
    ck_assert_ptr_null(strstr(request->head, "Transfer-Encoding"));
    ck_assert_uint_eq(mock->n_marks, 0);
    ck_assert_double_eq(weir_mock_metric(mock, "http_requests_total")->value, 1);
    ck_assert_double_eq(weir_mock_metric(mock, "http_body_bytes_total")->value, 9);
}
END_TEST

START_TEST(says_when_to_come_again)
{
    const struct weir_mock_settle *settled;

    lay_out = one_request;
    weir_mock_server_answer(server, 503, "Retry-After: 7\r\n", "busy");
    settled = settle(start());
    ck_assert_uint_eq(settled->verdict, WEIR_RETRY);
    ck_assert_int_eq(settled->code, 503);
    ck_assert_uint_eq(settled->retry_after_ns, UINT64_C(7000000000));
    ck_assert_ptr_nonnull(strstr(settled->text, ": busy"));
}
END_TEST

START_TEST(diagnoses_once_a_minute)
{
    void *self;

    lay_out = one_request;
    weir_mock_server_answer(server, 401, "", "");
    self = start();
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(settle(self)->verdict, WEIR_RETRY);
    weir_mock_advance(mock, UINT64_C(60000000000));
    settle(self);
    weir_mock_stop(mock, 0);
    ck_assert_uint_eq(weir_mock_logged(mock, "HTTP 401"), 2);
    ck_assert_uint_eq(mock->lines[0].level, WEIR_LOG_ERROR);
}
END_TEST

/* Logs 0.0, 0.1 | 0.2, 1.0 | (1.1 is marked) 1.2. */
static void three_requests(struct weir_http_job *job)
{
    weir_buffer_append_text(weir_http_body(job), "one");
    weir_http_cut(job, 0, 2);
    weir_buffer_append_text(weir_http_body(job), "two");
    weir_http_cut(job, 1, 1);
    weir_http_mark(job, 1, 1, WEIR_REJECTED, 3, weir_str_of("bad log"));
    weir_buffer_append_text(weir_http_body(job), "three");
}

/* Whether the marks are those: "group.log=verdict ...". */
static void expect_marks(const char *expected)
{
    char text[256] = "", *to = text;

    for (uint32_t i = 0; i < mock->n_marks; i++)
        to += sprintf(to, "%s%u.%u=%u", i ? " " : "", mock->marks[i].group, mock->marks[i].log,
            mock->marks[i].verdict);
    ck_assert_str_eq(text, expected);
}

static const struct {
    int answers[3];
    uint32_t verdict, n_requests;
    const char *marks; /* but for that of flush() */
} mixtures[] = {
    {{200, 200, 200}, WEIR_DELIVERED, 3, ""},
    {{400, 400, 400}, WEIR_REJECTED, 3, " 0.0=2 0.1=2 0.2=2 1.0=2 1.2=2"},
    {{200, 400, 200}, WEIR_DELIVERED, 3, " 0.2=2 1.0=2"},
    {{200, 200, 500}, WEIR_RETRY, 3, " 0.0=1 0.1=1 0.2=1 1.0=1"},
    {{200, 500, 200}, WEIR_RETRY, 2, " 0.0=1 0.1=1"},
    {{400, 500, 200}, WEIR_RETRY, 2, " 0.0=2 0.1=2"},
    {{WEIR_MOCK_CLOSE, 200, 200}, WEIR_RETRY, 1, ""},
};

START_TEST(several_requests_settle_once)
{
    char marks[256];

    lay_out = three_requests;
    for (int i = 0; i < 3; i++)
        weir_mock_server_answer(server, mixtures[_i].answers[i], "", "");
    ck_assert_uint_eq(settle(start())->verdict, mixtures[_i].verdict);
    weir_mock_stop(mock, 0);
    ck_assert_uint_eq(mock->n_settles, 1);
    ck_assert_uint_eq(weir_mock_server_await(server, 1), mixtures[_i].n_requests);
    snprintf(marks, sizeof marks, "1.1=2%s", mixtures[_i].marks);
    expect_marks(marks);
}
END_TEST

/* Six logs of a byte each; cut before the fifth, and then before the third. */
static void six_bytes(struct weir_http_job *job)
{
    weir_buffer_append_text(weir_http_body(job), "abcdef");
}

static bool cut_in_two(void *owner, const struct weir_http_answer *answer, char *body, size_t size,
    struct weir_http_half *ret_half)
{
    uint32_t begin = 3 * answer->first_group + answer->first_log;
    uint32_t end = 3 * answer->end_group + answer->end_log, at = end == 6 ? 4 : 2;

    (void)owner;
    ck_assert_uint_eq(size, end - begin);
    ck_assert_uint_eq(answer->status, 413);
    if (at <= begin || at >= end)
        return false;
    ck_assert_int_eq(body[0], 'a' + (int)begin);
    *ret_half = (struct weir_http_half){at - begin, 0, at / 3, at % 3};
    return true;
}

static const struct {
    int answers[6];
    uint32_t verdict;
    const char *bodies, *marks;
} halves[] = {
    {{200}, WEIR_DELIVERED, "abcdef", ""},
    {{413, 200, 200}, WEIR_DELIVERED, "abcdef abcd ef", ""},
    {{413, 413, 200, 200, 200}, WEIR_DELIVERED, "abcdef abcd ab cd ef", ""},
    {{413, 413, 200, 413, 200}, WEIR_DELIVERED, "abcdef abcd ab cd ef", " 0.2=2 1.0=2"},
    {{413, 413, 413, 413, 413}, WEIR_REJECTED, "abcdef abcd ab cd ef",
        " 0.0=2 0.1=2 0.2=2 1.0=2 1.1=2 1.2=2"},
    {{413, 413, 200, 500}, WEIR_RETRY, "abcdef abcd ab cd", " 0.0=1 0.1=1"},
    {{413, 413, 400, 500}, WEIR_RETRY, "abcdef abcd ab cd", " 0.0=2 0.1=2"},
};

START_TEST(halves_what_is_too_large)
{
    char bodies[64] = "";
    uint32_t n = 0, expected_n = 1;

    lay_out = six_bytes;
    hooks.halve = cut_in_two;
    for (int i = 0; i < 6 && (i == 0 || halves[_i].answers[i - 1]); i++)
        weir_mock_server_answer(server, halves[_i].answers[i], "", "");
    for (const char *c = halves[_i].bodies; *c; c++)
        expected_n += *c == ' ';
    ck_assert_uint_eq(settle(start())->verdict, halves[_i].verdict);
    n = weir_mock_server_await(server, expected_n);
    for (uint32_t i = 0; i < n; i++) {
        strcat(bodies, i ? " " : "");
        strcat(bodies, weir_mock_server_request(server, i)->body);
    }
    ck_assert_str_eq(bodies, halves[_i].bodies);
    expect_marks(*halves[_i].marks ? halves[_i].marks + 1 : "");
}
END_TEST

START_TEST(without_a_cut_too_large_is_rejected)
{
    lay_out = six_bytes;
    weir_mock_server_answer(server, 413, "", "");
    ck_assert_uint_eq(settle(start())->verdict, WEIR_REJECTED);
    ck_assert_uint_eq(weir_mock_server_await(server, 1), 1);
}
END_TEST

static void no_request(struct weir_http_job *job)
{
    weir_http_cut(job, 1, 0);
}

START_TEST(nothing_to_send_is_delivered)
{
    lay_out = no_request;
    ck_assert_uint_eq(weir_mock_flush(mock, start(), batch), WEIR_DELIVERED);
    ck_assert_uint_eq(weir_mock_server_await(server, 0), 0);
}
END_TEST

static void other_targets(struct weir_http_job *job)
{
    static const struct weir_kv query = {{"db", 2}, {"a b", 3}},
                                header = {{"X-Db", 4}, {"a\r\nb", 4}};

    weir_buffer_append_text(weir_http_body(job), "one");
    weir_http_cut(job, 0, 1);
    weir_http_target(job, (struct weir_str_map){&query, 1}, (struct weir_str_map){&header, 1});
    weir_buffer_append_text(weir_http_body(job), "two and three");
    weir_http_cut_gap(job, 3, 5, 0, 2);
}

START_TEST(aims_each_request)
{
    lay_out = other_targets;
    ck_assert_uint_eq(settle(start())->verdict, WEIR_DELIVERED);
    ck_assert_ptr_nonnull(strstr(weir_mock_server_request(server, 0)->head, "POST / "));
    ck_assert_ptr_nonnull(strstr(weir_mock_server_request(server, 1)->head, "POST /?db=a+b "));
    ck_assert_ptr_nonnull(strstr(weir_mock_server_request(server, 1)->head, "\r\nX-Db: a  b\r\n"));
    ck_assert_str_eq(weir_mock_server_request(server, 1)->body, "two");
    ck_assert_str_eq(weir_mock_server_request(server, 2)->body, "three");
}
END_TEST

static const struct {
    uint32_t compression;
    const char *header; /* Content-Encoding in the options; NULL: none */
    const char *sent;   /* that of the request; NULL: none */
} packings[] = {
    {WEIR_HTTP_GZIP, NULL, "gzip"},
    {WEIR_HTTP_SNAPPY, NULL, "snappy"},
    {WEIR_HTTP_NO_COMPRESSION, "GZIP", "GZIP"},
    {WEIR_HTTP_NO_COMPRESSION, "br", "br"},
    {WEIR_HTTP_NO_COMPRESSION, NULL, NULL},
    {WEIR_HTTP_EMPTY_WORD, NULL, NULL},
    {WEIR_HTTP_EMPTY_WORD, "GZIP", "GZIP"},
};

static void expect_unpacked(const char *how, struct weir_str packed, const char *expected)
{
    struct libdeflate_decompressor *gzip = libdeflate_alloc_decompressor();
    size_t size = 4096;
    char text[4096];

    if (how && strcasecmp(how, "gzip") == 0)
        ck_assert_int_eq(
            libdeflate_gzip_decompress(gzip, packed.data, packed.size, text, sizeof text, &size),
            LIBDEFLATE_SUCCESS);
    else if (how && strcmp(how, "snappy") == 0)
        ck_assert_int_eq(snappy_uncompress(packed.data, packed.size, text, &size), SNAPPY_OK);
    else
        memcpy(text, packed.data, size = packed.size);
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_mem_eq(text, expected, size);
    libdeflate_free_decompressor(gzip);
}

/* Each request for itself. */
START_TEST(compresses)
{
    struct weir_kv header = {weir_str_of("content-encoding"), {0}};
    char line[64];

    lay_out = three_requests;
    options.compression = packings[_i].compression;
    if (packings[_i].header) {
        header.value = weir_str_of(packings[_i].header);
        options.headers = (struct weir_str_map){&header, 1};
    }
    ck_assert_uint_eq(settle(start())->verdict, WEIR_DELIVERED);
    snprintf(line, sizeof line, "ontent-%sncoding: %s", packings[_i].header ? "e" : "E",
        packings[_i].sent ? packings[_i].sent : "");
    for (uint32_t i = 0; i < 3; i++) {
        const struct weir_mock_request *request = weir_mock_server_request(server, i);
        const char *expected[] = {"one", "two", "three"};

        ck_assert_int_eq(strstr(request->head, line) != NULL, packings[_i].sent != NULL);
        expect_unpacked(
            packings[_i].sent, (struct weir_str){request->body, request->body_size}, expected[i]);
    }
}
END_TEST

enum { BASIC = 2, BEARER };

static const struct {
    struct weir_http_auth auth;
    const char *expected; /* a part of the head; NULL: none */
    const char *refused;  /* a part of the words */
} auths[] = {
    {{0}, NULL, NULL},
    {{1, {.username = {"user1", 5}, .password = {"pwd1", 4}}, {{0}}},
        "\r\nAuthorization: Basic dXNlcjE6cHdkMQ==\r\n", NULL},
    {{BASIC, {.username = {"user1", 5}, .password = {"no", 2}}, {.password = {"pwd1", 4}}},
        "\r\nAuthorization: Basic dXNlcjE6cHdkMQ==\r\n", NULL},
    {{BASIC, {.username = {"a", 1}}, {{0}}}, "\r\nAuthorization: Basic YTo=\r\n", NULL},
    {{BASIC, {.username = {"ab", 2}}, {{0}}}, "\r\nAuthorization: Basic YWI6\r\n", NULL},
    {{BEARER, {.token = {"abc.d", 5}}, {{0}}}, "\r\nAuthorization: Bearer abc.d\r\n", NULL},
    {{BEARER, {.username = {"a", 1}}, {{0}}}, NULL, "needs a Token"},
    {{BEARER, {.token = {"abc\n", 4}}, {{0}}}, NULL, "control"},
    {{BASIC, {.token = {"abc", 3}}, {{0}}}, NULL, "needs a Username"},
    {{BASIC, {.username = {"a:b", 3}}, {{0}}}, NULL, "no colon"},
    {{0, {.username = {"a", 1}}, {{0}}}, NULL, "no Type"},
};

START_TEST(says_who_it_is)
{
    const char *head;

    lay_out = one_request;
    options.auth = auths[_i].auth;
    if (auths[_i].refused) {
        ck_assert_ptr_null(weir_mock_start(mock, &test_class, &options));
        ck_assert_msg(strstr(mock->text, auths[_i].refused) != NULL, "%s", mock->text);
        return;
    }
    ck_assert_uint_eq(settle(start())->verdict, WEIR_DELIVERED);
    head = weir_mock_server_request(server, 0)->head;
    if (auths[_i].expected)
        ck_assert_msg(strstr(head, auths[_i].expected) != NULL, "%s", head);
    else
        ck_assert_ptr_null(strstr(head, "Authorization"));
}
END_TEST

static uint32_t judge_bulk(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
    struct weir_result *result)
{
    (void)owner;
    ck_assert_uint_eq(verdict, WEIR_DELIVERED);
    ck_assert(weir_str_is(answer->body, "item 2"));
    ck_assert_uint_eq(answer->end_group, 2);
    weir_http_mark(answer->job, 0, 2, WEIR_REJECTED, 4, weir_str_of("item 2"));
    weir_explain(result, 5, "in part");
    return WEIR_RETRY;
}

START_TEST(the_flusher_has_the_last_word)
{
    const struct weir_mock_settle *settled;

    lay_out = one_request;
    hooks.judge = judge_bulk;
    hooks.answer_max = 6;
    weir_mock_server_answer(server, 200, "", "item 2 and more");
    settled = settle(start());
    ck_assert_uint_eq(settled->verdict, WEIR_RETRY);
    ck_assert_int_eq(settled->code, 5);
    expect_marks("0.2=2");
}
END_TEST

START_TEST(ready_while_nothing_is_on_its_way)
{
    void *self;

    lay_out = one_request;
    weir_mock_server_answer(server, WEIR_MOCK_STALL, "", "");
    self = start();
    ck_assert(weir_http_ready(http));
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_PENDING);
    ck_assert(!weir_http_ready(http));
    weir_http_set_urgent(http);
    ck_assert(weir_http_ready(http));
    ck_assert_uint_eq(weir_mock_server_await(server, 1), 1);
    weir_mock_stop(mock, 0);
    ck_assert_uint_eq(mock->n_settles, 1);
    ck_assert_uint_eq(mock->settles[0].verdict, WEIR_RETRY);
    ck_assert_ptr_nonnull(strstr(mock->settles[0].text, "stopped"));
}
END_TEST

START_TEST(stop_lets_what_is_sent_arrive)
{
    void *self;

    lay_out = one_request;
    self = start();
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_PENDING);
    weir_mock_stop(mock, UINT64_C(60000000000));
    ck_assert_uint_eq(mock->n_settles, 1);
    ck_assert_uint_eq(mock->settles[0].verdict, WEIR_DELIVERED);
}
END_TEST

START_TEST(probe_connects)
{
    const uint64_t deadline_ns = UINT64_C(60000000000);
    char text[256];
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};

    start();
    ck_assert_int_eq(weir_http_probe(http, deadline_ns, &result), 0);
    options.url = weir_str_of("http://127.0.0.1:1/");
    ck_assert_int_ne(weir_http_probe(http, deadline_ns, &result), 0);
    ck_assert_ptr_nonnull(strstr(text, "no connection to "));
    ck_assert_uint_eq(weir_mock_server_await(server, 0), 0);
}
END_TEST

/* What a flusher costs that comes and goes: nothing is left behind. */
START_TEST(many_lives)
{
    lay_out = one_request;
    for (int i = 0; i < 50; i++) {
        ck_assert_uint_eq(weir_mock_flush(mock, start(), batch), WEIR_PENDING);
        weir_mock_stop(mock, i % 2 ? UINT64_C(60000000000) : 0);
    }
    ck_assert_uint_eq(mock->n_settles, 50);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("http"), *jobs = tcase_create("jobs");
    Suite *suite = suite_create("http");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tests, judges, 0, sizeof judgements / sizeof judgements[0]);
    tcase_add_loop_test(tests, adds_to_the_query, 0, sizeof urls / sizeof urls[0]);
    tcase_add_test(tests, tells_no_secrets);
    tcase_add_loop_test(tests, describes, 0, sizeof descriptions / sizeof descriptions[0]);
    tcase_add_test(tests, describes_the_start);
    tcase_add_checked_fixture(jobs, setup, teardown);
    tcase_set_timeout(jobs, 60);
    tcase_add_test(jobs, posts_one_request);
    tcase_add_test(jobs, says_when_to_come_again);
    tcase_add_test(jobs, diagnoses_once_a_minute);
    tcase_add_loop_test(
        jobs, several_requests_settle_once, 0, sizeof mixtures / sizeof mixtures[0]);
    tcase_add_loop_test(jobs, halves_what_is_too_large, 0, sizeof halves / sizeof halves[0]);
    tcase_add_test(jobs, without_a_cut_too_large_is_rejected);
    tcase_add_test(jobs, nothing_to_send_is_delivered);
    tcase_add_test(jobs, aims_each_request);
    tcase_add_loop_test(jobs, compresses, 0, sizeof packings / sizeof packings[0]);
    tcase_add_loop_test(jobs, says_who_it_is, 0, sizeof auths / sizeof auths[0]);
    tcase_add_test(jobs, the_flusher_has_the_last_word);
    tcase_add_test(jobs, ready_while_nothing_is_on_its_way);
    tcase_add_test(jobs, stop_lets_what_is_sent_arrive);
    tcase_add_test(jobs, probe_connects);
    tcase_add_test(jobs, many_lives);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, jobs);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
