/* The functions of LIF that do not lie beside their table. [control] */
#ifndef KIT_CHECK_LIF_H
#define KIT_CHECK_LIF_H

struct trial;

/* check_lif_lives.c */
void lif_again(struct trial *trial);
void lif_many_cycles(struct trial *trial);
void lif_two(struct trial *trial);
void lif_many(struct trial *trial);

/* check_lif_stop.c */
void lif_deadline(struct trial *trial);
void lif_odd_stops(struct trial *trial);
void lif_dead_host(struct trial *trial);

/* check_lif_sequences.c */
void lif_sequences(struct trial *trial);

/* check_lif_probe.c */
void lif_probe(struct trial *trial);

#endif
