#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../plugins/scripted.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "given_plugins.h"
#include "plugin/instance.h"
#include "unit.h"

static struct registry *registry;
static struct script script;
static struct options options;
static struct instance *instance;
static struct instance_spec spec;
static char *folder;
static char why[256];
static bool hangs_on; /* and uses the registry for ever */

/* What has come to the owner. */
static struct {
    uint64_t settled_id;
    uint32_t settled_verdict, marked_verdict;
    struct weir_result result;
    int n_settled, n_marked, n_notified, n_misbehaved;
} owner;

static int on_settle(
    void *memory, uint64_t batch_id, uint32_t verdict, const struct weir_result *result)
{
    ck_assert_ptr_eq(memory, &owner);
    owner.n_settled++;
    owner.settled_id = batch_id;
    owner.settled_verdict = verdict;
    owner.result = result ? *result : (struct weir_result){0};
    return batch_id == 404 ? -ENOENT : 0;
}

static int on_mark(void *memory, const struct weir_batch *batch, uint32_t group, uint32_t log,
    uint32_t verdict, int32_t code, struct weir_str text)
{
    ck_assert_ptr_eq(memory, &owner);
    (void)batch;
    (void)group;
    (void)log;
    (void)code;
    (void)text;
    owner.n_marked++;
    owner.marked_verdict = verdict;
    return 0;
}

static void on_notify(void *memory)
{
    ck_assert_ptr_eq(memory, &owner);
    owner.n_notified++;
}

static void on_misbehaved(void *memory, const char *code)
{
    ck_assert_ptr_eq(memory, &owner);
    ck_assert_int_eq(code[0], 'W');
    owner.n_misbehaved++;
}

static void setup(void)
{
    SCOPED_FREE char *path = given_plugin("scripted");
    const char *plugins[] = {path, NULL};
    struct diag_list diags = {0};

    given_quiet();
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    folder = given_folder();
    registry = given_registry(plugins, &diags);
    ck_assert_uint_eq(diags.count, 0);
    options = (struct options){
        .values = &script, .json = (char *)(uintptr_t) "{\"a\":1}", .json_size = 7};
    spec = (struct instance_spec){.registry = registry,
        .type = "flusher_scripted",
        .options = &options,
        .pipeline = "pipe",
        .project = "project",
        .logstore = "store",
        .logstore_key = -5,
        .lane = "pipe/flusher_scripted/1",
        .data_dir = folder,
        .owner = &owner,
        .settle = on_settle,
        .mark = on_mark,
        .notify_ready = on_notify,
        .misbehaved = on_misbehaved};
}

static void teardown(void)
{
    bool left_behind = hangs_on || (instance && instance_abandoned(instance));

    instance_destroy(instance);
    if (!left_behind)
        registry_destroy(registry);
    free(folder);
}

static void make_instance(const char *type)
{
    spec.type = type;
    ck_assert_msg(!instance_create(&spec, &instance, why, sizeof why), "%s", why);
}

static const struct weir_host *host;

static int keep_host(void *memory, const struct weir_context *context)
{
    (void)memory;
    host = context->host;
    return 0;
}

static uint32_t flush(void)
{
    struct weir_batch batch = {.struct_size = sizeof batch, .id = 9};
    char text[64] = "";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};

    return instance_flush(instance, &batch, &result);
}

static bool str_is(struct weir_str str, const char *text)
{
    return str.size == strlen(text) && !memcmp(str.data, text, str.size);
}

/* ---- init ---- */

static int look_at_context(void *memory, const struct weir_context *context)
{
    const struct scripted *self = memory;

    ck_assert_uint_eq((uintptr_t)self % 16, 0);
    for (size_t i = 0; i < ARRAY_SIZE(self->zero); i++)
        ck_assert_uint_eq(self->zero[i], 0);
    ck_assert_uint_eq(context->struct_size, sizeof *context);
    ck_assert_ptr_eq(context->options, &script);
    ck_assert(str_is(context->options_json, "{\"a\":1}"));
    ck_assert(str_is(context->project, "project"));
    ck_assert(str_is(context->logstore, "store"));
    ck_assert(str_is(context->config, "pipe"));
    ck_assert(str_is(context->lane, "pipe/flusher_scripted/1"));
    ck_assert_int_eq(context->logstore_key, -5);
    ck_assert_uint_eq(context->host->struct_size, sizeof *context->host);
    ck_assert_str_eq(context->host->name, "weir");
    return 0;
}

