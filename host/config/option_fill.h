/*
 * How options are filled, for the files that do it: one value at a time it is resolved
 * (option_resolve.c), checked and put into its member (option_store.c, option_part.c); rows
 * and keys of an object are options.c. [control]
 */
#ifndef CONFIG_OPTION_FILL_H
#define CONFIG_OPTION_FILL_H

#include "config/options.h"

/* Everything that filled values point to; freed together. */
struct keep {
    void **items;
    size_t count, capacity;
};

struct filler {
    const struct options_request *request;
    struct diag_list *diags;
    struct keep *keep;
    uint32_t stride;
};

/* One value on its way into its member. */
struct value {
    struct json_object *json;     /* references resolved */
    const struct json_node *node; /* where it is written; NULL: nowhere, or a reference */
    struct json_object *written;  /* as the user wrote it; NULL: a default */
    struct place place;
};

/* The object that rows are filled from. */
struct source {
    const struct json_node *node; /* NULL: nobody wrote it, or a reference stands for it */
    struct json_object *values;   /* looked at when there is no node; NULL: none */
    bool given;                   /* by the user: what is required must be there */
    struct place place;
};

/* Memory that lives as long as the options; zeroed. */
void *filler_keep(struct filler *filler, size_t size);
/* A copy with a NUL behind it. */
struct weir_str filler_keep_text(struct filler *filler, const char *data, size_t size);

/* Resolves the references in what the user wrote. False: it is told. */
bool option_resolve(struct filler *filler, const struct weir_option *row, struct value *value);

/* Checks a value and puts it into its member. False: it is told. *ret_canonical, the
 * caller's, is how canonical JSON has it. */
bool option_store(struct filler *filler, const struct weir_option *row, const struct value *value,
    void *member, struct json_object **ret_canonical);

/* The i-th part of a list or object; `json` is its value. */
struct value option_part(const struct value *value, size_t i, struct json_object *json);
/* Tells that the value does not do; `expected` is taken. False. */
bool option_refuse(struct filler *filler, const char *code, const struct weir_option *row,
    const struct value *value, char *expected);
/* Whether the texts of a WEIR_PATTERN option are regular expressions. False: it is told. */
bool option_check_patterns(
    struct filler *filler, const struct weir_option *row, const struct value *value);
/* Whether the members of a JSON map are as its table says. False: it is told. */
bool option_check_map(
    struct filler *filler, const struct weir_option *row, const struct value *value);

/* Fills the struct at `base` by its table, and `canonical`. False: it is told. */
bool options_fill_rows(struct filler *filler, const struct weir_option *rows, uint32_t n_rows,
    const struct source *source, char *base, struct json_object *canonical);

#endif
