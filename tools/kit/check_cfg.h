/* The functions of CFG that do not lie beside their table. [control] */
#ifndef KIT_CHECK_CFG_H
#define KIT_CHECK_CFG_H

struct trial;

/* check_cfg_values.c */
void cfg_bounds(struct trial *trial);
void cfg_types(struct trial *trial);
void cfg_texts(struct trial *trial);
void cfg_failure(struct trial *trial);

/* check_cfg_memory.c */
void cfg_ends(struct trial *trial);
void cfg_error_ends(struct trial *trial);
void cfg_secret(struct trial *trial);

#endif