START_TEST(init_is_given_everything)
{
    script.init = look_at_context;
    make_instance("flusher_scripted");
    ck_assert_uint_eq(instance_flags(instance), WEIR_ASYNC | WEIR_CONCURRENT);
    ck_assert(instance_is_ready(instance, (struct weir_str){0}, (struct weir_str){0}, 0));
    ck_assert_uint_eq(flush(), WEIR_DELIVERED);
}
END_TEST

static int fail_with_words(void *memory, const struct weir_context *context)
{
    (void)memory;
    context->error->code = 13;
    snprintf(context->error->text, context->error->text_max, "no such bucket");
    return -1;
}

START_TEST(failed_init_says_why)
{
    script.init = fail_with_words;
    ck_assert_int_eq(instance_create(&spec, &instance, why, sizeof why), -EIO);
    ck_assert_ptr_null(instance);
    ck_assert_str_eq(why, "init failed with 13: no such bucket");
}
END_TEST

static void hang(void)
{
    for (;;)
        pause();
}

static int hang_in_init(void *memory, const struct weir_context *context)
{
    (void)memory;
    (void)context;
    hang();
    return 0;
}

START_TEST(hung_init_is_left_behind)
{
    hangs_on = true;
    script.init = hang_in_init;
    spec.init_timeout_ns = 50 * NS_PER_MS;
    ck_assert_int_eq(instance_create(&spec, &instance, why, sizeof why), -ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(why, "50 ms"));
}
END_TEST

static int init_slowly(void *memory, const struct weir_context *context)
{
    uint64_t until_ns = clock_now_ns() + spec.init_timeout_ns + 200 * NS_PER_MS;

    (void)memory;
    while (clock_now_ns() < until_ns) {
        usleep(10000);
        context->host->alive(context->host);
    }
    return 0;
}

START_TEST(alive_starts_the_limit_anew)
{
    script.init = init_slowly;
    spec.init_timeout_ns = NS_PER_S; /* far more than a busy machine lets a thread wait */
    make_instance("flusher_scripted");
    ck_assert_uint_gt(instance_last_alive_ns(instance), 0);
}
END_TEST

START_TEST(refused_plugin_says_why)
{
    spec.type = "flusher_nobody";
    ck_assert_int_eq(instance_create(&spec, &instance, why, sizeof why), -ENOEXEC);
    ck_assert_ptr_nonnull(strstr(why, "W2168"));
}
END_TEST

/* ---- calls ---- */

START_TEST(absent_calls_have_defaults)
{
    struct weir_result result = {.struct_size = sizeof result};

    make_instance("flusher_scripted_bare");
    ck_assert(instance_is_ready(instance, (struct weir_str){0}, (struct weir_str){0}, 0));
    instance_set_urgent(instance, true);
    ck_assert_int_eq(instance_probe(instance, NS_PER_S, &result), -ENOTSUP);
    ck_assert_int_eq(instance_stop(instance, clock_now_ns(), &result), 0);
}
END_TEST

static int never_ready(void *memory)
{
    (void)memory;
    return 0;
}

static int stop_with_words(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    (void)memory;
    ck_assert_uint_gt(deadline_ns, 0);
    result->code = 5;
    snprintf(result->text, result->text_max, "one file could not be closed");
    return -ETIMEDOUT; /* its own, not ours */
}

static uint64_t probe_deadline_ns;

static int probe_with_words(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    (void)memory;
    probe_deadline_ns = deadline_ns;
    snprintf(result->text, result->text_max, "refused");
    return 111;
}

