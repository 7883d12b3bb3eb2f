/* The functions of FLU that do not lie beside their table. [control] */
#ifndef KIT_CHECK_FLU_H
#define KIT_CHECK_FLU_H

struct trial;

/* check_flu_memory.c */
void flu_read_only(struct trial *trial);
void flu_kept(struct trial *trial);
void flu_result(struct trial *trial);

/* check_flu_batches.c */
void flu_sizes(struct trial *trial);
void flu_destinations(struct trial *trial);
void flu_stride(struct trial *trial);
void flu_times(struct trial *trial);

/* check_flu_failures.c */
void flu_reason(struct trial *trial);
void flu_partial(struct trial *trial);
void flu_replay(struct trial *trial);

/* check_flu_settle.c */
void flu_settles(struct trial *trial);
void flu_race(struct trial *trial);

#endif
