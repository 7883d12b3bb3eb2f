/*
 * What a plugin says about itself, as memory of the host's own: the tables that its
 * registration returned are copied, up to the smaller of both sizes, into zeroed
 * structs, and checked; no byte behind the plugin's sizes is read. A descriptor
 * also goes through the pipe from the probe child, as JSON; it has no calls then.
 * Immutable once made.
 */
#ifndef PLUGIN_DESCRIPTOR_H
#define PLUGIN_DESCRIPTOR_H

#include <weir/flusher.h>
#include "base/buf.h"
#include "config/catalog.h"
#include "plugin/refusal.h"

/* Upper bounds; a plugin beyond is refused. */
#define PLUGIN_CLASSES_MAX 256
#define PLUGIN_OPTIONS_MAX 4096 /* of one class, nested ones too */
#define PLUGIN_OPTIONS_DEPTH_MAX 8
#define PLUGIN_CHOICES_MAX 256
#define PLUGIN_TEXT_MAX 8192               /* bytes of one text */
#define PLUGIN_STRUCT_BYTES_MAX (16 * MIB) /* instance_size, options_size */
#define PLUGIN_TYPE_MAX 64                 /* bytes of a type's name, the prefix included */

/* Which optional calls a class has. */
enum {
    CLASS_HAS_IS_READY = 1u << 0,
    CLASS_HAS_SET_URGENT = 1u << 1,
    CLASS_HAS_STOP = 1u << 2,
    CLASS_HAS_PROBE = 1u << 3,
};

struct plugin_class {
    struct config_class config; /* `implementation` is this struct */
    uint32_t flags;             /* WEIR_CONCURRENT ... */
    uint32_t instance_size;     /* bytes */
    uint32_t has;               /* CLASS_HAS_* */
    /* The host's copy of the class; zeroed if the descriptor came as JSON. */
    struct weir_flusher_class calls;
};

struct descriptor {
    char *name, *version;
    char *vendor, *license, *url; /* NULL: not said */
    uint32_t abi_minor, needs_minor;
    struct plugin_class *classes;
    size_t n_classes;
    void **memory; /* all that is pointed to; private, as the next two */
    size_t n_memory, memory_capacity;
};

/* From what the registration function returned. 0, or -ENOEXEC with the reason.
 * Reads the plugin's memory and trusts its pointers. */
int descriptor_import(
    const struct weir_plugin *plugin, struct descriptor **ret, struct refusal *ret_why);
void descriptor_destroy(struct descriptor *descriptor);
SCOPED_DEFINE(struct descriptor, descriptor_destroy);

/* As one JSON object; equal descriptors have equal text. */
void descriptor_put_json(const struct descriptor *descriptor, struct buf *buf);
/* The reverse; NULL when it is not one. Trusts nothing but that the text ends. */
struct descriptor *descriptor_from_json(const char *text);

/* For those who fill a descriptor: memory that ends with it. */
void *descriptor_alloc(struct descriptor *descriptor, size_t size);
char *descriptor_text(struct descriptor *descriptor, const char *text, size_t size);

#endif