START_TEST(answers_and_words_arrive)
{
    char text[16] = "";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};
    const uint64_t deadline_ns = clock_now_ns() + NS_PER_S;

    script.is_ready = never_ready;
    script.stop = stop_with_words;
    script.probe = probe_with_words;
    make_instance("flusher_scripted");
    ck_assert(!instance_is_ready(instance, (struct weir_str){0}, (struct weir_str){0}, 0));
    ck_assert_int_eq(instance_probe(instance, deadline_ns, &result), 111);
    ck_assert_uint_eq(probe_deadline_ns, deadline_ns);
    ck_assert_str_eq(text, "refused");
    ck_assert_int_eq(instance_stop(instance, clock_now_ns() + NS_PER_S, &result), -EIO);
    ck_assert_int_eq(result.code, 5);
    ck_assert_str_eq(text, "one file could "); /* as much as there is room for */
    ck_assert(!instance_abandoned(instance));
}
END_TEST

static uint32_t verdict_to_return;

static uint32_t return_verdict(
    void *memory, const struct weir_batch *batch, struct weir_result *result)
{
    (void)memory;
    ck_assert_uint_eq(batch->id, 9);
    memset(result->text, 'x', result->text_max); /* and no NUL */
    return verdict_to_return;
}

static const struct {
    const char *type;
    uint32_t given, expected;
    const char *code; /* of the misbehaviour, NULL: none */
} verdicts[] = {
    {"flusher_scripted", WEIR_RETRY, WEIR_RETRY, NULL},
    {"flusher_scripted", WEIR_DELIVERED, WEIR_DELIVERED, NULL},
    {"flusher_scripted", WEIR_REJECTED, WEIR_REJECTED, NULL},
    {"flusher_scripted", WEIR_PENDING, WEIR_PENDING, NULL},
    {"flusher_scripted", WEIR_BROKEN, WEIR_BROKEN, NULL},
    {"flusher_scripted", 5, WEIR_RETRY, "W5001"},
    {"flusher_scripted", UINT32_MAX, WEIR_RETRY, "W5001"},
    {"flusher_scripted_bare", WEIR_PENDING, WEIR_RETRY, "W5002"},
};

START_TEST(verdicts_are_known_ones)
{
    SCOPED_FREE char *words = NULL;
    const char *told;

    script.init = keep_host;
    script.flush = return_verdict;
    verdict_to_return = verdicts[_i].given;
    make_instance(verdicts[_i].type);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(flush(), verdicts[_i].expected);
        if (verdicts[_i].expected == WEIR_PENDING) /* else its memory would be kept */
            ck_assert_int_eq(host->settle(host, 9, WEIR_DELIVERED, NULL), 0);
    }
    words = given_words();
    told = strstr(words, "misbehaves");
    ck_assert_int_eq(told != NULL, verdicts[_i].code != NULL);
    if (told) {
        ck_assert_ptr_nonnull(strstr(told, verdicts[_i].code));
        ck_assert_ptr_null(strstr(told + 1, "misbehaves")); /* once is enough */
    }
}
END_TEST

START_TEST(a_call_is_a_sign_of_life)
{
    uint64_t before_ns = clock_now_ns();

    make_instance("flusher_scripted");
    ck_assert_uint_ge(instance_last_alive_ns(instance), before_ns);
    before_ns = clock_now_ns();
    flush();
    ck_assert_uint_ge(instance_last_alive_ns(instance), before_ns);
}
END_TEST

static int hang_in_stop(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    (void)memory;
    (void)deadline_ns;
    (void)result;
    hang();
    return 0;
}

START_TEST(hung_stop_is_left_behind)
{
    struct weir_result result = {.struct_size = sizeof result};
    uint64_t start_ns;

    script.stop = hang_in_stop;
    make_instance("flusher_scripted");
    ck_assert_int_eq(instance_stop(instance, clock_now_ns(), &result), -ETIMEDOUT);
    ck_assert(instance_abandoned(instance));
    start_ns = clock_now_ns();
    ck_assert_int_eq(instance_stop(instance, start_ns, &result), -ETIMEDOUT);
    ck_assert_uint_lt(clock_now_ns() - start_ns, NS_PER_S);
}
END_TEST

