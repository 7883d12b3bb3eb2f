/* One file for this major and the two next. Compilers differ in the order in which they
 * write the notes out; this major's comes behind another in every case. */
#include "good.h"

/* As a note of another major may look: nothing but its first number is known. */
#define OTHER_NOTE(NAME, MAJOR) \
    __attribute__((section(".note.weir"), used, aligned(4))) static const struct { \
        uint32_t name_size, content_size, note_type; \
        char owner[8]; \
        uint32_t abi_major, unknown[3]; \
    } NAME = {5, 16, WEIR_NOTE_TYPE, "weir", MAJOR, {7, 7, 4096}};

OTHER_NOTE(first_note, 2)

const void *weir_plugin_register_v2(const void *host, void *error);

WEIR_EXPORT const void *weir_plugin_register_v2(const void *host, void *error)
{
    (void)host;
    (void)error;
    return NULL;
}

static const struct weir_flusher_class both = {GOOD_CLASS("flusher_two_majors")};

WEIR_PLUGIN("two_majors", "1.0.0", "flusher_two_majors", &both);

OTHER_NOTE(last_note, 3)
