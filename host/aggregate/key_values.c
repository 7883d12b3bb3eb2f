#include "aggregate/key_values.h"

#include "base/mem.h"

void key_values_init(struct key_values *self, const struct weir_str_list *keys, bool tell)
{
    *self = (struct key_values){
        .pairs = mem_calloc(keys->count, sizeof *self->pairs),
        .count = keys->count,
        .tell = tell,
        .missing.message = "logs lack a key that they are to be grouped by",
    };
    for (size_t i = 0; i < keys->count; i++)
        self->pairs[i].key = keys->items[i];
}

void key_values_finish(struct key_values *self)
{
    free(self->pairs);
}

void key_values_find(struct key_values *self, const struct weir_log *log)
{
    bool missing = false;

    for (size_t i = 0; i < self->count; i++) {
        uint32_t at = log_find(log, self->pairs[i].key);
        bool found = at < log->n_contents;

        self->pairs[i].value = found ? log->contents[at].value : (struct weir_str){"", 0};
        missing |= !found;
    }
    self->missing.n_logs += missing && self->tell;
}
