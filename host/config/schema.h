/*
 * JSON Schema (draft-07) of pipeline files, made of the option tables. It agrees
 * with `weir check`, except where the draft has no words: keys are spelled as in the
 * tables (check takes any letter case), bounds hold for numbers only ("10s" is not
 * compared), references are not resolved. [control]
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/catalog.h"

/* The schema of all types of the catalog, as text that the caller frees. Types that
 * are refused are left out, with a diagnostic. */
char *schema_text(const struct config_catalog *catalog, struct diag_list *diags);

#endif
