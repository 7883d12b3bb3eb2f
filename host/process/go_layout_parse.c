#include "process/go_layout_private.h"

struct reader {
    const char *at, *end;
    struct civil civil; /* month and day 0: not there */
    int32_t offset_s;
    unsigned yearday; /* 0: not there */
    bool pm, am, has_offset;
};

static bool is_digit(const struct reader *reader, size_t i)
{
    return (size_t)(reader->end - reader->at) > i && reader->at[i] >= '0' && reader->at[i] <= '9';
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && *reader->at == ' ')
        reader->at++;
}

/* The text between items: a space in it stands for any number of them. */
static bool take_text(struct reader *reader, struct weir_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ' ') {
            if (reader->at == reader->end || *reader->at++ != text.data[i])
                return false;
            continue;
        }
        if (reader->at < reader->end && *reader->at != ' ')
            return false;
        skip_space(reader);
        while (i + 1 < text.size && text.data[i + 1] == ' ')
            i++;
    }
    return true;
}

/* A number of one or two digits, or of exactly `n`. */
static bool take_digits(struct reader *reader, unsigned n, unsigned *ret_number)
{
    *ret_number = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!is_digit(reader, 0))
            return false;
        *ret_number = *ret_number * 10 + (unsigned)(*reader->at++ - '0');
    }
    return true;
}

static bool take_short(struct reader *reader, bool two, unsigned max, unsigned *ret_number)
{
    return take_digits(reader, two || is_digit(reader, 1) ? 2 : 1, ret_number) &&
           *ret_number <= max;
}

static bool take_name(
    struct reader *reader, const char *const *names, unsigned count, bool full, unsigned *ret_index)
{
    struct weir_str rest = {reader->at, (size_t)(reader->end - reader->at)};
    size_t size = civil_take_name(rest, names, count, !full, full, ret_index);

    reader->at += size;
    return size;
}

static bool take_month_name(struct reader *reader, bool full)
{
    unsigned index;
    bool taken = take_name(reader, civil_months, 12, full, &index);

    if (taken)
        reader->civil.month = index + 1;
    return taken;
}

/* A point or comma and digits: `n` of them, or as many as there are. */
static bool take_fraction(struct reader *reader, size_t n)
{
    uint32_t place = 100000000;
    size_t i = 1;

    if (reader->at == reader->end || (*reader->at != '.' && *reader->at != ',') ||
        !is_digit(reader, 1))
        return false;
    reader->civil.ns = 0;
    for (; is_digit(reader, i) && (!n || i <= n); i++, place /= 10)
        reader->civil.ns += place * (uint32_t)(reader->at[i] - '0');
    reader->at += i;
    return !n || i > n;
}

/* A fraction may follow seconds where the layout has none. */
static bool take_second(struct reader *reader, const struct go_piece *piece)
{
    const struct go_piece *next = piece + 1;

    if (!take_short(reader, piece->item == GO_SECOND_ZERO, 59, &reader->civil.second))
        return false;
    if ((next->item == GO_FRACTION_ZERO || next->item == GO_FRACTION_NINE) && !next->text.size)
        return true;
    if (reader->end - reader->at >= 2 && is_digit(reader, 1) &&
        (*reader->at == '.' || *reader->at == ','))
        return take_fraction(reader, 0);
    return true;
}

static bool take_half(struct reader *reader, const char *pm, const char *am)
{
    if (reader->end - reader->at < 2)
        return false;
    reader->pm = !memcmp(reader->at, pm, 2);
    reader->am = !memcmp(reader->at, am, 2);
    reader->at += 2;
    return reader->pm || reader->am;
}

static bool take_offset(struct reader *reader, struct weir_str form)
{
    bool colons = memchr(form.data, ':', form.size);
    unsigned n_numbers = form.size <= 3 ? 1 : form.size <= 6 ? 2 : 3, numbers[3] = {0};
    int sign;

    reader->has_offset = true;
    reader->offset_s = 0;
    if (form.data[0] == 'Z' && reader->at < reader->end && *reader->at == 'Z') {
        reader->at++;
        return true;
    }
    if (reader->at == reader->end || (*reader->at != '+' && *reader->at != '-'))
        return false;
    sign = *reader->at++ == '-' ? -1 : 1;
    for (unsigned i = 0; i < n_numbers; i++) {
        if (i && colons && (reader->at == reader->end || *reader->at++ != ':'))
            return false;
        if (!take_digits(reader, 2, &numbers[i]))
            return false;
    }
    if (numbers[0] > 24 || numbers[1] > 59 || numbers[2] > 59)
        return false;
    reader->offset_s = sign * (int32_t)(numbers[0] * 3600 + numbers[1] * 60 + numbers[2]);
    return true;
}

/* Bytes of an abbreviation as they are made: three capital letters; four or five that end
 * in T. 0: none. */
static size_t abbreviation_size(const struct reader *reader)
{
    const char *at = reader->at;
    size_t n = 0;

    while (n < 6 && at + n < reader->end && at[n] >= 'A' && at[n] <= 'Z')
        n++;
    if (n == 4 && memcmp(at, "WITA", 4) == 0)
        return 4;
    return n == 3 || ((n == 4 || n == 5) && at[n - 1] == 'T') ? n : 0;
}

