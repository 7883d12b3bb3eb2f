/* The functions of FLT that do not lie beside their table. [control] */
#ifndef KIT_CHECK_FLT_H
#define KIT_CHECK_FLT_H

struct trial;

/* check_flt_clocks.c */
void flt_clocks(struct trial *trial);

/* check_flt_state.c */
void flt_data_folder(struct trial *trial);
void flt_state(struct trial *trial);

#endif
