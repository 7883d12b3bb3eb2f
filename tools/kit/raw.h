/*
 * A plugin as a stranger: loaded and registered step by step, with no trust in what it
 * returns. For the checks of registration; the others use trial_descriptor(). [control]
 */
#ifndef KIT_RAW_H
#define KIT_RAW_H

#include <weir/flusher.h>
#include "kit/trial.h"

#define RAW_BYTES_MAX ((size_t)64 * 1024)

/* The registration function, after dlopen; ends the trial as FAIL if there is none. */
weir_plugin_register_fn *raw_load(struct trial *trial);

/* A host table that is good for registration. Static. */
const struct weir_host *raw_host(void);

/* What it registers; ends the trial as FAIL when that is NULL. */
const struct weir_plugin *raw_register(struct trial *trial, weir_plugin_register_fn *fn);

/* Copies memory that may not be there. False: it is not readable as a whole. */
bool raw_read(void *to, const void *from, size_t size);
/* Whether an address lies in the memory of a loaded file, code or data. */
bool raw_is_static(const void *address);
/* A text of foreign memory up to its NUL; NULL if it is not readable or too long. The
 * caller frees it. */
char *raw_text(const char *from, size_t max);

#endif
