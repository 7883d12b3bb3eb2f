/*
 * A configuration file as a tree of values that know where they stand. The text
 * has gone through the strict scanner (RFC 8259, UTF-8, depth, duplicate keys);
 * json-c made the values. Immutable once built. [control]
 */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include <json-c/json.h>
#include "config/diag.h"

struct json_node {
    struct json_object *value; /* json-c's; borrowed from the document; NULL is JSON null */
    const char *key;           /* of a member, NUL-terminated; NULL otherwise */
    size_t key_size;
    struct place key_place, place;
    const struct json_node *children; /* members or elements, in file order */
    size_t n_children;
};

struct document {
    char *path;
    char *text;
    size_t size; /* bytes */
    struct json_node *root;
    struct json_object *json; /* owns the values */
};

/* Reads and parses one file. NULL when it could not be (the reasons are in `diags`). */
struct document *document_read(const char *path, struct diag_list *diags);
/* The same for text in memory, of any bytes; `path` is for the messages. */
struct document *document_parse(
    const char *path, const char *text, size_t size, struct diag_list *diags);
void document_destroy(struct document *document);

/* Gives diagnostics about `path`, from index `from` on, the line they are about. */
void document_show_lines(
    const char *path, const char *text, size_t size, size_t from, struct diag_list *diags);

/* The member of that name, matched exactly, else without regard to ASCII case. */
const struct json_node *json_member(const struct json_node *object, const char *key);
/* Whether an earlier member's key is the same but for ASCII case; if so, it is told. */
bool json_twin(
    const struct json_node *object, const struct json_node *member, struct diag_list *diags);

#endif
