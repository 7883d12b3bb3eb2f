/* The functions of REG that do not lie beside their table. [control] */
#ifndef KIT_CHECK_REG_H
#define KIT_CHECK_REG_H

struct trial;

/* check_reg_tables.c */
void reg_tables(struct trial *trial);
void reg_note_agrees(struct trial *trial);
void reg_types(struct trial *trial);
void reg_flags(struct trial *trial);
void reg_texts(struct trial *trial);

/* check_reg_hosts.c */
void reg_future(struct trial *trial);
void reg_old(struct trial *trial);
void reg_polite(struct trial *trial);
void reg_poor_host(struct trial *trial);

#endif
