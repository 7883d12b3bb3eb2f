/*
 * `weir check`: makes an input, processor or aggregator of a checked pipeline and lets go
 * of it, so that what the option tables cannot say (lists that do not fit each other, a
 * dictionary that is not there) is found before a run. [control]
 */
#ifndef CLI_CHECK_STAGE_H
#define CLI_CHECK_STAGE_H

#include "config/pipeline_config.h"

/* What is wrong goes to `diags` at the entry's place. Flushers are not made. */
void check_stage(const struct pipeline_config *config, enum config_section section,
    const struct component_config *entry, struct diag_list *diags);

#endif
