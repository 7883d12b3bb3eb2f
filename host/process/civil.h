/*
 * Dates and times of day as people write them, and the seconds that they are: the
 * proleptic Gregorian calendar, no leap seconds. Pure, but for the machine's own zone.
 */
#ifndef PROCESS_CIVIL_H
#define PROCESS_CIVIL_H

#include <stdbool.h>
#include <stdint.h>
#include <weir/abi.h>

#define SECONDS_PER_DAY 86400

struct civil {
    int64_t year;
    unsigned month, day; /* from 1 */
    unsigned hour, minute, second;
    uint32_t ns;
};

/* A point in time. */
struct moment {
    int64_t s; /* since 1970-01-01 UTC */
    uint32_t ns;
};

/* Days from 1970-01-01 to that date. */
int64_t civil_days(int64_t year, unsigned month, unsigned day);
unsigned civil_month_days(int64_t year, unsigned month);
/* Seconds of what a clock shows that is `offset_s` ahead of UTC, and back. */
int64_t civil_seconds(const struct civil *civil);
struct civil civil_of(int64_t s, uint32_t ns);
/* 0 is Sunday; the day of the year from 1. */
unsigned civil_weekday(const struct civil *civil);
unsigned civil_yearday(const struct civil *civil);

extern const char *const civil_months[12], *const civil_weekdays[7]; /* in full */

/* The name that a text starts with, in full or its first three letters, in any case.
 * Returns its length, 0: none; *ret_index is its place. */
size_t civil_take_name(struct weir_str text, const char *const *names, unsigned count,
    bool short_allowed, bool long_allowed, unsigned *ret_index);

/* A zone: the machine's, or so many seconds ahead of UTC. */
struct zone {
    bool local;
    int32_t offset_s; /* when not local */

    /* Private: what was answered last for the machine's zone. */
    int64_t known_quarter; /* of an hour, since 1970 */
    int32_t known_offset_s;
    bool known;
};

/* How far ahead of UTC its clocks are at that time; seconds. */
int32_t zone_offset(struct zone *zone, int64_t utc_s);
/* The time at which its clocks show that many seconds since 1970-01-01 00:00. */
int64_t zone_to_utc(struct zone *zone, int64_t shown_s);
/* The text of the offset is not a zone: "+hh:mm", "-hhmm", "+hh". Bytes taken, 0: none. */
size_t zone_take_offset(struct weir_str text, int32_t *ret_offset_s);

#endif
