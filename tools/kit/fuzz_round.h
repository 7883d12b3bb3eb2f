/*
 * One round of fuzzing: a few lives of instances with random options, given random batches
 * in random order, all by the trial's seed. A check like the others (DAT-10);
 * `weir-plugin fuzz` runs it again and again. [control]
 */
#ifndef KIT_FUZZ_ROUND_H
#define KIT_FUZZ_ROUND_H

#include "kit/trial.h"

void fuzz_round(struct trial *trial);

#endif
