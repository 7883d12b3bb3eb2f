/* The functions of DAT that do not lie beside their table. [control] */
#ifndef KIT_CHECK_DAT_H
#define KIT_CHECK_DAT_H

#include <stdint.h>

struct trial;
struct sample;
struct stand;

/* One flush, whose verdict must be a known one; PENDING when it is not settled in time. */
uint32_t dat_flush(struct trial *trial, struct stand *stand, struct sample *sample);

/* check_dat_bytes.c */
void dat_bytes(struct trial *trial);
void dat_injection(struct trial *trial);
void dat_numbers(struct trial *trial);

/* check_dat_sizes.c */
void dat_much(struct trial *trial);
void dat_too_large(struct trial *trial);

#endif
