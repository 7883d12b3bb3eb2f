#include "aggregate/builtin.h"

static const struct aggregator_class *const classes[] = {
    &aggregator_base,
    &aggregator_content_value_group,
    &aggregator_context,
    &aggregator_default,
    &aggregator_logstore_router,
    &aggregator_metadata_group,
    &aggregator_opentelemetry,
    &aggregator_shardhash,
};

const struct aggregator_class *aggregator_class_at(size_t i)
{
    return i < ARRAY_SIZE(classes) ? classes[i] : NULL;
}
