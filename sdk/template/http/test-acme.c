/* Tests of the flusher on the mock host, against the mock server: the plugin is linked
 * in, no host runs. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <weir/http.h>
#include <weir/mock_host.h>
#include <weir/mock_http.h>
#include <weir/words.h>

#define SECOND UINT64_C(1000000000)

static struct weir_mock *mock;
static struct weir_mock_server *server;
static const struct weir_flusher_class *flusher;
static struct weir_mock_batch *batch;

/* As the real host fills it from the option table. */
static struct {
    struct weir_http_options http;
    uint64_t max_body_size;
} options;

static void setup(void)
{
    mock = weir_mock_new();
    server = weir_mock_server_new();
    batch = weir_mock_batch_new(1);
    flusher = weir_plugin_register_v1(&mock->host, NULL)->classes[0];
    ck_assert_uint_eq(flusher->options_size, sizeof options);
    options.http.url = weir_str_of(weir_mock_server_url(server));
    options.http.timeout_ns = 10 * SECOND;
    options.http.connect_timeout_ns = 10 * SECOND;
    options.http.concurrency = 1;
    options.http.idle_timeout_ns = 90 * SECOND;
    options.max_body_size = 1 << 20;
}

static void teardown(void)
{
    weir_mock_free(mock);
    weir_mock_server_free(server);
    weir_mock_batch_free(batch);
}

/* One flush to its end; what settle() was told. */
static const struct weir_mock_settle *deliver(void)
{
    void *self = weir_mock_start(mock, flusher, &options);

    ck_assert_ptr_nonnull(self);
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_PENDING);
    ck_assert_uint_eq(weir_mock_await(mock, 1), 1);
    ck_assert_int_eq(weir_mock_stop(mock, mock->now_ns), 0);
    return &mock->settles[0];
}

START_TEST(logs_become_lines)
{
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"), WEIR_MOCK_KV("b", "x\0y"));
    WEIR_MOCK_LOG(batch, 1700000001, WEIR_MOCK_KV("c", ""));
    ck_assert_uint_eq(deliver()->verdict, WEIR_DELIVERED);
    ck_assert_uint_eq(weir_mock_server_await(server, 1), 1);
    ck_assert_str_eq(weir_mock_server_request(server, 0)->body,
        "{\"a\":\"1\",\"b\":\"x\\u0000y\"}\n{\"c\":\"\"}\n");
    ck_assert_ptr_nonnull(strstr(
        weir_mock_server_request(server, 0)->head, "Content-Type: application/x-ndjson\r\n"));
}
END_TEST

START_TEST(large_bodies_are_cut)
{
    options.max_body_size = 20;
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "12345678"));
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("b", "12345678"));
    ck_assert_uint_eq(deliver()->verdict, WEIR_DELIVERED);
    ck_assert_uint_eq(weir_mock_server_await(server, 2), 2);
    ck_assert_str_eq(weir_mock_server_request(server, 0)->body, "{\"a\":\"12345678\"}\n");
    ck_assert_str_eq(weir_mock_server_request(server, 1)->body, "{\"b\":\"12345678\"}\n");
}
END_TEST

static const struct {
    int status;
    uint32_t verdict;
} answers[] = {
    {200, WEIR_DELIVERED},
    {204, WEIR_DELIVERED},
    {400, WEIR_REJECTED},
    {401, WEIR_RETRY},
    {413, WEIR_REJECTED},
    {429, WEIR_RETRY},
    {503, WEIR_RETRY},
    {WEIR_MOCK_CLOSE, WEIR_RETRY},
};

START_TEST(answers_become_verdicts)
{
    const struct weir_mock_settle *settle;

    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"));
    weir_mock_server_answer(server, answers[_i].status, "Retry-After: 7\r\n", "said");
    settle = deliver();
    ck_assert_uint_eq(settle->verdict, answers[_i].verdict);
    if (answers[_i].status == 503)
        ck_assert_uint_eq(settle->retry_after_ns, 7 * SECOND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("acme");
    TCase *tests = tcase_create("flusher_acme");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, logs_become_lines);
    tcase_add_test(tests, large_bodies_are_cut);
    tcase_add_loop_test(
        tests, answers_become_verdicts, 0, (int)(sizeof answers / sizeof answers[0]));
    suite_add_tcase(suite, tests);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
