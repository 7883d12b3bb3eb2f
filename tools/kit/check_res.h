/* The functions of RES that do not lie beside their table. [control] */
#ifndef KIT_CHECK_RES_H
#define KIT_CHECK_RES_H

struct trial;

/* check_res_memory.c */
void res_growth(struct trial *trial);
void res_leaks(struct trial *trial);
void res_overruns(struct trial *trial);
void res_small_start(struct trial *trial);

/* check_res_files.c */
void res_files(struct trial *trial);
void res_data_folder(struct trial *trial);

/* check_res_idle.c */
void res_idle(struct trial *trial);
void res_spin(struct trial *trial);

#endif
