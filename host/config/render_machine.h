/* The formats of render.h that programs read. For render.c. [control] */
#ifndef CONFIG_RENDER_MACHINE_H
#define CONFIG_RENDER_MACHINE_H

#include "base/buf.h"
#include "config/diag.h"

void render_json(const struct diag_list *diags, struct buf *out);
void render_sarif(const struct diag_list *diags, struct buf *out);
void render_github(const struct diag_list *diags, struct buf *out);

#endif
