/* CFG: option tables, configurations, and init. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/option_rows.h"
#include "kit/config.h"
#include "kit/guard.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define REFUSED_BYTES ((size_t)64 << 10) /* of a text that may be too long */
#define FAILURES 100u

static void warn_without_help(
    struct trial *trial, const struct weir_option *rows, uint32_t n, uint32_t stride)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct weir_option *row = option_row(rows, stride, i);

        if (!row->help || !*row->help)
            trial_warn(trial, "the option '%s' has no help text", row->name);
        if (row->fields)
            warn_without_help(trial, row->fields, row->n_fields, stride);
    }
}

static void cfg_table(struct trial *trial)
{
    const struct config_class *class = &trial_class(trial)->config;

    warn_without_help(trial, class->options, class->n_options, class->option_stride);
}

static void cfg_minimal(struct trial *trial)
{
    SCOPED_FREE char *config = config_text(trial);
    struct stand *stand = stand_create(trial, config);
    int r = stand_init(stand);

    if (r && !config_given(trial))
        trial_lacks(trial,
            "init refuses what was made up from the option table, %s: %s; give a "
            "`config` in weir-verify.json",
            config, stand->text);
    if (r)
        trial_fail(trial, "init fails with %d: %s", stand->code ? stand->code : r, stand->text);
    stand_end(stand);
}

/* Case is of no matter, as in configurations. */
static bool mentions(const char *text, const char *name)
{
    return strcasestr(text, name) != NULL;
}

/* The instance without that option: either it works, or it says which one it wants. */
static void expect_named(struct trial *trial, struct json_object *without, const char *name)
{
    SCOPED_FREE char *config = config_print(without);
    struct stand *stand = stand_create(trial, config);

    if (stand_init(stand) && !mentions(stand->text, name))
        trial_fail(trial,
            "without '%s' init fails, and does not name it: \"%s\"; is it "
            "WEIR_REQUIRED in the option table?",
            name, stand->text);
    stand_end(stand);
}

static void cfg_missing(struct trial *trial)
{
    const struct config_class *class = &trial_class(trial)->config;

    if (!class->n_options)
        trial_foreign(trial, "the class has no options");
    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);
        struct json_object *config = config_object(trial);

        if (config_has(config, row->name) && !(row->flags & WEIR_REQUIRED)) {
            config_remove(config, row->name);
            expect_named(trial, config, row->name);
        }
        json_object_put(config);
    }
}

/* -- values that nobody would write -- */

/* One option with one value, on its way into init. */
struct variant {
    struct trial *trial;
    const struct weir_option *row;
    struct json_object *value; /* the caller's */
    const char *what;
};

/* What the host makes of the value: NULL, it refuses it. The caller frees the text. */
static char *variant_config(const struct variant *variant)
{
    struct json_object *config = config_object(variant->trial);
    char *text;

    config_set(config, variant->row->name, json_object_get(variant->value));
    text = config_print(config);
    json_object_put(config);
    if (stand_accepts(variant->trial, text))
        return text;
    free(text);
    return NULL;
}

/* An instance with that value, up to stop, without a flush: whether init took it. */
static bool variant_run(const struct variant *variant)
{
    SCOPED_FREE char *config = variant_config(variant);
    struct stand *stand;
    bool taken;

    if (!config)
        return false;
    stand = stand_create(variant->trial, config);
    trial_doing(variant->trial, "init with '%s' %s", variant->row->name, variant->what);
    taken = !stand_init(stand);
    if (!taken && !stand->text[0])
        trial_fail(variant->trial, "init refuses '%s' %s without words", variant->row->name,
            variant->what);
    if (taken)
        stand_ready(stand);
    stand_end(stand);
    return taken;
}

static bool is_number(uint32_t type)
{
    return type == WEIR_OPTION_INT || type == WEIR_OPTION_UINT || type == WEIR_OPTION_FLOAT ||
           type == WEIR_OPTION_SIZE || type == WEIR_OPTION_DURATION;
}

