/* A layout taken apart: what go_layout.c, go_layout_parse.c and go_layout_format.c share. */
#ifndef PROCESS_GO_LAYOUT_PRIVATE_H
#define PROCESS_GO_LAYOUT_PRIVATE_H

#include "process/go_layout.h"

enum go_item {
    GO_END, /* behind the last text */
    GO_MONTH_LONG,
    GO_MONTH_SHORT,
    GO_MONTH_NUMBER,
    GO_MONTH_ZERO,
    GO_WEEKDAY_LONG,
    GO_WEEKDAY_SHORT,
    GO_DAY,
    GO_DAY_UNDER, /* with a space */
    GO_DAY_ZERO,
    GO_YEARDAY_UNDER,
    GO_YEARDAY_ZERO,
    GO_HOUR,
    GO_HOUR_12,
    GO_HOUR_12_ZERO,
    GO_MINUTE,
    GO_MINUTE_ZERO,
    GO_SECOND,
    GO_SECOND_ZERO,
    GO_YEAR_LONG,
    GO_YEAR,
    GO_PM,
    GO_PM_SMALL,
    GO_ZONE_NAME,
    GO_OFFSET,        /* its size and letters say which form */
    GO_FRACTION_ZERO, /* as many digits as there are zeros */
    GO_FRACTION_NINE, /* without zeros at the end */
};

/* Text, and the item behind it. */
struct go_piece {
    struct weir_str text;
    enum go_item item;
    struct weir_str form; /* of the item, as the layout has it */
};

struct go_layout {
    struct go_piece *pieces;
    size_t count, capacity; /* the last one is GO_END */
};

#endif