static void hang_in_urgent(void *memory, int exiting)
{
    (void)memory;
    (void)exiting;
    hang();
}

START_TEST(hung_set_urgent_is_told)
{
    SCOPED_FREE char *words = NULL;

    script.set_urgent = hang_in_urgent;
    make_instance("flusher_scripted");
    instance_set_urgent(instance, false);
    ck_assert(instance_abandoned(instance));
    words = given_words();
    ck_assert_ptr_nonnull(strstr(words, "W5003"));
}
END_TEST

/* ---- services ---- */

static void make_host(void)
{
    script.init = keep_host;
    make_instance("flusher_scripted");
}

START_TEST(settle_reaches_the_owner)
{
    char text[] = "words";
    struct weir_result result = {.struct_size = offsetof(struct weir_result, retry_after_ns),
        .code = 8,
        .retry_after_ns = 1234, /* behind its size: not to be read */
        .text = text};

    make_host();
    ck_assert_int_eq(host->settle(host, 7, WEIR_REJECTED, &result), 0);
    ck_assert_uint_eq(owner.settled_id, 7);
    ck_assert_uint_eq(owner.settled_verdict, WEIR_REJECTED);
    ck_assert_int_eq(owner.result.code, 8);
    ck_assert_uint_eq(owner.result.retry_after_ns, 0);
    ck_assert_ptr_null(owner.result.text);
    ck_assert_int_eq(host->settle(host, 7, WEIR_PENDING, NULL), 0);
    ck_assert_uint_eq(owner.settled_verdict, WEIR_RETRY);
    ck_assert_int_eq(host->settle(host, 7, 99, NULL), 0);
    ck_assert_uint_eq(owner.settled_verdict, WEIR_RETRY);
    ck_assert_int_eq(host->settle(host, 404, WEIR_DELIVERED, NULL), -ENOENT);
}
END_TEST

static uint32_t flush_pends(
    void *memory, const struct weir_batch *batch, struct weir_result *result)
{
    (void)memory;
    (void)batch;
    (void)result;
    return WEIR_PENDING;
}

/* A thread of the plugin that has missed the end: what it has a pointer to is there. */
START_TEST(after_the_end_nobody_listens)
{
    struct weir_batch batch = {.struct_size = sizeof batch};
    struct weir_str none = {NULL, 0};

    script.flush = flush_pends;
    make_host();
    ck_assert_uint_eq(flush(), WEIR_PENDING);
    instance_destroy(take_ptr(instance));
    ck_assert_int_eq(host->mark(host, &batch, 0, 0, WEIR_REJECTED, 1, none), -EINVAL);
    host->notify_ready(host);
    ck_assert_int_eq(host->settle(host, 9, WEIR_DELIVERED, NULL), -ENOENT);
    ck_assert_int_eq(owner.n_settled + owner.n_marked + owner.n_notified + owner.n_misbehaved, 0);
}
END_TEST

/* What a call that is left behind says later is for an owner that has another instance now,
 * or is gone. */
static void say_all(void)
{
    struct weir_batch batch = {.struct_size = sizeof batch};
    struct weir_str none = {NULL, 0};

    ck_assert_int_eq(host->settle(host, 9, WEIR_DELIVERED, NULL), -ENOENT);
    ck_assert_int_eq(host->mark(host, &batch, 0, 0, WEIR_REJECTED, 1, none), -EINVAL);
    host->notify_ready(host);
    ck_assert_int_eq(owner.n_settled + owner.n_marked + owner.n_notified + owner.n_misbehaved, 0);
}

START_TEST(nobody_listens_to_a_stop_that_was_left_behind)
{
    struct weir_result result = {.struct_size = sizeof result};

    script.flush = flush_pends;
    script.stop = hang_in_stop;
    make_host();
    ck_assert_uint_eq(flush(), WEIR_PENDING);
    ck_assert_int_eq(instance_stop(instance, clock_now_ns(), &result), -ETIMEDOUT);
    hangs_on = true;
    instance_destroy(take_ptr(instance));
    say_all();
}
END_TEST

