#include <weir/flusher.h>

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <weir/buffer.h>
#include <weir/words.h>

struct checker_options {
    struct weir_str_map every_log, every_log_regex;
    bool ready;
};

struct checker {
    const struct weir_host *host;
    const struct checker_options *options;
    regex_t *patterns;       /* one for each of every_log_regex */
    size_t n_patterns;       /* compiled so far */
    struct weir_buffer text; /* the value being matched */
    uint32_t logs_total, failed_total;
};

static const struct weir_option checker_option_rows[] = {
    WEIR_OPTION(struct checker_options, every_log, "EveryLog", WEIR_OPTION_STRING_MAP, 0, NULL,
        NULL, NULL, NULL, "Contents that every log must have, with exactly these values."),
    WEIR_OPTION(struct checker_options, every_log_regex, "EveryLogRegex", WEIR_OPTION_STRING_MAP, 0,
        NULL, NULL, NULL, NULL,
        "Contents that every log must have, with values that match these expressions (POSIX "
        "extended)."),
    WEIR_OPTION_BOOL_ROW(struct checker_options, ready, "Ready", "true",
        "False plays a destination that never becomes ready."),
};

static void free_patterns(struct checker *checker)
{
    for (size_t i = 0; i < checker->n_patterns; i++)
        regfree(&checker->patterns[i]);
    free(checker->patterns);
}

static int refuse_pattern(
    struct weir_error *error, const struct weir_kv *pair, int code, const regex_t *pattern)
{
    char why[128];

    regerror(code, pattern, why, sizeof why);
    return weir_refuse(
        error, EINVAL, "EveryLogRegex: the expression for %s: %s", pair->key.data, why);
}

static int compile_patterns(struct checker *checker, struct weir_error *error)
{
    const struct weir_str_map *map = &checker->options->every_log_regex;

    if (!map->count)
        return 0;
    checker->patterns = calloc(map->count, sizeof *checker->patterns);
    if (!checker->patterns)
        return weir_refuse(error, ENOMEM, "no memory for the expressions");
    for (size_t i = 0; i < map->count; i++) {
        regex_t *pattern = &checker->patterns[i];
        int r = regcomp(pattern, map->items[i].value.data, REG_EXTENDED | REG_NOSUB);

        if (r)
            return refuse_pattern(error, &map->items[i], r, pattern);
        checker->n_patterns++;
    }
    return 0;
}

static int checker_init(void *self, const struct weir_context *context)
{
    struct checker *checker = self;
    const struct weir_host *host = context->host;

    checker->host = host;
    checker->options = context->options;
    if (compile_patterns(checker, context->error)) {
        free_patterns(checker);
        return -1;
    }
    checker->logs_total =
        host->metric(host, WEIR_METRIC_COUNTER, "checker_logs_total", "logs", "Logs looked at.");
    checker->failed_total = host->metric(
        host, WEIR_METRIC_COUNTER, "checker_failed_total", "logs", "Logs not as expected.");
    return 0;
}

static int checker_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    const struct checker *checker = self;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    return checker->options->ready;
}

static bool str_equal(struct weir_str a, struct weir_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

/* Values have no NUL at their end, and regexec may look for one even when it is told
 * where the end is: a copy has it. */
static bool matches(struct checker *checker, const regex_t *pattern, struct weir_str value)
{
    regmatch_t whole = {.rm_so = 0, .rm_eo = (regoff_t)value.size};

    checker->text.size = 0;
    weir_buffer_append_str(&checker->text, value);
    weir_buffer_append_byte(&checker->text, '\0');
    return !checker->text.failed &&
           regexec(pattern, checker->text.data, 1, &whole, REG_STARTEND) == 0;
}

/* The key of the first content that is not as expected, NULL when all are. */
static const char *wrong_key(struct checker *checker, const struct weir_log *log)
{
    const struct weir_str_map *exact = &checker->options->every_log;
    const struct weir_str_map *regex = &checker->options->every_log_regex;

    for (size_t i = 0; i < exact->count; i++) {
        const struct weir_str *value = weir_log_get(log, exact->items[i].key.data);

        if (!value || !str_equal(*value, exact->items[i].value))
            return exact->items[i].key.data;
    }
    for (size_t i = 0; i < regex->count; i++) {
        const struct weir_str *value = weir_log_get(log, regex->items[i].key.data);

        if (!value || !matches(checker, &checker->patterns[i], *value))
            return regex->items[i].key.data;
    }
    return NULL;
}

/* Rejects the single log; how many were. */
static uint32_t check_group(struct checker *checker, const struct weir_batch *batch, uint32_t group)
{
    const struct weir_group *logs = batch->groups[group];
    uint32_t n_failed = 0;

    for (uint32_t i = 0; i < logs->n_logs; i++) {
        const char *key = wrong_key(checker, weir_log_at(logs, i));
        char why[256];

        if (!key || checker->text.failed)
            continue;
        snprintf(why, sizeof why, "%s is not as expected", key);
        checker->host->mark(
            checker->host, batch, group, i, WEIR_REJECTED, EINVAL, weir_str_of(why));
        n_failed++;
    }
    return n_failed;
}

static uint32_t checker_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct checker *checker = self;
    uint64_t n_logs = 0, n_failed = 0;

    weir_buffer_clear(&checker->text);
    for (uint32_t i = 0; i < batch->n_groups; i++) {
        n_logs += batch->groups[i]->n_logs;
        n_failed += check_group(checker, batch, i);
    }
    if (checker->text.failed) {
        weir_explain(result, ENOMEM, "no memory for a value");
        return WEIR_RETRY;
    }
    checker->host->record(checker->host, checker->logs_total, (double)n_logs);
    checker->host->record(checker->host, checker->failed_total, (double)n_failed);
    return WEIR_DELIVERED;
}

static int checker_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct checker *checker = self;

    (void)deadline_ns;
    (void)result;
    free_patterns(checker);
    weir_buffer_finish(&checker->text);
    return 0;
}

static const struct weir_flusher_class checker_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .type = "flusher_checker",
    .version = "1.0.0",
    .description = "Rejects logs that are not as expected, and throws the others away.",
    .instance_size = sizeof(struct checker),
    .options_size = sizeof(struct checker_options),
    .options = checker_option_rows,
    .n_options = sizeof checker_option_rows / sizeof checker_option_rows[0],
    .option_stride = sizeof(struct weir_option),
    .init = checker_init,
    .is_ready = checker_is_ready,
    .flush = checker_flush,
    .stop = checker_stop,
};

WEIR_PLUGIN("checker", "1.0.0", "flusher_checker", &checker_class);
