#include <stdio.h>
#include <time.h>
#include "process/go_layout_private.h"

static void put_offset(struct buf *to, struct weir_str form, int32_t offset)
{
    int size = offset < 0 ? -offset : offset;
    bool colons = memchr(form.data, ':', form.size);

    if (form.data[0] == 'Z' && !offset) {
        buf_putc(to, 'Z');
        return;
    }
    buf_printf(to, "%c%02d", offset < 0 ? '-' : '+', size / 3600);
    if (form.size > 3)
        buf_printf(to, "%s%02d", colons ? ":" : "", size / 60 % 60);
    if (form.size > 6)
        buf_printf(to, "%s%02d", colons ? ":" : "", size % 60);
}

/* Go calls a zone that is only an offset by the name that its maker gave it. */
static void put_zone_name(struct buf *to, struct moment moment, const struct zone *zone)
{
    time_t s = moment.s;
    struct tm parts;

    if (!zone->local)
        buf_puts(to, zone->offset_s ? "SpecifiedTimezone" : "UTC");
    else
        buf_puts(to, localtime_r(&s, &parts) ? parts.tm_zone : "");
}

static void put_fraction(struct buf *to, const struct go_piece *piece, uint32_t ns)
{
    char digits[10];
    size_t n = MIN(piece->form.size - 1, (size_t)9);

    snprintf(digits, sizeof digits, "%09u", ns % 1000000000U);
    if (piece->item == GO_FRACTION_NINE)
        while (n && digits[n - 1] == '0')
            n--;
    if (!n)
        return;
    buf_putc(to, piece->form.data[0]);
    buf_append(to, digits, n);
    for (size_t i = 9; piece->item == GO_FRACTION_ZERO && i < piece->form.size - 1; i++)
        buf_putc(to, '0');
}

static void put_number(struct buf *to, unsigned number, unsigned width, char pad)
{
    char digits[12];
    unsigned n = 0;

    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10));
    for (; width > n; width--)
        buf_putc(to, pad);
    while (n)
        buf_putc(to, digits[--n]);
}

static void put_date(struct buf *to, enum go_item item, const struct civil *civil)
{
    switch (item) {
    case GO_MONTH_LONG:
        buf_puts(to, civil_months[civil->month - 1]);
        break;
    case GO_MONTH_SHORT:
        buf_append(to, civil_months[civil->month - 1], 3);
        break;
    case GO_MONTH_NUMBER:
    case GO_MONTH_ZERO:
        put_number(to, civil->month, item == GO_MONTH_ZERO ? 2 : 1, '0');
        break;
    case GO_WEEKDAY_LONG:
        buf_puts(to, civil_weekdays[civil_weekday(civil)]);
        break;
    case GO_WEEKDAY_SHORT:
        buf_append(to, civil_weekdays[civil_weekday(civil)], 3);
        break;
    case GO_DAY:
    case GO_DAY_UNDER:
    case GO_DAY_ZERO:
        put_number(to, civil->day, item == GO_DAY ? 1 : 2, item == GO_DAY_UNDER ? ' ' : '0');
        break;
    case GO_YEARDAY_UNDER:
    case GO_YEARDAY_ZERO:
        put_number(to, civil_yearday(civil), 3, item == GO_YEARDAY_UNDER ? ' ' : '0');
        break;
    case GO_YEAR_LONG:
        if (civil->year < 0)
            buf_putc(to, '-');
        put_number(to, (unsigned)(civil->year < 0 ? -civil->year : civil->year), 4, '0');
        break;
    case GO_YEAR:
        put_number(to, (unsigned)(MAX(civil->year, 0) % 100), 2, '0');
        break;
    default:
        break;
    }
}

static void put_time(struct buf *to, enum go_item item, const struct civil *civil)
{
    unsigned hour_12 = civil->hour % 12 ? civil->hour % 12 : 12;

    switch (item) {
    case GO_HOUR:
        put_number(to, civil->hour, 2, '0');
        break;
    case GO_HOUR_12:
    case GO_HOUR_12_ZERO:
        put_number(to, hour_12, item == GO_HOUR_12 ? 1 : 2, '0');
        break;
    case GO_MINUTE:
    case GO_MINUTE_ZERO:
        put_number(to, civil->minute, item == GO_MINUTE ? 1 : 2, '0');
        break;
    case GO_SECOND:
    case GO_SECOND_ZERO:
        put_number(to, civil->second, item == GO_SECOND ? 1 : 2, '0');
        break;
    case GO_PM:
        buf_puts(to, civil->hour >= 12 ? "PM" : "AM");
        break;
    case GO_PM_SMALL:
        buf_puts(to, civil->hour >= 12 ? "pm" : "am");
        break;
    default:
        break;
    }
}

void go_layout_format(
    const struct go_layout *layout, struct moment moment, struct zone *zone, struct buf *to)
{
    int32_t offset = zone_offset(zone, moment.s);
    struct civil civil = civil_of(moment.s + offset, moment.ns);

    for (size_t i = 0; i < layout->count; i++) {
        const struct go_piece *piece = &layout->pieces[i];

        buf_append(to, piece->text.data, piece->text.size);
        if (piece->item == GO_OFFSET)
            put_offset(to, piece->form, offset);
        else if (piece->item == GO_ZONE_NAME)
            put_zone_name(to, moment, zone);
        else if (piece->item == GO_FRACTION_ZERO || piece->item == GO_FRACTION_NINE)
            put_fraction(to, piece, civil.ns);
        else if (piece->item != GO_END) {
            put_date(to, piece->item, &civil);
            put_time(to, piece->item, &civil);
        }
    }
}
