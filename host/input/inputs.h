/* The built-in inputs. */
#ifndef INPUT_INPUTS_H
#define INPUT_INPUTS_H

#include "input/input.h"

extern const struct input_class input_file;
extern const struct input_class input_file_log;
extern const struct input_class input_metric_mock;
extern const struct input_class input_service_mock;
extern const struct input_class input_stdin;

#endif
