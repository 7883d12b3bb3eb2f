/*
 * What goes wrong with the files of one input: counted always (as metrics, and for
 * tests), and told to the operator, each kind once a minute at most, with an example.
 * Belongs to the input's loop.
 */
#ifndef INPUT_TROUBLES_H
#define INPUT_TROUBLES_H

#include "base/log.h"
#include "input/input.h"

#define TROUBLES_TOLD_NS (60 * NS_PER_S)

enum trouble {
    TROUBLE_LONG_LOGS,      /* cut, since they are longer than MaxLogSize */
    TROUBLE_LEFT_OUT_LINES, /* by Multiline's UnmatchedContentTreatment */
    TROUBLE_HARD_LINES,     /* given up on by an expression of Multiline */
    TROUBLE_BAD_CHARACTERS, /* not of FileEncoding, replaced */
    TROUBLE_TRUNCATIONS,    /* files that were truncated, or written anew */
    TROUBLE_LOST_BYTES,     /* that went away before they were read */
    TROUBLE_COMPRESSED,     /* files that are not read because they are no text */
    TROUBLE_UTF16,          /* files whose text is delivered as it is, which nobody can read */
    TROUBLE_KINDS,
};

struct troubles {
    const struct input_context *context;
    struct {
        struct log_limit limit;
        uint64_t count, untold;
        uint32_t metric; /* handle */
    } kinds[TROUBLE_KINDS];
};

void troubles_init(struct troubles *troubles, const struct input_context *context);
/* `count` more of it, in the file `path`. Nothing happens when it is zero. */
void troubles_add(struct troubles *troubles, enum trouble kind, const char *path, uint64_t count);
/* Tells what has not been told yet. */
void troubles_finish(struct troubles *troubles);

#endif
