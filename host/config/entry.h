/* One entry of a section: {"type": ..., "detail": {...}} or {"Type": ..., options}. [control] */
#ifndef CONFIG_ENTRY_H
#define CONFIG_ENTRY_H

#include "config/document.h"
#include "config/pipeline_config.h"

/* Fills `item` as far as the entry is good; what is wrong is in `diags`. */
void entry_read(struct component_config *item, const struct json_node *node,
    enum config_section section, const struct global_config *global,
    const struct pipeline_request *request, struct diag_list *diags);
/* An entry that nobody wrote, with defaults. False when there is no such type. */
bool entry_default(struct component_config *item, enum config_section section, const char *type,
    const char *path, const struct global_config *global, const struct pipeline_request *request,
    struct diag_list *diags);
void entry_finish(struct component_config *item);

/* The member that names an entry's type; NULL when there is no good one. Fills `type`, and
 * with an id `id` and `name`. */
const struct json_node *entry_read_type(
    struct component_config *item, const struct json_node *node, struct diag_list *diags);
/* The same of a member that is known. */
bool entry_parse_type(
    struct component_config *item, const struct json_node *type, struct diag_list *diags);
/* Whether a section is a list of at most so many. */
bool entry_check_section(const struct json_node *section, size_t max, struct diag_list *diags);

/* The one of `known`, a NULL-terminated list, that is probably meant; NULL: none is near. */
const char *entry_nearest_key(const char *key, const char *const *known);
/* "x-" keys and $schema pass; else an error (a warning with compat) with the nearest
 * of `known`. `what` is what has no such key. */
void entry_unknown_key(const struct json_node *child, const char *what, const char *const *known,
    bool compat, struct diag_list *diags);

/* The default of LogstoreKey. */
int64_t entry_logstore_key(const char *project, const char *logstore);

#endif
