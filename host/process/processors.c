#include "process/builtin.h"

static const struct processor_class *const classes[] = {
    &processor_add_fields,
    &processor_default,
    &processor_drop,
    &processor_json,
    &processor_regex,
    &processor_rename,
};

const struct processor_class *processor_class_at(size_t i)
{
    return i < ARRAY_SIZE(classes) ? classes[i] : NULL;
}