static void run_value(
    struct trial *trial, const struct weir_option *row, const char *what, struct json_object *value)
{
    const struct variant variant = {trial, row, value, what};

    variant_run(&variant);
    json_object_put(value);
}

static struct json_object *from_text(const struct weir_option *row, const char *text)
{
    return option_wants_json(row->type) ? option_parse_json(text) : json_object_new_string(text);
}

static void run_bounds(struct trial *trial, const struct weir_option *row)
{
    const bool is_signed = row->type == WEIR_OPTION_INT;

    if (row->type == WEIR_OPTION_FLOAT) {
        run_value(trial, row, "at 1e308", json_object_new_double(1e308));
        run_value(trial, row, "at -1e308", json_object_new_double(-1e308));
    } else {
        run_value(trial, row, "at 0", json_object_new_int64(0));
        run_value(trial, row, "at 1", json_object_new_int64(1));
        run_value(trial, row, "at 2^31", json_object_new_int64(INT64_C(1) << 31));
        run_value(trial, row, "at 2^32", json_object_new_int64(INT64_C(1) << 32));
        run_value(trial, row, "at 2^63 - 1", json_object_new_int64(INT64_MAX));
        if (is_signed)
            run_value(trial, row, "at -2^63", json_object_new_int64(INT64_MIN));
        else
            run_value(trial, row, "at 2^64 - 1", json_object_new_uint64(UINT64_MAX));
    }
    if (row->min)
        run_value(trial, row, "at its smallest", from_text(row, row->min));
    if (row->max)
        run_value(trial, row, "at its largest", from_text(row, row->max));
}

/* Calls `run` for each option of the outermost table that is of a kind. */
static void for_each_row(struct trial *trial, bool (*is_meant)(uint32_t type),
    void (*run)(struct trial *trial, const struct weir_option *row))
{
    const struct config_class *class = &trial_class(trial)->config;
    uint32_t n = 0;

    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);

        if (!is_meant(row->type))
            continue;
        run(trial, row);
        n++;
    }
    if (!n)
        trial_foreign(trial, "the class has no such options");
}

static void cfg_bounds(struct trial *trial)
{
    for_each_row(trial, is_number, run_bounds);
}

static bool is_any(uint32_t type)
{
    (void)type;
    return true;
}

static void run_types(struct trial *trial, const struct weir_option *row)
{
    static const char *const values[] = {"\"text\"", "\"\"", "12", "-0", "1e400", "1.5", "true",
        "null", "[]", "[1]", "{}", "{\"a\":{\"b\":{\"c\":[[[[[]]]]]}}}", "9223372036854775808",
        "18446744073709551616"};

    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        SCOPED_FREE char *what = mem_printf("as %s", values[i]);
        struct json_object *value = option_parse_json(values[i]);

        if (value)
            run_value(trial, row, what, value);
    }
}

static void cfg_types(struct trial *trial)
{
    for_each_row(trial, is_any, run_types);
}

static bool is_text(uint32_t type)
{
    return type == WEIR_OPTION_STRING;
}

