/* The little of libfyaml that plugins.yml needs: nodes with their places, errors as
 * diagnostics. Aliases are not resolved, so nothing can grow. [control] */
#ifndef PLUGIN_PLUGINS_YAML_H
#define PLUGIN_PLUGINS_YAML_H

#include <libfyaml.h>
#include "config/diag.h"

/* NULL when it is no YAML, and then `diags` says where, or when there is nothing but
 * comments. The text must outlive it. */
struct fy_document *yaml_parse(
    const char *path, const char *text, size_t size, struct diag_list *diags);

/* Tells of a second document in the text, which nobody would read. */
void yaml_refuse_second(const char *path, const char *text, size_t size, struct diag_list *diags);

/* Of a node: its first scalar, which is where it starts. */
struct place yaml_place(const char *path, struct fy_node *node);
/* A plain or quoted text, borrowed and not ended by a NUL; NULL if it is something
 * else, an alias for instance. */
const char *yaml_text(struct fy_node *node, size_t *ret_size);
/* "a list", "an alias" ... for messages. */
const char *yaml_kind(struct fy_node *node);

/* Sets the line of the file in each diagnostic about it from the `from`th on. */
void yaml_add_source_lines(
    const char *path, const char *text, size_t size, struct diag_list *diags, size_t from);

#endif
