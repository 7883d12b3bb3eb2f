/* The mock host itself, by a flusher that answers what it is told to. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/mock_host.h>

struct told {
    const struct weir_host *host;
    pthread_t thread;
    uint64_t id;
    uint32_t threaded;
};

/* What the flusher is to do. */
static struct orders {
    int init_answer;
    uint32_t verdict;
    int settle_first;
    int mark;
    int thread;
} orders;

static struct weir_mock *mock;

static struct weir_str str_of(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static int told_init(void *self, const struct weir_context *context)
{
    struct told *told = self;

    told->host = context->host;
    if (orders.init_answer && context->error->text_max > 9)
        memcpy(context->error->text, "not today", 10);
    return orders.init_answer;
}

static void *settle_later(void *argument)
{
    const struct told *told = argument;

    told->host->settle(told->host, told->id, WEIR_DELIVERED, NULL);
    return NULL;
}

static uint32_t told_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct told *told = self;

    told->id = batch->id;
    if (orders.settle_first)
        told->host->settle(told->host, batch->id, WEIR_REJECTED, result);
    if (orders.mark)
        told->host->mark(told->host, batch, 0, 1, WEIR_REJECTED, 400, str_of("bad"));
    if (orders.thread)
        told->threaded = pthread_create(&told->thread, NULL, settle_later, told) == 0;
    result->code = 503;
    result->retry_after_ns = 7;
    memcpy(result->text, "busy", 5);
    return orders.verdict;
}

static int told_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    const struct told *told = self;

    (void)result;
    if (told->threaded)
        pthread_join(told->thread, NULL);
    return deadline_ns == 99 ? -1 : 0;
}

static const struct weir_flusher_class told_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC,
    .type = "flusher_told",
    .instance_size = sizeof(struct told),
    .init = told_init,
    .flush = told_flush,
    .stop = told_stop,
};

static void setup(void)
{
    mock = weir_mock_new();
    orders = (struct orders){.verdict = WEIR_DELIVERED};
}

static void teardown(void)
{
    weir_mock_free(mock);
}

static struct weir_mock_batch *two_logs(uint64_t id)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(id);

    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("a", "1"));
    WEIR_MOCK_LOG(batch, 2, WEIR_MOCK_KV("b", "2"), WEIR_MOCK_KV("", "\0"));
    return batch;
}

START_TEST(batch_is_as_told)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(5);
    const struct weir_batch *view = weir_mock_batch_view(batch);
    const struct weir_log *log;

    weir_mock_batch_group(batch, "first");
    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("a", "1"));
    WEIR_MOCK_LOG(batch, 2, WEIR_MOCK_KV("b", "2"), WEIR_MOCK_KV("", "\0"));
    weir_mock_batch_group(batch, "second");
    weir_mock_batch_tag(batch, "host", "h1");
    ck_assert_uint_eq(view->id, 5);
    ck_assert_uint_eq(view->n_groups, 2);
    ck_assert_uint_eq(view->groups[0]->n_logs, 2);
    ck_assert_uint_eq(view->groups[0]->bytes, 5);
    ck_assert_uint_eq(view->groups[1]->n_logs, 0);
    ck_assert_uint_eq(view->groups[1]->n_tags, 1);
    ck_assert_mem_eq(view->groups[1]->topic.data, "second", 6);
    log = weir_log_at(view->groups[0], 1);
    ck_assert_uint_eq(log->time_s, 2);
    ck_assert_uint_eq(log->n_contents, 2);
    ck_assert_uint_eq(log->contents[1].value.size, 1);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(verdict_and_details_are_kept)
{
    struct weir_mock_batch *batch = two_logs(1);
    void *self = weir_mock_start(mock, &told_class, NULL);

    orders.verdict = WEIR_RETRY;
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_RETRY);
    ck_assert_int_eq(mock->code, 503);
    ck_assert_uint_eq(mock->retry_after_ns, 7);
    ck_assert_str_eq(mock->text, "busy");
    ck_assert_uint_eq(weir_mock_batch_view(batch)->flags & WEIR_BATCH_REPLAY, 0);
    weir_mock_flush(mock, self, batch);
    ck_assert_uint_eq(weir_mock_batch_view(batch)->attempt, 2);
    ck_assert_uint_ne(weir_mock_batch_view(batch)->flags & WEIR_BATCH_REPLAY, 0);
    ck_assert_uint_eq(mock->n_misuses, 0);
    ck_assert_int_eq(weir_mock_stop(mock, 99), -1);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(refused_init_tells_why)
{
    orders.init_answer = -EINVAL;
    ck_assert_ptr_null(weir_mock_start(mock, &told_class, NULL));
    ck_assert_int_eq(mock->code, -EINVAL);
    ck_assert_str_eq(mock->text, "not today");
}
END_TEST