static void run_texts(struct trial *trial, const struct weir_option *row)
{
    static const struct {
        const char *what, *text;
        size_t size;
    } texts[] = {
        {"empty", "", 0},
        {"with a NUL", "a\0b", 3},
        {"of a NUL", "\0", 1},
        {"with newlines", "a\r\nb\n", 5},
        {"like a path upwards", "../../etc/passwd", 16},
        {"with format directives", "%s%n%d%s%s%s%n", 14},
        {"of spaces", "   ", 3},
        {"with other letters", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\x8b", 9},
        {"like a URL without a host", "http://", 7},
        {"with quotes", "\"'`$(x)\\", 8},
    };
    char *large = mem_zalloc(MIB + 1);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        run_value(trial, row, texts[i].what,
            json_object_new_string_len(texts[i].text, (int)texts[i].size));
    memset(large, 'a', MIB);
    run_value(trial, row, "of 1 MiB", json_object_new_string(large));
    free(large);
}

static void cfg_texts(struct trial *trial)
{
    for_each_row(trial, is_text, run_texts);
}

/* The host refuses what the table does not know, so that a typing error is not silent. */
static void cfg_unknown(struct trial *trial)
{
    struct json_object *config = config_object(trial);
    SCOPED_FREE char *text = NULL;

    config_set(config, "NoSuchOption", json_object_new_int(1));
    text = config_print(config);
    json_object_put(config);
    if (stand_accepts(trial, text))
        trial_fail(trial, "an option that nobody knows is taken");
}

/* -- memory of options -- */

static const char *blame_options(const struct trial *trial, const void *address)
{
    (void)trial;
    return guard_holds(address) ? "the plugin reads behind the end of its options or of their "
                                  "JSON text, or writes to them"
                                : NULL;
}

/* The texts of all options, one behind the other. */
static void put_texts(struct trial *trial, const struct options *options, struct buf *out)
{
    const struct config_class *class = &trial_class(trial)->config;

    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);
        struct weir_str text;

        if (row->type != WEIR_OPTION_STRING)
            continue;
        memcpy(&text, (const char *)options->values + row->offset, sizeof text);
        buf_append(out, text.data, text.size);
    }
}

static void cfg_ends(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    const uint32_t size = trial_class(trial)->config.options_size;
    struct weir_context *context = &stand->context;
    SCOPED_BUF struct buf before = {0};
    SCOPED_BUF struct buf after = {0};

    /* The struct must lie as its members want; most sizes are multiples of 8. */
    if (size && size % 8 == 0)
        context->options = guard_copy(stand->options->values, size);
    context->options_json.data =
        guard_copy(context->options_json.data, context->options_json.size + 1);
    guard_seal((void *)(uintptr_t)context->options);
    guard_seal((void *)(uintptr_t)context->options_json.data);
    put_texts(trial, stand->options, &before);
    trial->blame = blame_options;
    if (stand_init(stand))
        trial_fail(trial, "init fails: %s", stand->text);
    life_flush(stand, 3);
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    put_texts(trial, stand->options, &after);
    if (before.size != after.size ||
        (before.data && after.data && memcmp(before.data, after.data, before.size) != 0))
        trial_fail(trial, "the plugin writes to the texts of its options; they are the host's");
    stand_end(stand);
}

static const char *blame_error(const struct trial *trial, const void *address)
{
    (void)trial;
    return guard_holds(address) ? "the plugin uses context->error after init has returned" : NULL;
}

static void cfg_error_ends(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    char *text = guard_copy(NULL, 512);
    struct weir_error error = {sizeof error, 0, text, 512};
    struct weir_error *guarded = guard_copy(&error, sizeof error);

    stand->error = guarded;
    if (stand_init(stand))
        trial_fail(trial, "init fails: %s", text);
    trial->blame = blame_error;
    guard_revoke(guarded);
    guard_revoke(text);
    life_flush(stand, 3);
    life_end(stand);
}

/* -- init is no start of work -- */

static void cfg_no_io(struct trial *trial)
{
    SCOPED_FREE char *before = snapshot_take(ASPECT_ENTRIES);
    SCOPED_FREE char *after = NULL;
    struct stand *stand = stand_start(trial, NULL);
    char text[512];

    life_pause_ms(50);
    after = snapshot_take(ASPECT_ENTRIES);
    snapshot_difference(before, after, text, sizeof text);
    if (strcmp(before, after) != 0)
        trial_fail(trial, "init makes files: %s; outputs are opened at the first flush", text);
    if (trial->sink) { /* the server has looked at its door when it has changed its mode twice */
        sink_behave(trial, SERVER_HANGS);
        sink_behave(trial, SERVER_TAKES);
    }
    if (trial->sink && atomic_load(&trial->sink->n_connections))
        trial_fail(trial, "init connects; connections are opened at the first flush");
    life_end(stand);
}

