#include "process/strptime_format.h"

#include <string.h>
#include "base/util.h"

struct reader {
    const char *at, *end;
    struct strptime_parts *parts;
    int century, year_of_century; /* -1: not there */
    bool pm, has_pm;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && is_space(*reader->at))
        reader->at++;
}

/* A number of up to `max_digits`, spaces before it, in that range. */
static bool take_number(
    struct reader *reader, unsigned max_digits, unsigned min, unsigned max, unsigned *ret_number)
{
    unsigned n = 0, number = 0;

    skip_space(reader);
    while (n < max_digits && reader->at < reader->end && is_digit(*reader->at)) {
        number = 10 * number + (unsigned)(*reader->at++ - '0');
        n++;
    }
    *ret_number = number;
    return n && number >= min && number <= max;
}

static bool take_ignored(struct reader *reader, unsigned max_digits, unsigned max)
{
    unsigned ignored;

    return take_number(reader, max_digits, 0, max, &ignored);
}

static bool take_name(
    struct reader *reader, const char *const *names, unsigned count, unsigned *ret_index)
{
    struct weir_str rest = {reader->at, (size_t)(reader->end - reader->at)};
    size_t size = civil_take_name(rest, names, count, true, true, ret_index);

    reader->at += size;
    return size;
}

static bool take_fraction(struct reader *reader)
{
    uint32_t ns = 0, place = 100000000;
    const char *start = reader->at;

    for (; reader->at < reader->end && is_digit(*reader->at); reader->at++, place /= 10)
        ns += place * (uint32_t)(*reader->at - '0');
    reader->parts->civil.ns = ns;
    return reader->at > start;
}

static bool take_epoch(struct reader *reader)
{
    int64_t s = 0;
    unsigned n = 0;

    for (; n < 12 && reader->at < reader->end && is_digit(*reader->at); n++)
        s = 10 * s + (*reader->at++ - '0');
    reader->parts->epoch_s = s;
    reader->parts->has_epoch = true;
    return n;
}

static bool take_half(struct reader *reader)
{
    char letter = reader->at < reader->end ? (char)(*reader->at | 0x20) : 0;

    if (reader->end - reader->at < 2 || (reader->at[1] | 0x20) != 'm' ||
        (letter != 'a' && letter != 'p'))
        return false;
    reader->pm = letter == 'p';
    reader->has_pm = true;
    reader->at += 2;
    return true;
}

/* "+01:00" and the like, Z, UTC, GMT. */
static bool take_offset(struct reader *reader)
{
    static const char *const names[] = {"UTC", "GMT"};
    struct weir_str rest;
    unsigned which;
    size_t size;

    skip_space(reader);
    rest = (struct weir_str){reader->at, (size_t)(reader->end - reader->at)};
    reader->parts->has_offset = true;
    reader->parts->offset_s = 0;
    size = zone_take_offset(rest, &reader->parts->offset_s);
    if (!size)
        size = civil_take_name(rest, names, 2, false, true, &which);
    if (!size && rest.size && *rest.data == 'Z')
        size = 1;
    reader->at += size;
    return size;
}

static bool take_zone_name(struct reader *reader)
{
    const char *start = reader->at;

    if (take_offset(reader))
        return true;
    reader->parts->has_offset = false; /* what other names mean depends on the place */
    while (reader->at < reader->end && (unsigned)((*reader->at | 0x20) - 'a') < 26)
        reader->at++;
    return reader->at > start;
}

static bool take_year(struct reader *reader)
{
    unsigned year;

    if (!take_number(reader, 4, 0, 9999, &year))
        return false;
    reader->parts->civil.year = year;
    reader->parts->has_year = true;
    return true;
}

