/*
 * The `extensions` of a pipeline, as upstream has them: named options, told once, that
 * flushers refer to. An object anywhere in a flusher's options whose Type begins with ext_
 * is such a reference: it gets the options of the extension as if they stood in it, and
 * the flusher's own table checks them. So the host knows of no extension what it does.
 *
 *   {"Type": "ext_basicauth/a"}              the extension of that name; an error without one
 *   {"Type": "ext_basicauth"}                the only one of that type, if there is one
 *   {"Type": "ext_basicauth", "Username"...} none: its options stand there
 *
 * Not safe for threads. [control]
 */
#ifndef CONFIG_EXTENSIONS_H
#define CONFIG_EXTENSIONS_H

#include "config/document.h"
#include "config/pipeline_config.h"

struct extensions;

/* Reads the section; NULL is none. Keeps pointers into the document. */
struct extensions *extensions_read(const struct json_node *section,
    const struct pipeline_request *request, struct diag_list *diags);
void extensions_destroy(struct extensions *extensions);

/* The same value with references resolved. What is new in it is the extensions'. */
struct json_node extensions_resolve(
    struct extensions *extensions, struct json_node node, struct diag_list *diags);

/* Tells of those that nothing refers to: to be called at the end. */
void extensions_check_used(const struct extensions *extensions, struct diag_list *diags);

#endif
