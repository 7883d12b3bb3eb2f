/* CFG: values that nobody would write, and what a refusal leaves. */
#include "kit/check_cfg.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "config/option_rows.h"
#include "kit/config.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/snapshot.h"

#define REFUSED_BYTES ((size_t)64 << 10) /* of a text that may be too long */
#define FAILURES 100u

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

void cfg_bounds(struct trial *trial)
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

void cfg_types(struct trial *trial)
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

void cfg_texts(struct trial *trial)
{
    for_each_row(trial, is_text, run_texts);
}

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

void cfg_failure(struct trial *trial)
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
        snapshot_expect(trial, aspects[i], before[i], "an init that fails leaves something behind");
        free(before[i]);
    }
    heap_live(&blocks, &bytes);
    heap_describe(text, sizeof text);
    if (blocks >= FAILURES)
        trial_fail(trial, "%u inits that fail leave %zu blocks, %llu bytes: %s", FAILURES, blocks,
            (unsigned long long)bytes, text);
}
