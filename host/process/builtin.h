/* The built-in processors, one per file, and what their files have in common. */
#ifndef PROCESS_BUILTIN_H
#define PROCESS_BUILTIN_H

#include "base/util.h"
#include "process/process.h"

extern const struct processor_class processor_add_fields;
extern const struct processor_class processor_default;
extern const struct processor_class processor_drop;
extern const struct processor_class processor_json;
extern const struct processor_class processor_regex;
extern const struct processor_class processor_rename;

/* The config_class of a built-in whose option table is the array TABLE. */
#define BUILTIN_CONFIG(TYPE, DESCRIPTION, STRUCT, TABLE, CLASS) \
    { \
        .type = (TYPE), .description = (DESCRIPTION), .version = "1.0.0", .options = (TABLE), \
        .n_options = ARRAY_SIZE(TABLE), .option_stride = sizeof(struct weir_option), \
        .options_size = sizeof(STRUCT), .implementation = (CLASS), \
    }

#endif
