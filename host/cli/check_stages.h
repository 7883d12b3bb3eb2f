/*
 * `weir check`: makes the processors and aggregators of a checked pipeline and lets go
 * of them, so that what the option tables cannot say (a regular expression, a dictionary
 * that is not there) is found before a run. [control]
 */
#ifndef CLI_CHECK_STAGES_H
#define CLI_CHECK_STAGES_H

#include "config/pipeline_config.h"

/* What is wrong goes to `diags` at the entry's place. */
void check_stages(const struct pipeline_config *config, struct diag_list *diags);

#endif
