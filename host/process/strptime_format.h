/*
 * Times read by a format of strptime(3), in the C locale, with %f for a fraction of a
 * second. Pure.
 */
#ifndef PROCESS_STRPTIME_FORMAT_H
#define PROCESS_STRPTIME_FORMAT_H

#include "process/civil.h"

/* What was read, as far as it was there. */
struct strptime_parts {
    struct civil civil; /* without a date 1 January; without a time midnight */
    unsigned yearday;   /* of %j, then month and day mean nothing; 0: not there */
    int64_t epoch_s;    /* of %s */
    int32_t offset_s;   /* ahead of UTC, of %z and %Z */
    bool has_year, has_epoch, has_offset;
};

/* Whether all that stands behind % in a format is known; if not, *ret_letter is it. */
bool strptime_format_check(struct weir_str format, char *ret_letter);

/* Returns how many bytes were read: what is behind them is not looked at. 0: it does not
 * fit, or is no date. */
size_t strptime_format_parse(
    struct weir_str format, struct weir_str text, struct strptime_parts *ret_parts);

/* The moment of what was read. Without a year in it, the one that puts it last before a
 * day after `now_s`, or `year` when that is not 0. */
struct moment strptime_moment(
    const struct strptime_parts *parts, struct zone *zone, int64_t year, int64_t now_s);

#endif
