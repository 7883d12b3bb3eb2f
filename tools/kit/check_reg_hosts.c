/* REG: hosts that are newer, older or poorer than this one. */
#include "kit/check_reg.h"

#include <errno.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/guard.h"
#include "kit/life.h"
#include "kit/raw.h"

#define FUTURE_MINOR 999u
#define FUTURE_BYTES 256u
#define CANARY ((char)0x5c)
#define CANARY_BYTES 64u

static const char *blame_reader(const struct trial *trial, const void *address)
{
    (void)trial;
    return guard_holds(address) ? "the plugin reads behind the end of a struct of the host's; "
                                  "test struct_size, or use WEIR_HAS()"
                                : NULL;
}

/* One life with tables that are longer than this header knows, all zero behind. */
void reg_future(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    struct weir_host *host = mem_zalloc(sizeof *host + FUTURE_BYTES);
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};

    *host = stand->host;
    host->struct_size = sizeof *host + FUTURE_BYTES;
    host->abi_minor = FUTURE_MINOR;
    stand->context.host = host;
    trial_doing(trial, "registration with a newer host");
    if (!raw_load(trial)(host, &error))
        trial_fail(trial, "it refuses a host of a newer minor: %s", text);
    if (stand_init(stand))
        trial_fail(trial, "init fails with a host of a newer minor: %s", stand->text);
    life_flush(stand, 3);
    life_end(stand);
}

/* One life with tables that end where the minor that it needs ends, and a guard behind. */
void reg_old(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};
    struct weir_host host = stand->host;
    const struct weir_host *guarded;

    host.abi_minor = trial_descriptor(trial)->needs_minor;
    guarded = guard_copy(&host, sizeof host);
    trial->blame = blame_reader;
    trial_doing(trial, "registration with a host of minor %u", host.abi_minor);
    if (!raw_load(trial)(guarded, guard_copy(&error, sizeof error)))
        trial_fail(trial, "it refuses a host of the minor that it says it needs: %s", text);
    stand->context.host = guarded;
    if (stand_init(stand))
        trial_fail(trial, "init fails with a host of the minor that it needs: %s", stand->text);
    life_flush(stand, 3);
    life_end(stand);
}

/* -- texts that go to the host -- */

static void expect_fits(struct trial *trial, const char *text, size_t max, const char *who)
{
    for (size_t i = max; i < max + CANARY_BYTES; i++)
        if (text[i] != CANARY)
            trial_fail(trial, "%s writes behind the %zu bytes that its text may take", who, max);
}

void reg_polite(struct trial *trial)
{
    static const size_t sizes[] = {0, 1, 16, 256};
    weir_plugin_register_fn *fn = raw_load(trial);

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        char text[256 + CANARY_BYTES];
        struct weir_error error = {sizeof error, 0, text, sizes[i]};
        const struct weir_plugin *plugin;

        memset(text, CANARY, sizeof text);
        trial_doing(trial, "registration with %zu bytes for words", sizes[i]);
        plugin = fn(raw_host(), &error);
        expect_fits(trial, text, sizes[i], "registration");
        if (!plugin && sizes[i] > 1 && (!text[0] || !memchr(text, '\0', sizes[i])))
            trial_fail(trial, "it refuses this host without words that end in NUL");
    }
}

/* -- a host that gives nothing -- */

static void no_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    (void)host;
    (void)level;
    (void)message;
    (void)fields;
    (void)n_fields;
}

static int no_answer(const struct weir_host *host, uint32_t level)
{
    (void)host;
    (void)level;
    return 0;
}

static uint32_t no_metric(const struct weir_host *host, uint32_t kind, const char *name,
    const char *unit, const char *help)
{
    (void)host;
    (void)kind;
    (void)name;
    (void)unit;
    (void)help;
    return 0;
}

static int no_data_dir(const struct weir_host *host, struct weir_str *ret_path)
{
    (void)host;
    (void)ret_path;
    return -EACCES;
}

/* Refused metrics, no folder, no log: all answers that a host may give. */
void reg_poor_host(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);

    stand->host.log = no_log;
    stand->host.log_enabled = no_answer;
    stand->host.metric = no_metric;
    stand->host.data_dir = no_data_dir;
    if (stand_init(stand)) {
        trial_note(trial, "init fails without a data folder: %s", stand->text);
        return;
    }
    life_flush(stand, 3);
    life_end(stand);
}
