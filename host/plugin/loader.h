/*
 * Brings a plugin file into this process and makes its descriptor. What is loaded
 * stays for ever (threads, destructors and thread-local data of foreign code do not
 * survive an unload), so a file is loaded once.
 */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H

#include "plugin/descriptor.h"

/* How far loading has come; foreign code runs in each. */
enum loader_stage {
    LOADER_OPEN,     /* dlopen: constructors of the file and its libraries */
    LOADER_REGISTER, /* the registration function */
    LOADER_IMPORT,   /* no foreign code, but foreign pointers are read */
    LOADER_DONE,
};

/* Loads, registers, copies and checks. `reached`, if not NULL, is called at the start
 * of each stage. 0, or -ENOEXEC with the reason. [control] */
int loader_load(const char *path, void (*reached)(void *context, enum loader_stage stage),
    void *context, struct descriptor **ret, struct refusal *ret_why);

#endif