START_TEST(pending_is_settled_from_another_thread)
{
    struct weir_mock_batch *batch = two_logs(3);
    void *self = weir_mock_start(mock, &told_class, NULL);

    orders.verdict = WEIR_PENDING;
    orders.thread = 1;
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_PENDING);
    weir_mock_stop(mock, 0);
    ck_assert_uint_eq(mock->n_settles, 1);
    ck_assert_uint_eq(mock->settles[0].verdict, WEIR_DELIVERED);
    ck_assert_int_eq(mock->settles[0].answer, 0);
    ck_assert_uint_eq(mock->n_misuses, 0);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(settle_before_pending_and_a_second_one)
{
    struct weir_mock_batch *batch = two_logs(3);
    void *self = weir_mock_start(mock, &told_class, NULL);

    orders.verdict = WEIR_PENDING;
    orders.settle_first = 1;
    weir_mock_flush(mock, self, batch);
    ck_assert_uint_eq(mock->n_open, 0);
    ck_assert_uint_eq(mock->n_misuses, 0);
    ck_assert_int_eq(mock->host.settle(&mock->host, 3, WEIR_RETRY, NULL), -ENOENT);
    ck_assert_uint_eq(mock->n_misuses, 1);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(what_stop_leaves_pending_is_a_retry)
{
    struct weir_mock_batch *batch = two_logs(8);
    void *self = weir_mock_start(mock, &told_class, NULL);

    orders.verdict = WEIR_PENDING;
    weir_mock_flush(mock, self, batch);
    ck_assert_uint_eq(mock->n_open, 1);
    weir_mock_stop(mock, 0);
    ck_assert_uint_eq(mock->n_settles, 1);
    ck_assert_uint_eq(mock->settles[0].batch_id, 8);
    ck_assert_uint_eq(mock->settles[0].verdict, WEIR_RETRY);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(marks_are_judged)
{
    struct weir_mock_batch *batch = two_logs(1);
    void *self = weir_mock_start(mock, &told_class, NULL);

    orders.mark = 1;
    weir_mock_flush(mock, self, batch);
    ck_assert_uint_eq(mock->n_marks, 1);
    ck_assert_int_eq(mock->marks[0].answer, 0);
    ck_assert_int_eq(mock->marks[0].code, 400);
    ck_assert_str_eq(mock->marks[0].text, "bad");
    /* The batch is over. */
    ck_assert_int_eq(mock->host.mark(&mock->host, weir_mock_batch_view(batch), 0, 0, WEIR_REJECTED,
                         0, str_of("")),
        -EINVAL);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(wrong_verdicts_are_counted)
{
    struct weir_mock_batch *batch = two_logs(1);
    struct weir_flusher_class synchronous = told_class;
    void *self;

    synchronous.flags = 0;
    self = weir_mock_start(mock, &synchronous, NULL);
    orders.verdict = 77;
    weir_mock_flush(mock, self, batch);
    ck_assert_uint_eq(mock->n_misuses, 1);
    orders.verdict = WEIR_PENDING;
    weir_mock_flush(mock, self, batch);
    ck_assert_uint_eq(mock->n_misuses, 2);
    weir_mock_stop(mock, 0);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(clocks_move_when_told)
{
    const struct weir_host *host = &mock->host;
    uint64_t start_ns = host->now_ns(host);
    uint64_t wall_ns = host->wall_ns(host);

    ck_assert_uint_eq(host->now_ns(host), start_ns);
    ck_assert_int_eq(host->nap(host, 5), 0);
    weir_mock_advance(mock, 10);
    ck_assert_uint_eq(host->now_ns(host), start_ns + 15);
    ck_assert_uint_eq(host->wall_ns(host), wall_ns + 15);
    mock->nap_answer = 1;
    ck_assert_int_eq(host->nap(host, 5), 1);
    ck_assert_uint_eq(host->now_ns(host), start_ns + 15);
    ck_assert_uint_eq(mock->n_naps, 2);
}
END_TEST

START_TEST(lines_and_metrics_are_recorded)
{
    const struct weir_host *host = &mock->host;
    struct weir_field field = {str_of("url"), str_of("http://x")};
    uint32_t sent = host->metric(host, WEIR_METRIC_COUNTER, "sent_total", "logs", "Sent.");

    host->log(host, WEIR_LOG_WARN, str_of("slow"), &field, 1);
    ck_assert_uint_eq(mock->n_lines, 1);
    ck_assert_str_eq(mock->lines[0].text, "slow url=http://x");
    ck_assert_uint_eq(weir_mock_logged(mock, "http"), 1);
    mock->log_level = WEIR_LOG_ERROR;
    ck_assert(!host->log_enabled(host, WEIR_LOG_WARN));
    ck_assert_uint_eq(host->metric(host, WEIR_METRIC_COUNTER, "sent_total", "", ""), sent);
    ck_assert_uint_eq(host->metric(host, WEIR_METRIC_GAUGE, "sent_total", "", ""), 0);
    ck_assert_uint_eq(host->metric(host, WEIR_METRIC_GAUGE, "No", "", ""), 0);
    host->record(host, sent, 2);
    host->record(host, sent, 3);
    host->record(host, 0, 3);
    ck_assert(weir_mock_metric(mock, "sent_total")->value == 5);
    ck_assert_ptr_null(weir_mock_metric(mock, "other"));
}
END_TEST

START_TEST(data_dir_is_there_and_goes)
{
    struct weir_mock *other = weir_mock_new();
    struct weir_str folder, again;
    char path[512];

    ck_assert_int_eq(other->host.data_dir(&other->host, &folder), 0);
    ck_assert_int_eq(other->host.data_dir(&other->host, &again), 0);
    ck_assert_ptr_eq(folder.data, again.data);
    ck_assert_uint_lt(folder.size, sizeof path);
    memcpy(path, folder.data, folder.size + 1);
    ck_assert_int_eq(access(path, W_OK), 0);
    weir_mock_free(other);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, batch_is_as_told);
    tcase_add_test(tests, verdict_and_details_are_kept);
    tcase_add_test(tests, refused_init_tells_why);
    tcase_add_test(tests, pending_is_settled_from_another_thread);
    tcase_add_test(tests, settle_before_pending_and_a_second_one);
    tcase_add_test(tests, what_stop_leaves_pending_is_a_retry);
    tcase_add_test(tests, marks_are_judged);
    tcase_add_test(tests, wrong_verdicts_are_counted);
    tcase_add_test(tests, clocks_move_when_told);
    tcase_add_test(tests, lines_and_metrics_are_recorded);
    tcase_add_test(tests, data_dir_is_there_and_goes);
}

int main(void)
{
    Suite *suite = suite_create("mock");
    TCase *tests = tcase_create("mock");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    add_tests(tests);
    suite_add_tcase(suite, tests);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
