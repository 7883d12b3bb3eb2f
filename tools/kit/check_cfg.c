/* CFG: option tables, configurations, and init. */
#include "kit/check_cfg.h"

#include <string.h>
#include "base/mem.h"
#include "config/option_rows.h"
#include "kit/check.h"
#include "kit/config.h"
#include "kit/life.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

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

static void cfg_no_io(struct trial *trial)
{
    SCOPED_FREE char *before = snapshot_take(ASPECT_ENTRIES);
    SCOPED_FREE char *after = NULL;
    struct stand *stand = stand_start(trial, NULL);
    char text[512];

    life_pause_ms(50);
    after = snapshot_take(ASPECT_ENTRIES);
    snapshot_difference(before, after, text, sizeof text);
    if (strcmp(before, after) != 0 && strcmp(text, "data") != 0) /* that the host has made */
        trial_fail(trial, "init makes files: %s; outputs are opened at the first flush", text);
    if (trial->sink) { /* the server has looked at its door when it has changed its mode twice */
        sink_behave(trial, SERVER_HANGS);
        sink_behave(trial, SERVER_TAKES);
    }
    if (trial->sink && atomic_load(&trial->sink->n_connections))
        trial_fail(trial, "init connects; connections are opened at the first flush");
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
        .missing = "a plugin has no page that the kit could find"},
    {.id = "CFG-15",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Random configurations do no harm.",
        .missing = "DAT-10 and weir-plugin fuzz make up options as well as batches"},
    {0},
};