static atomic_bool host_is_kept;

static int keep_host_and_hang(void *memory, const struct weir_context *context)
{
    keep_host(memory, context);
    atomic_store(&host_is_kept, true);
    hang();
    return 0;
}

START_TEST(nobody_listens_to_an_init_that_was_left_behind)
{
    hangs_on = true;
    script.init = keep_host_and_hang;
    spec.init_timeout_ns = 50 * NS_PER_MS;
    ck_assert_int_eq(instance_create(&spec, &instance, why, sizeof why), -ETIMEDOUT);
    while (!atomic_load(&host_is_kept)) /* on a busy machine init begins late */
        usleep(1000);
    say_all();
}
END_TEST

START_TEST(mark_and_notify_reach_the_owner)
{
    struct weir_batch batch = {.struct_size = sizeof batch};
    struct weir_str none = {NULL, 0};

    make_host();
    ck_assert_int_eq(host->mark(host, &batch, 0, 0, WEIR_REJECTED, 1, none), 0);
    ck_assert_int_eq(owner.n_marked, 1);
    ck_assert_int_eq(host->mark(host, &batch, 0, 0, WEIR_PENDING, 1, none), -EINVAL);
    ck_assert_int_eq(host->mark(host, &batch, 0, 0, WEIR_BROKEN, 1, none), -EINVAL);
    ck_assert_int_eq(host->mark(host, NULL, 0, 0, WEIR_REJECTED, 1, none), -EINVAL);
    ck_assert_int_eq(owner.n_marked, 1);
    host->notify_ready(host);
    ck_assert_int_eq(owner.n_notified, 1);
}
END_TEST

static void *wake_soon(void *argument)
{
    (void)argument;
    usleep(30000);
    instance_set_urgent(instance, true);
    return NULL;
}

START_TEST(nap_ends_by_time_or_by_waking)
{
    uint64_t start_ns = clock_now_ns();
    pthread_t thread;

    make_host();
    ck_assert_int_eq(host->nap(host, 20 * NS_PER_MS), 0);
    ck_assert_uint_ge(clock_now_ns() - start_ns, 20 * NS_PER_MS);
    start_ns = clock_now_ns();
    pthread_create(&thread, NULL, wake_soon, NULL);
    ck_assert_int_eq(host->nap(host, 60 * NS_PER_S), 1);
    ck_assert_uint_lt(clock_now_ns() - start_ns, 30 * NS_PER_S);
    pthread_join(thread, NULL);
    start_ns = clock_now_ns();
    ck_assert_int_eq(host->nap(host, UINT64_MAX), 1); /* once urgent: short, but not none */
    ck_assert_uint_ge(clock_now_ns() - start_ns, 5 * NS_PER_MS);
}
END_TEST

START_TEST(data_dir_is_made_and_its_own)
{
    SCOPED_FREE char *expected =
        mem_printf("%s/flushers/%%2E./flusher_scripted/a%%20b%%25", folder);
    struct weir_str path;
    struct stat status;

    spec.lane = "../flusher_scripted/a b%";
    make_host();
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(host->data_dir(host, &path), 0);
        ck_assert_str_eq(path.data, expected);
        ck_assert_uint_eq(path.size, strlen(expected));
    }
    ck_assert_int_eq(stat(expected, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0750);
}
END_TEST

START_TEST(without_a_data_folder_there_is_none)
{
    struct weir_str path;

    spec.data_dir = NULL;
    make_host();
    ck_assert_int_eq(host->data_dir(host, &path), -ENOTSUP);
}
END_TEST

