/* CFG: option tables, configurations, and init. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"
#include "config/option_rows.h"
#include "kit/config.h"
#include "kit/raw.h"
#include "kit/stand.h"

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
    {0},
};
