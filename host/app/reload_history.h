/* How reloads have gone so far, the first load included. */
#ifndef APP_RELOAD_HISTORY_H
#define APP_RELOAD_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

struct reload_history {
    uint64_t n_good, n_bad; /* bad: something was refused */
    bool last_good;
    uint64_t last_wall_ns, last_took_ns, last_good_wall_ns; /* 0: none so far */
};

#endif
