/*
 * All types a configuration may name: the built-ins and what the plugins bring. [control]
 */
#ifndef APP_CATALOG_H
#define APP_CATALOG_H

#include "config/catalog.h"

struct catalog;
struct registry;

/* Reads the plugin files; what is wrong with them is in `diags`. Never NULL. */
struct catalog *catalog_create(
    const char *const *plugin_files, size_t n_plugin_files, struct diag_list *diags);
void catalog_destroy(struct catalog *catalog);

const struct config_catalog *catalog_config(struct catalog *catalog);
struct registry *catalog_registry(struct catalog *catalog);

#endif