/* Only of UTC and GMT it is known what they mean; others are the zone's own. */
static bool take_zone_name(struct reader *reader)
{
    bool utc = reader->end - reader->at >= 3 && memcmp(reader->at, "UTC", 3) == 0;
    size_t size = utc ? 3 : abbreviation_size(reader);

    reader->offset_s = 0;
    reader->has_offset = utc || (size == 3 && memcmp(reader->at, "GMT", 3) == 0);
    reader->at += size;
    return size;
}

static bool take_day(struct reader *reader, enum go_item item)
{
    if (item == GO_DAY_UNDER && reader->at < reader->end && *reader->at == ' ')
        reader->at++;
    return take_short(reader, item == GO_DAY_ZERO, 31, &reader->civil.day) && reader->civil.day;
}

static bool take_yearday(struct reader *reader, enum go_item item)
{
    unsigned n = item == GO_YEARDAY_UNDER ? 1 : 3;

    for (int i = 0; i < 2 && item == GO_YEARDAY_UNDER; i++)
        reader->at += reader->at < reader->end && *reader->at == ' ';
    while (n < 3 && is_digit(reader, n))
        n++;
    return take_digits(reader, n, &reader->yearday) && reader->yearday && reader->yearday <= 366;
}

static bool take_year(struct reader *reader, bool full)
{
    unsigned year;

    if (!take_digits(reader, full ? 4 : 2, &year))
        return false;
    reader->civil.year = full ? year : year >= 69 ? 1900 + year : 2000 + year;
    return true;
}

static bool take_date(struct reader *reader, const struct go_piece *piece)
{
    unsigned ignored;

    switch (piece->item) {
    case GO_MONTH_LONG:
    case GO_MONTH_SHORT:
        return take_month_name(reader, piece->item == GO_MONTH_LONG);
    case GO_MONTH_NUMBER:
    case GO_MONTH_ZERO:
        return take_short(reader, piece->item == GO_MONTH_ZERO, 12, &reader->civil.month) &&
               reader->civil.month;
    case GO_WEEKDAY_LONG:
    case GO_WEEKDAY_SHORT:
        return take_name(reader, civil_weekdays, 7, piece->item == GO_WEEKDAY_LONG, &ignored);
    case GO_DAY:
    case GO_DAY_UNDER:
    case GO_DAY_ZERO:
        return take_day(reader, piece->item);
    case GO_YEARDAY_UNDER:
    case GO_YEARDAY_ZERO:
        return take_yearday(reader, piece->item);
    case GO_YEAR_LONG:
    case GO_YEAR:
        return take_year(reader, piece->item == GO_YEAR_LONG);
    default:
        return false;
    }
}

static bool take_item(struct reader *reader, const struct go_piece *piece)
{
    switch (piece->item) {
    case GO_END:
        return reader->at == reader->end;
    case GO_HOUR:
        return take_short(reader, false, 23, &reader->civil.hour);
    case GO_HOUR_12:
    case GO_HOUR_12_ZERO:
        return take_short(reader, piece->item == GO_HOUR_12_ZERO, 12, &reader->civil.hour);
    case GO_MINUTE:
    case GO_MINUTE_ZERO:
        return take_short(reader, piece->item == GO_MINUTE_ZERO, 59, &reader->civil.minute);
    case GO_SECOND:
    case GO_SECOND_ZERO:
        return take_second(reader, piece);
    case GO_PM:
        return take_half(reader, "PM", "AM");
    case GO_PM_SMALL:
        return take_half(reader, "pm", "am");
    case GO_ZONE_NAME:
        return take_zone_name(reader);
    case GO_OFFSET:
        return take_offset(reader, piece->form);
    case GO_FRACTION_ZERO:
        return take_fraction(reader, piece->form.size - 1);
    case GO_FRACTION_NINE:
        take_fraction(reader, 0);
        return true;
    default:
        return take_date(reader, piece);
    }
}

/* Puts together what came in pieces. False: there is no such day. */
static bool complete(struct reader *reader)
{
    struct civil *civil = &reader->civil;

    if (reader->pm && civil->hour < 12)
        civil->hour += 12;
    else if (reader->am && civil->hour == 12)
        civil->hour = 0;
    if (reader->yearday) {
        int64_t days = civil_days(civil->year, 1, 1) + reader->yearday - 1;
        struct civil day = civil_of(days * SECONDS_PER_DAY, 0);

        if (day.year != civil->year || (civil->month && civil->month != day.month) ||
            (civil->day && civil->day != day.day))
            return false;
        civil->month = day.month;
        civil->day = day.day;
    }
    civil->month = MAX(civil->month, 1U);
    civil->day = MAX(civil->day, 1U);
    return civil->day <= civil_month_days(civil->year, civil->month);
}

bool go_layout_parse(const struct go_layout *layout, struct weir_str text, struct zone *zone,
    struct moment *ret_moment)
{
    struct reader reader = {.at = text.data, .end = text.data + text.size};
    int64_t shown;

    for (size_t i = 0; i < layout->count; i++)
        if (!take_text(&reader, layout->pieces[i].text) || !take_item(&reader, &layout->pieces[i]))
            return false;
    if (!complete(&reader))
        return false;
    shown = civil_seconds(&reader.civil);
    *ret_moment = (struct moment){
        reader.has_offset ? shown - reader.offset_s : zone_to_utc(zone, shown), reader.civil.ns};
    return true;
}