/* -- init that fails -- */

/* A config that the host takes and init refuses; NULL: none was found. */
static char *refused_config(struct trial *trial)
{
    SCOPED_FREE char *large = mem_zalloc(REFUSED_BYTES + 1);
    const char *const texts[] = {
        "", "http://", "\n", "%s%n", "/no/such/folder/x", "://", memset(large, 'a', REFUSED_BYTES)};
    const struct config_class *class = &trial_class(trial)->config;

    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);

        for (size_t j = 0; j < ARRAY_SIZE(texts) && row->type == WEIR_OPTION_STRING; j++) {
            struct variant variant = {trial, row, json_object_new_string(texts[j]), texts[j]};
            char *config = variant_config(&variant);
            struct stand *stand = config ? stand_create(trial, config) : NULL;
            const bool refused = stand && stand_init(stand);

            if (stand)
                stand_end(stand);
            json_object_put(variant.value);
            if (refused)
                return config;
            free(config);
        }
    }
    return NULL;
}

static void fail_often(struct trial *trial, const char *config, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct stand *stand = stand_create(trial, config);

        if (!stand_init(stand))
            trial_fail(trial, "init takes what it has refused before");
        stand_end(stand);
    }
}

static void cfg_failure(struct trial *trial)
{
    static const enum aspect aspects[] = {ASPECT_FDS, ASPECT_THREADS};
    SCOPED_FREE char *config = refused_config(trial);
    char *before[ARRAY_SIZE(aspects)];
    char text[512];
    uint64_t bytes = 0;
    size_t blocks = 0;

    if (!config)
        trial_foreign(trial, "no config was found that init refuses");
    fail_often(trial, config, 5);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
        before[i] = snapshot_take(aspects[i]);
    heap_watch(true);
    fail_often(trial, config, FAILURES);
    heap_watch(false);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
        SCOPED_FREE char *after = snapshot_settle(aspects[i], before[i]);

        snapshot_difference(before[i], after, text, sizeof text);
        if (strcmp(before[i], after) != 0)
            trial_fail(trial, "an init that fails leaves something behind: %s", text);
        free(before[i]);
    }
    heap_live(&blocks, &bytes);
    heap_describe(text, sizeof text);
    if (blocks >= FAILURES)
        trial_fail(trial, "%u inits that fail leave %zu blocks, %llu bytes: %s", FAILURES, blocks,
            (unsigned long long)bytes, text);
}

/* -- secrets -- */

