#include "process/civil.h"

#include <strings.h>
#include <string.h>
#include <time.h>

/* No zone changes its clocks within one. */
#define QUARTER_S 900

const char *const civil_months[12] = {"January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December"};
const char *const civil_weekdays[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned civil_month_days(int64_t year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Counted in years that begin with March, so that the odd day comes last, in eras of
 * 400 of them. */
int64_t civil_days(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month <= 2), era = divide_down(y, 400);
    int64_t of_era = y - era * 400, of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 - 719468;
}

int64_t civil_seconds(const struct civil *civil)
{
    return civil_days(civil->year, civil->month, civil->day) * SECONDS_PER_DAY +
           (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

struct civil civil_of(int64_t s, uint32_t ns)
{
    int64_t days = divide_down(s, SECONDS_PER_DAY), rest = s - days * SECONDS_PER_DAY;
    int64_t era = divide_down(days + 719468, 146097), of_era = days + 719468 - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;

    return (struct civil){
        .year = year + era * 400 + (month >= 10),
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
        .day = (unsigned)(of_year - (153 * month + 2) / 5 + 1),
        .hour = (unsigned)(rest / 3600),
        .minute = (unsigned)(rest / 60 % 60),
        .second = (unsigned)(rest % 60),
        .ns = ns,
    };
}

unsigned civil_weekday(const struct civil *civil)
{
    int64_t days = civil_days(civil->year, civil->month, civil->day) + 4; /* a Thursday */

    return (unsigned)(days - divide_down(days, 7) * 7);
}

unsigned civil_yearday(const struct civil *civil)
{
    return (unsigned)(civil_days(civil->year, civil->month, civil->day) -
                      civil_days(civil->year, 1, 1)) +
           1;
}

size_t civil_take_name(struct weir_str text, const char *const *names, unsigned count,
    bool short_allowed, bool long_allowed, unsigned *ret_index)
{
    for (unsigned i = 0; i < count; i++) {
        size_t size = strlen(names[i]);

        *ret_index = i;
        if (long_allowed && text.size >= size && !strncasecmp(text.data, names[i], size))
            return size;
        if (short_allowed && text.size >= 3 && !strncasecmp(text.data, names[i], 3))
            return 3;
    }
    return 0;
}

static int32_t local_offset(int64_t utc_s)
{
    time_t s = utc_s;
    struct tm parts;

    return localtime_r(&s, &parts) ? (int32_t)parts.tm_gmtoff : 0;
}

int32_t zone_offset(struct zone *zone, int64_t utc_s)
{
    int64_t quarter = divide_down(utc_s, QUARTER_S);

    if (!zone->local)
        return zone->offset_s;
    if (!zone->known || zone->known_quarter != quarter) {
        zone->known_offset_s = local_offset(utc_s);
        zone->known_quarter = quarter;
        zone->known = true;
    }
    return zone->known_offset_s;
}

/* Where clocks are put on, the shown time may have been skipped or come twice; one of
 * the two offsets is then taken. */
int64_t zone_to_utc(struct zone *zone, int64_t shown_s)
{
    int32_t offset =
        zone_offset(zone, zone->local && zone->known ? shown_s - zone->known_offset_s : shown_s);
    int32_t better = zone_offset(zone, shown_s - offset);

    return shown_s - better;
}

static bool take_two(const char **at, const char *end, int *ret_number)
{
    if (end - *at < 2 || (unsigned)(**at - '0') > 9 || (unsigned)((*at)[1] - '0') > 9)
        return false;
    *ret_number = 10 * (**at - '0') + (*at)[1] - '0';
    *at += 2;
    return true;
}

size_t zone_take_offset(struct weir_str text, int32_t *ret_offset_s)
{
    const char *at = text.data, *end = at + text.size, *minutes_at;
    int sign, hours, minutes = 0;

    if (!text.size || (*at != '+' && *at != '-'))
        return 0;
    sign = *at++ == '-' ? -1 : 1;
    if (!take_two(&at, end, &hours) || hours > 24)
        return 0;
    minutes_at = at + (at < end && *at == ':');
    if (take_two(&minutes_at, end, &minutes))
        at = minutes_at;
    if (minutes > 59)
        return 0;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return (size_t)(at - text.data);
}
