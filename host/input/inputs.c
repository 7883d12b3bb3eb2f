#include "input/inputs.h"

#include "base/util.h"

static const struct input_class *const classes[] = {
    &input_file,
    &input_file_log,
    &input_metric_mock,
    &input_service_mock,
    &input_stdin,
};

const struct input_class *input_class_at(size_t i)
{
    return i < ARRAY_SIZE(classes) ? classes[i] : NULL;
}