START_TEST(metrics_are_told_apart_by_lane)
{
    struct metrics *metrics = registry_metrics(registry);
    uint32_t sent;

    spec.lane = "pipe/x/\"1\"";
    make_host();
    sent = host->metric(host, WEIR_METRIC_COUNTER, "sent_total", "logs", "Sent");
    ck_assert_uint_ne(sent, 0);
    host->record(host, sent, 3);
    host->record(host, 0, 3);
    ck_assert_uint_eq(host->metric(host, WEIR_METRIC_COUNTER, "Sent", "logs", "Sent"), 0);
    ck_assert_double_eq(metrics_view(metrics, sent).value, 3);
    ck_assert_str_eq(
        metrics_view(metrics, sent).labels, "pipeline=\"pipe\",flusher=\"pipe/x/\\\"1\\\"\"");
}
END_TEST

START_TEST(log_lines_are_one_line_and_say_whose)
{
    const struct weir_field fields[] = {
        {{"status code", 11}, {"5\n03", 4}}, {{"empty", 5}, {NULL, 0}}};
    SCOPED_FREE char *words = NULL;

    make_host();
    ck_assert(host->log_enabled(host, WEIR_LOG_WARN));
    ck_assert(!host->log_enabled(host, WEIR_LOG_DEBUG));
    ck_assert(!host->log_enabled(host, 77));
    host->log(host, WEIR_LOG_DEBUG, (struct weir_str){"unheard", 7}, NULL, 0);
    host->log(host, WEIR_LOG_WARN, (struct weir_str){"a\nb\0c", 5}, fields, 2);
    words = given_words();
    ck_assert_ptr_null(strstr(words, "unheard"));
    ck_assert_ptr_nonnull(strstr(words, "pipeline=pipe flusher=pipe/flusher_scripted/1"));
    ck_assert_ptr_nonnull(strstr(words, "a\\\\x0ab\\\\x00c"));
    ck_assert_ptr_nonnull(strstr(words, "status_code=\"5\\n03\""));
    ck_assert_ptr_nonnull(strstr(words, "empty="));
}
END_TEST

START_TEST(flood_of_log_lines_is_held_back)
{
    SCOPED_FREE char *words = NULL;
    SCOPED_FREE char *long_text = mem_zalloc(100 * KIB);
    int n_lines = 0;

    memset(long_text, 'y', 100 * KIB);
    make_host();
    for (int i = 0; i < 5000; i++)
        host->log(host, WEIR_LOG_INFO, (struct weir_str){long_text, 100 * KIB}, NULL, 0);
    words = given_words();
    for (const char *at = words; (at = strchr(at, '\n')); at++)
        n_lines++;
    ck_assert_int_le(n_lines, 500);
    ck_assert_uint_le(strlen(words), (size_t)n_lines * 9 * KIB);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("instance");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 90);
    tcase_add_test(tests, init_is_given_everything);
    tcase_add_test(tests, failed_init_says_why);
    tcase_add_test(tests, hung_init_is_left_behind);
    tcase_add_test(tests, alive_starts_the_limit_anew);
    tcase_add_test(tests, refused_plugin_says_why);
    tcase_add_test(tests, absent_calls_have_defaults);
    tcase_add_test(tests, answers_and_words_arrive);
    tcase_add_loop_test(tests, verdicts_are_known_ones, 0, ARRAY_SIZE(verdicts));
    tcase_add_test(tests, a_call_is_a_sign_of_life);
    tcase_add_test(tests, hung_stop_is_left_behind);
    tcase_add_test(tests, hung_set_urgent_is_told);
    tcase_add_test(tests, settle_reaches_the_owner);
    tcase_add_test(tests, after_the_end_nobody_listens);
    tcase_add_test(tests, nobody_listens_to_a_stop_that_was_left_behind);
    tcase_add_test(tests, nobody_listens_to_an_init_that_was_left_behind);
    tcase_add_test(tests, mark_and_notify_reach_the_owner);
    tcase_add_test(tests, nap_ends_by_time_or_by_waking);
    tcase_add_test(tests, data_dir_is_made_and_its_own);
    tcase_add_test(tests, without_a_data_folder_there_is_none);
    tcase_add_test(tests, metrics_are_told_apart_by_lane);
    tcase_add_test(tests, log_lines_are_one_line_and_say_whose);
    tcase_add_test(tests, flood_of_log_lines_is_held_back);
    return unit_run(tests);
}
