/*
 * Helper for plugins (linked into them, no part of the ABI): texts with %{name} in them,
 * read once and filled in for each log or group, as upstream's flushers have them in
 * topics, headers and queries.
 *
 *   text    is copied; a backslash takes the next character as it is; a % that no {
 *           follows is a %.
 *   %{name} becomes the name's value; the name itself where there is no value.
 *   %{name:x:?y}  operators may follow, and mean nothing.
 */
#ifndef WEIR_TEMPLATE_H
#define WEIR_TEMPLATE_H

#include <weir/buffer.h>

WEIR_BEGIN_DECLS

/* A stretch of text, or the name of a variable. */
struct weir_template_part {
    size_t offset, size; /* bytes, in weir_template.text */
    bool variable;
};

/* Starts zeroed. */
struct weir_template {
    struct weir_buffer text;
    struct weir_buffer parts; /* of struct weir_template_part */
};

/* The value of a variable; NULL when there is none. What it points to must last until
 * weir_template_append() is over. */
typedef const struct weir_str *weir_template_find_fn(void *owner, struct weir_str name);

/* Reads a template. 0; -EINVAL with the reason in *ret_why (static); -ENOMEM. */
int weir_template_parse(struct weir_template *self, struct weir_str text, const char **ret_why);
void weir_template_finish(struct weir_template *self);

size_t weir_template_n_parts(const struct weir_template *self);
bool weir_template_is_variable(const struct weir_template *self, size_t part);
/* The text of a part, the name of a variable. */
struct weir_str weir_template_text(const struct weir_template *self, size_t part);

/* Appends the text, filled in. */
void weir_template_append(const struct weir_template *self, struct weir_buffer *out,
    weir_template_find_fn *find, void *owner);

WEIR_END_DECLS

#endif
