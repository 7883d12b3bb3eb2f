/* Tests of the flusher on the mock host: the plugin is linked in, no host runs. */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <weir/mock_host.h>

#define SECOND UINT64_C(1000000000)

static struct weir_mock *mock;
static const struct weir_flusher_class *flusher;
static int listener; /* of the server that each test plays */

/* As the real host fills it from the option table. */
static struct {
    struct weir_str host, port;
    uint64_t timeout_ns;
} options;

static char port[8];

/* A server on a free port that lets connections wait until server_read() takes one. */
static void setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    mock = weir_mock_new();
    mock->step_ns = SECOND / 100; /* each look at the clock moves it: nothing waits for long */
    flusher = weir_plugin_register_v1(&mock->host, NULL)->classes[0];
    options.host = (struct weir_str){"127.0.0.1", 9};
    options.port = (struct weir_str){port, strlen(port)};
    options.timeout_ns = 10 * SECOND;
    ck_assert_uint_eq(flusher->options_size, sizeof options);
}

static void teardown(void)
{
    weir_mock_free(mock);
    close(listener);
}

/* Takes a connection, and reads what was sent until the other side closes. */
static void check_server_got(const char *wanted)
{
    char text[256];
    int fd = accept(listener, NULL, NULL);
    size_t size = 0;
    ssize_t n;

    ck_assert_int_ge(fd, 0);
    while ((n = read(fd, text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)n;
    text[size] = '\0';
    close(fd);
    ck_assert_str_eq(text, wanted);
}

START_TEST(logs_become_lines)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    void *self = weir_mock_start(mock, flusher, &options);

    ck_assert_ptr_nonnull(self);
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"), WEIR_MOCK_KV("b", "x\0y"));
    WEIR_MOCK_LOG(batch, 1700000001, WEIR_MOCK_KV("c", ""));
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_DELIVERED);
    ck_assert_int_eq(weir_mock_stop(mock, 0), 0);
    check_server_got("{\"a\":\"1\",\"b\":\"x\\u0000y\"}\n{\"c\":\"\"}\n");
    ck_assert(weir_mock_metric(mock, "acme_logs_total")->value == 2);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(no_server_is_a_retry)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    void *self = weir_mock_start(mock, flusher, &options);

    close(listener);
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"));
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_RETRY);
    ck_assert_ptr_nonnull(strstr(mock->text, "cannot send to 127.0.0.1 port"));
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(a_server_that_went_away_is_connected_again)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    void *self = weir_mock_start(mock, flusher, &options);

    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"));
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_DELIVERED);
    close(accept(listener, NULL, NULL)); /* with the batch unread: a reset */
    while (weir_mock_flush(mock, self, batch) != WEIR_DELIVERED)
        ck_assert_ptr_nonnull(strstr(mock->text, "cannot send"));
    ck_assert_int_eq(weir_mock_stop(mock, 0), 0);
    check_server_got("{\"a\":\"1\"}\n");
    weir_mock_batch_free(batch);
}
END_TEST

/* 32 MiB are more than the kernels on both sides hold for a server that does not read. */
START_TEST(a_server_that_does_not_read_is_a_retry_in_time)
{
    static char value[1 << 20];
    const struct weir_kv content = {{"k", 1}, {value, sizeof value}};
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    void *self = weir_mock_start(mock, flusher, &options);

    memset(value, 'v', sizeof value);
    for (int i = 0; i < 32; i++)
        weir_mock_batch_log(batch, 1700000000, &content, 1);
    mock->step_ns = SECOND / 5;
    flusher->set_urgent(self, 0); /* so half a second is left, not ten */
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_RETRY);
    ck_assert_ptr_nonnull(strstr(mock->text, "timed out"));
    weir_mock_batch_free(batch);
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
    tcase_add_test(tests, no_server_is_a_retry);
    tcase_add_test(tests, a_server_that_went_away_is_connected_again);
    tcase_add_test(tests, a_server_that_does_not_read_is_a_retry_in_time);
    suite_add_tcase(suite, tests);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
