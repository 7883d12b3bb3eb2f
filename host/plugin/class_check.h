/* What must hold of a flusher class and its option table, one code for each cause.
 * 0, or -ENOEXEC with the reason. [any] */
#ifndef PLUGIN_CLASS_CHECK_H
#define PLUGIN_CLASS_CHECK_H

#include "plugin/descriptor.h"

/* flusher_[a-z0-9_]{1,56} */
int class_check_type(const char *type, struct refusal *ret_why);
/* Calls, sizes, options. The class is a copy of the host's. */
int class_check(const struct plugin_class *class, struct refusal *ret_why);
/* That the last class has a type of its own among those before it. */
int class_check_unique(const struct descriptor *descriptor, struct refusal *ret_why);

#endif
