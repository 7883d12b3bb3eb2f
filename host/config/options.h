/*
 * A JSON object held against an option table: checked, completed with defaults,
 * and filled into the plain struct that plugins and built-ins read. [control]
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/catalog.h"
#include "config/diag.h"
#include "config/document.h"

/* Filled options. All memory is this object's. */
struct options {
    void *values; /* `options_size` bytes, laid out as the table says; NULL when 0 */
    char *json;   /* canonical JSON with defaults, secrets included: never log it */
    size_t json_size;
    void *memory; /* what `values` points into; private */
};

void options_destroy(struct options *options);

struct options_request {
    const struct config_class *class;
    const struct json_node *object; /* NULL: as if {} */
    /* Keys of `object` that are the host's own and not looked at (Type, delivery). */
    const char *const *skip_keys; /* NULL-terminated, matched without regard to case */
    struct place place;           /* of the entry, for what is missing */
    bool compat;                  /* unknown keys are warnings */
    bool partial;                 /* keys without a row are not looked at */
    /* Where options were told to stand in the wrong place: not missing as well. NULL: nowhere. */
    const struct json_node *misplaced;
};

/* NULL when an error was added to `diags`; all errors are found, not the first only. */
struct options *options_fill(const struct options_request *request, struct diag_list *diags);

/* Whether a table itself is sound: names, offsets and sizes inside options_size,
 * defaults that parse and lie in range, nested tables. Returns 0, or a negative
 * errno and words (the option, the member, both values) in `text`. For plugin/. */
int options_check_table(const struct config_class *class, char *text, size_t text_max);

#endif