static bool is_address(const char *name)
{
    static const char *const words[] = {"url", "proxy", "endpoint", "address", "server"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

/* The marker as the value; in an address, where a password stands. */
static struct json_object *secret_value(
    struct json_object *config, const struct weir_option *row, const char *marker)
{
    struct json_object *old = config_get(config, row->name);
    const char *text = old && row->type == WEIR_OPTION_STRING ? json_object_get_string(old) : "";
    const char *slashes = strstr(text, "://");
    SCOPED_FREE char *url = NULL;
    struct json_object *map;

    if (row->type == WEIR_OPTION_STRING_MAP) {
        map = json_object_new_object();
        json_object_object_add(map, "X-Kit", json_object_new_string(marker));
        return map;
    }
    if (!slashes && !is_address(row->name))
        return json_object_new_string(marker);
    url = slashes
              ? mem_printf("%.*s://user:%s@%s", (int)(slashes - text), text, marker, slashes + 3)
              : mem_printf("http://user:%s@127.0.0.1:1", marker);
    return json_object_new_string(url);
}

static bool add_secrets(
    struct json_object *config, const struct config_class *class, const char *marker)
{
    bool any = false;

    for (uint32_t i = 0; i < class->n_options; i++) {
        const struct weir_option *row = option_row(class->options, class->option_stride, i);

        if (!(row->flags & WEIR_SECRET) ||
            (row->type != WEIR_OPTION_STRING && row->type != WEIR_OPTION_STRING_MAP))
            continue;
        config_set(config, row->name, secret_value(config, row, marker));
        any = true;
    }
    return any;
}

static void expect_secret(struct trial *trial, struct stand *stand, const char *marker)
{
    if (stand_said(stand, marker))
        trial_fail(trial, "a secret option is in what the plugin says to the operator");
    for (size_t i = 0; i < stand->n_metrics; i++)
        if (strstr(stand->metrics[i].name, marker))
            trial_fail(trial, "a secret option is in the name of a metric");
}

static void cfg_secret(struct trial *trial)
{
    static const char marker[] = "s3cretMarkerOfTheKit";
    const struct config_class *class = &trial_class(trial)->config;
    struct json_object *config = config_object(trial);
    SCOPED_FREE char *text = NULL;
    struct stand *stand;
    struct sample *sample;
    struct stand_answer answer;

    if (!add_secrets(config, class, marker))
        trial_foreign(trial, "the class has no secret options");
    text = config_print(config);
    json_object_put(config);
    stand = stand_create(trial, text);
    if (!stand_init(stand)) {
        if (trial->sink)
            sink_answer(trial, 401, 0);
        sample = marks_sample(trial, 1, 0, 1);
        if (stand_flush(stand, sample, &answer) == WEIR_PENDING)
            stand_wait(stand, sample, LIFE_FLUSH_NS);
        if (strstr(answer.text, marker))
            trial_fail(trial, "a secret option is in the words of a verdict: %s", answer.text);
        for (size_t i = 0; i < stand->n_settles; i++)
            if (strstr(stand->settles[i].text, marker))
                trial_fail(trial, "a secret option is in the words of a verdict: %s",
                    stand->settles[i].text);
    }
    expect_secret(trial, stand, marker);
    life_end(stand);
}

const struct check checks_cfg[] = {
    {.id = "CFG-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_REGISTERED | STAGE_TABLES,
        .gives = STAGE_OPTIONS,
        .run = cfg_table,
        .asserts = "The option table is sound: names, types, places, defaults, help."},
    {.id = "CFG-02",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_TABLES,
        .gives = STAGE_STARTED,
        .run = cfg_minimal,
        .asserts = "init works with a minimal configuration."},
    {.id = "CFG-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = cfg_missing,
        .asserts = "An option that is missing is named where init fails for it."},
    {.id = "CFG-03",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_STARTED,
        .run = cfg_unknown,
        .asserts = "An unknown option is refused."},
    {.id = "CFG-05",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = cfg_bounds,
        .asserts = "Numbers at their limits are taken, or refused in words."},
    {.id = "CFG-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .timeout_s = 30,
        .run = cfg_types,
        .asserts = "Values of another type do no harm."},
    {.id = "CFG-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = cfg_texts,
        .asserts = "Odd texts in options are taken, or refused in words."},
    {.id = "CFG-08",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_STARTED,
        .run = cfg_ends,
        .asserts = "Options and their JSON text are not written to, and nothing is read behind "
                   "their end."},
    {.id = "CFG-09",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = cfg_no_io,
        .asserts = "init opens no connection and makes no file."},
    {.id = "CFG-10",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = cfg_failure,
        .asserts = "An init that fails leaves nothing behind."},
    {.id = "CFG-11",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = cfg_secret,
        .asserts = "Secret options are never said to anybody."},
    {.id = "CFG-12",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_STARTED,
        .run = cfg_error_ends,
        .asserts = "context->error is not used after init."},
    {.id = "CFG-13",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "The order of options does not matter.",
        .missing = "the host fills a struct by the table: no order reaches the plugin"},
    {.id = "CFG-14",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Examples in the plugin's page work.",
        .missing = "not written yet"},
    {.id = "CFG-15",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Random configurations do no harm.",
        .missing = "weir-plugin fuzz does it"},
    {0},
};
