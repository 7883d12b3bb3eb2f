/* CFG: the memory of options, and what must be kept secret in it. */
#include "kit/check_cfg.h"

#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/option_rows.h"
#include "kit/config.h"
#include "kit/guard.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

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

void cfg_ends(struct trial *trial)
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

void cfg_error_ends(struct trial *trial)
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

void cfg_secret(struct trial *trial)
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