/* What a letter is short for, NULL: nothing. */
static const char *long_form(char letter)
{
    switch (letter) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'R':
        return "%H:%M";
    case 'r':
        return "%I:%M:%S %p";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

static bool take_date(struct reader *reader, char letter)
{
    struct civil *civil = &reader->parts->civil;
    unsigned number;

    switch (letter) {
    case 'a':
    case 'A':
        return take_name(reader, civil_weekdays, 7, &number);
    case 'b':
    case 'B':
    case 'h':
        if (!take_name(reader, civil_months, 12, &number))
            return false;
        civil->month = number + 1;
        return true;
    case 'C':
        return take_number(reader, 2, 0, 99, (unsigned *)&reader->century);
    case 'd':
    case 'e':
        return take_number(reader, 2, 1, 31, &civil->day);
    case 'j':
        return take_number(reader, 3, 1, 366, &reader->parts->yearday);
    case 'm':
        return take_number(reader, 2, 1, 12, &civil->month);
    case 'y':
        return take_number(reader, 2, 0, 99, (unsigned *)&reader->year_of_century);
    case 'Y':
        return take_year(reader);
    case 'G':
        return take_ignored(reader, 4, 9999);
    case 'g':
        return take_ignored(reader, 2, 99);
    case 'U':
    case 'V':
    case 'W':
        return take_ignored(reader, 2, 53);
    case 'u':
    case 'w':
        return take_ignored(reader, 1, 7);
    default:
        return false;
    }
}

static bool take_time(struct reader *reader, char letter)
{
    struct civil *civil = &reader->parts->civil;

    switch (letter) {
    case 'H':
    case 'k':
        return take_number(reader, 2, 0, 23, &civil->hour);
    case 'I':
    case 'l':
        if (!take_number(reader, 2, 1, 12, &civil->hour))
            return false;
        civil->hour %= 12;
        return true;
    case 'M':
        return take_number(reader, 2, 0, 59, &civil->minute);
    case 'S':
        return take_number(reader, 2, 0, 60, &civil->second);
    case 'p':
        return take_half(reader);
    case 'f':
        return take_fraction(reader);
    case 's':
        return take_epoch(reader);
    case 'z':
        return take_offset(reader);
    case 'Z':
        return take_zone_name(reader);
    case 'n':
    case 't':
        skip_space(reader);
        return true;
    case '%':
        return reader->at < reader->end && *reader->at++ == '%';
    default:
        return false;
    }
}

static bool take_format(struct reader *reader, const char *at, const char *end)
{
    for (; at < end; at++) {
        const char *more;

        if (is_space(*at)) {
            skip_space(reader);
            continue;
        }
        if (*at != '%' || at + 1 == end) {
            if (reader->at == reader->end || *reader->at++ != *at)
                return false;
            continue;
        }
        at++;
        if ((*at == 'E' || *at == 'O') && at + 1 < end)
            at++; /* there are no other forms in the C locale */
        more = long_form(*at);
        if (more ? !take_format(reader, more, more + strlen(more))
                 : !take_date(reader, *at) && !take_time(reader, *at))
            return false;
    }
    return true;
}

static unsigned year_days(int64_t year)
{
    return (unsigned)(civil_days(year + 1, 1, 1) - civil_days(year, 1, 1));
}

/* Puts together what came in pieces. False: there is no such day. */
static bool complete(struct reader *reader)
{
    struct strptime_parts *parts = reader->parts;
    struct civil *civil = &parts->civil;

    if (reader->year_of_century >= 0 || reader->century >= 0) {
        int years = reader->year_of_century >= 0 ? reader->year_of_century : 0;

        civil->year = (reader->century >= 0 ? reader->century
                          : years <= 68     ? 20
                                            : 19) *
                          100 +
                      years;
        parts->has_year = true;
    }
    if (reader->has_pm)
        civil->hour = civil->hour % 12 + (reader->pm ? 12 : 0);
    if (parts->yearday)
        return !parts->has_year || parts->yearday <= year_days(civil->year);
    return civil->day <= civil_month_days(parts->has_year ? civil->year : 2000, civil->month);
}

size_t strptime_format_parse(
    struct weir_str format, struct weir_str text, struct strptime_parts *ret_parts)
{
    struct reader reader = {text.data, text.data + text.size, ret_parts, -1, -1, false, false};

    *ret_parts = (struct strptime_parts){.civil = {.year = 1970, .month = 1, .day = 1}};
    if (!take_format(&reader, format.data, format.data + format.size) || !complete(&reader))
        return 0;
    return (size_t)(reader.at - text.data);
}

bool strptime_format_check(struct weir_str format, char *ret_letter)
{
    static const char known[] = "aAbBhCdejmyYGgUVWuwHkIlMSpfszZnt%cDxFRrTX";
    const char *end = format.data + format.size;

    for (const char *at = format.data; at < end; at++) {
        if (*at != '%')
            continue;
        at++;
        if (at + 1 < end && (*at == 'E' || *at == 'O'))
            at++;
        *ret_letter = at < end ? *at : ' ';
        if (at == end || !memchr(known, *at, sizeof known - 1))
            return false;
    }
    return true;
}

/* The last day of the year for one that it does not have. */
static void set_day(struct civil *civil, unsigned yearday)
{
    int64_t days = civil_days(civil->year, 1, 1) + MIN(yearday, year_days(civil->year)) - 1;
    struct civil day = civil_of(days * SECONDS_PER_DAY, 0);

    civil->month = day.month;
    civil->day = day.day;
}

static struct moment moment_in_year(
    const struct strptime_parts *parts, struct zone *zone, int64_t year)
{
    struct civil civil = parts->civil;
    int64_t shown;

    civil.year = year;
    if (parts->yearday)
        set_day(&civil, parts->yearday);
    else if (civil.day > civil_month_days(year, civil.month))
        civil.day = civil_month_days(year, civil.month);
    shown = civil_seconds(&civil);
    return (struct moment){
        parts->has_offset ? shown - parts->offset_s : zone_to_utc(zone, shown), civil.ns};
}

struct moment strptime_moment(
    const struct strptime_parts *parts, struct zone *zone, int64_t year, int64_t now_s)
{
    struct moment moment;

    if (parts->has_epoch)
        return (struct moment){parts->epoch_s, parts->civil.ns};
    if (parts->has_year || year)
        return moment_in_year(parts, zone, parts->has_year ? parts->civil.year : year);
    year = civil_of(now_s, 0).year + 1;
    do
        moment = moment_in_year(parts, zone, year);
    while (moment.s > now_s + SECONDS_PER_DAY && year-- > 0);
    return moment;
}
