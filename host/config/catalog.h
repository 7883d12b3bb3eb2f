/*
 * What kinds of inputs, processors, aggregators and flushers there are, as far
 * as checking a configuration needs to know: names and option tables. Filled by
 * others (built-ins, plugin registry), so config/ knows neither. [control]
 */
#ifndef CONFIG_CATALOG_H
#define CONFIG_CATALOG_H

#include <stddef.h>
#include <stdint.h>
#include <weir/option.h>
#include "config/diag.h"

enum config_section {
    CONFIG_INPUT,
    CONFIG_PROCESSOR,
    CONFIG_AGGREGATOR,
    CONFIG_FLUSHER,
    CONFIG_N_SECTIONS,
};

/* One type: its name and its options. Lives as long as the catalog. */
struct config_class {
    const char *type;
    const char *description;
    const char *version;
    const struct weir_option *options;
    uint32_t n_options;
    uint32_t option_stride;
    uint32_t options_size;
    /* Options of upstream's that are not here: false, 0 or empty they are passed over with
     * a note, anything else is unknown. NULL-terminated; NULL: none. */
    const char *const *absent;
    const void *implementation; /* what the section's module makes of it */
};

/* Where types of flushers come from. */
enum config_catalog_state {
    CONFIG_CATALOG_NONE, /* no plugins file was given or found */
    CONFIG_CATALOG_FINE,
    CONFIG_CATALOG_BROKEN, /* one has errors, so that some types may not be known */
};

struct config_catalog {
    void *context;
    /* The class of that type, or NULL. A NULL for a reason better than "unknown"
     * (a plugin was refused) has added that diagnostic, at `place`, itself and
     * set *ret_reported. */
    const struct config_class *(*find)(void *context, enum config_section section, const char *type,
        struct place place, struct diag_list *diags, bool *ret_reported);
    /* The i-th known type name of a section, NULL behind the last. */
    const char *(*name)(void *context, enum config_section section, size_t i);
    enum config_catalog_state (*state)(void *context); /* NULL: NONE */
};

#endif
