#include "config/delivery_alias.h"

#include <string.h>
#include "base/util.h"
#include "config/option_rows.h"

#define PREFIX "delivery."
/* What the delivery object itself takes. */
#define DELAY_MIN_NS NS_PER_MS

static uint64_t uint_of(const void *member)
{
    uint64_t number;

    memcpy(&number, member, sizeof number);
    return number;
}

static bool bool_of(const void *member)
{
    return *(const bool *)member;
}

static void take_retries(struct delivery_config *config, const void *member)
{
    config->retry_max_attempts = MIN(uint_of(member), UINT64_MAX - 1) + 1;
}

static void take_retry(struct delivery_config *config, const void *member)
{
    if (!bool_of(member))
        config->retry_max_attempts = 1;
}

static void take_initial_delay(struct delivery_config *config, const void *member)
{
    config->retry_initial_delay_ns = MAX(uint_of(member), DELAY_MIN_NS);
}

static void take_max_delay(struct delivery_config *config, const void *member)
{
    config->retry_max_delay_ns = MAX(uint_of(member), DELAY_MIN_NS);
}

/* Of an INT and of a UINT alike. */
static void take_capacity(struct delivery_config *config, const void *member)
{
    uint64_t groups = uint_of(member);

    if (groups && groups <= INT64_MAX)
        config->queue_max_groups = groups;
}

static void take_drop(struct delivery_config *config, const void *member)
{
    if (bool_of(member))
        config->when_full = WHEN_FULL_DROP_NEWEST;
}

static const struct alias {
    const char *name;
    uint32_t type;
    void (*take)(struct delivery_config *config, const void *member);
} aliases[] = {
    {"RetryMaxAttempts", WEIR_OPTION_UINT, take_retries},
    {"RetryMaxAttempts", WEIR_OPTION_BOOL, take_retry},
    {"RetryInitialDelay", WEIR_OPTION_DURATION, take_initial_delay},
    {"RetryMaxDelay", WEIR_OPTION_DURATION, take_max_delay},
    {"QueueMaxGroups", WEIR_OPTION_INT, take_capacity},
    {"QueueMaxGroups", WEIR_OPTION_UINT, take_capacity},
    {"WhenFull", WEIR_OPTION_BOOL, take_drop},
};

static const struct alias *find(const struct weir_option *row)
{
    const char *name = row->replaced_by;

    if (!name || strncmp(name, PREFIX, sizeof PREFIX - 1) != 0 ||
        row->present_offset == WEIR_NO_OFFSET)
        return NULL;
    name += sizeof PREFIX - 1;
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
        if (aliases[i].type == row->type && !strcmp(aliases[i].name, name))
            return &aliases[i];
    return NULL;
}

bool delivery_alias(const struct weir_option *row)
{
    return find(row) != NULL;
}

static void apply_rows(const struct weir_option *rows, uint32_t n_rows, uint32_t stride,
    const char *values, const struct json_node *node, struct delivery_config *config)
{
    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, stride, i);
        const struct alias *alias = find(row);

        if (row->type == WEIR_OPTION_OBJECT)
            apply_rows(row->fields, row->n_fields, stride, values + row->offset, node, config);
        if (alias && *(const bool *)(values + row->present_offset) &&
            !(node && json_member(node, alias->name)))
            alias->take(config, values + row->offset);
    }
}

void delivery_alias_apply(const struct config_class *class, const void *values,
    const struct json_node *node, struct delivery_config *config)
{
    if (values)
        apply_rows(class->options, class->n_options, class->option_stride, values, node, config);
}
