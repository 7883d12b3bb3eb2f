/* The values that logs have under some keys, one log after another. [loop] */
#ifndef AGGREGATE_KEY_VALUES_H
#define AGGREGATE_KEY_VALUES_H

#include "aggregate/complaint.h"

struct key_values {
    struct weir_kv *pairs; /* by key, of the log last looked at; keys are borrowed */
    size_t count;
    bool tell; /* the operator wants to hear of missing keys */
    struct complaint missing;
};

void key_values_init(struct key_values *self, const struct weir_str_list *keys, bool tell);
void key_values_finish(struct key_values *self);
/* What the log lacks is "". */
void key_values_find(struct key_values *self, const struct weir_log *log);

#endif
