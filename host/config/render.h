/*
 * Diagnostics as people and as programs read them. Text that came from files is
 * never put out raw: control characters are made visible or escaped. [control]
 */
#ifndef CONFIG_RENDER_H
#define CONFIG_RENDER_H

#include <stdbool.h>
#include <stdio.h>
#include "config/diag.h"

enum render_format {
    RENDER_TEXT,
    RENDER_JSON,   /* one object with `diagnostics` and the counts */
    RENDER_SARIF,  /* 2.1.0 */
    RENDER_GITHUB, /* workflow commands, one a line */
};

/* "text", "json", "sarif", "github". False if it is none of them. */
bool render_format_parse(const char *text, enum render_format *ret);

/* Errors and warnings with the lines they are about, and their sum. Notes are shown
 * only beside them. Coloured on a terminal unless NO_COLOR is set. */
void render_diags_text(const struct diag_list *diags, FILE *file);

/* In any format; all but text put out something even when there is nothing. */
void render_diags(const struct diag_list *diags, enum render_format format, FILE *file);

#endif
