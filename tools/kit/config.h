/*
 * The configuration of the class under test: what weir-verify.json gives, with the
 * kit's own places filled in, or else made up from the option table. [any]
 */
#ifndef KIT_CONFIG_H
#define KIT_CONFIG_H

#include <json-c/json.h>
#include <stdbool.h>
#include <weir/option.h>
#include "kit/trial.h"

/* Whether weir-verify.json says one. */
bool config_given(const struct trial *trial);

/* A JSON object of the caller's; from the option table if none is given: each required
 * option with its example, its default, or something that fits. */
struct json_object *config_object(struct trial *trial);
/* The same as text; the caller frees it. */
char *config_text(struct trial *trial);
/* Text of any object; the caller frees it. */
char *config_print(struct json_object *object);

/* The text with the kit's places filled in; the caller frees it. */
char *config_fill_places(struct trial *trial, const char *text);

/* The member of an object without regard to case; false: there is none. */
bool config_has(struct json_object *object, const char *name);
/* It, borrowed; NULL: there is none. */
struct json_object *config_get(struct json_object *object, const char *name);
void config_remove(struct json_object *object, const char *name);
/* Sets or replaces it; takes the value over. */
void config_set(struct json_object *object, const char *name, struct json_object *value);

/* A value for this option that fits the table; NULL: none could be thought of. */
struct json_object *config_value_for(const struct weir_option *row, uint32_t stride);

#endif
