#include "process/go_layout.h"

#include "base/mem.h"
#include "process/go_layout_private.h"

/* Longer forms before their beginnings. */
static const struct {
    const char *form;
    enum go_item item;
    bool alone; /* no small letter may follow */
} forms[] = {
    {"January", GO_MONTH_LONG, false},
    {"Jan", GO_MONTH_SHORT, true},
    {"Monday", GO_WEEKDAY_LONG, false},
    {"Mon", GO_WEEKDAY_SHORT, true},
    {"MST", GO_ZONE_NAME, false},
    {"002", GO_YEARDAY_ZERO, false},
    {"01", GO_MONTH_ZERO, false},
    {"02", GO_DAY_ZERO, false},
    {"03", GO_HOUR_12_ZERO, false},
    {"04", GO_MINUTE_ZERO, false},
    {"05", GO_SECOND_ZERO, false},
    {"06", GO_YEAR, false},
    {"15", GO_HOUR, false},
    {"1", GO_MONTH_NUMBER, false},
    {"2006", GO_YEAR_LONG, false},
    {"2", GO_DAY, false},
    {"__2", GO_YEARDAY_UNDER, false},
    {"_2", GO_DAY_UNDER, false},
    {"3", GO_HOUR_12, false},
    {"4", GO_MINUTE, false},
    {"5", GO_SECOND, false},
    {"PM", GO_PM, false},
    {"pm", GO_PM_SMALL, false},
    {"-070000", GO_OFFSET, false},
    {"-07:00:00", GO_OFFSET, false},
    {"-0700", GO_OFFSET, false},
    {"-07:00", GO_OFFSET, false},
    {"-07", GO_OFFSET, false},
    {"Z070000", GO_OFFSET, false},
    {"Z07:00:00", GO_OFFSET, false},
    {"Z0700", GO_OFFSET, false},
    {"Z07:00", GO_OFFSET, false},
    {"Z07", GO_OFFSET, false},
};

static bool starts(const char *at, const char *end, const char *text)
{
    size_t size = strlen(text);

    return (size_t)(end - at) >= size && memcmp(at, text, size) == 0;
}

/* ".000" or ",999": a fraction, unless another digit follows. Its size, 0: it is none. */
static size_t fraction_size(const char *at, const char *end, enum go_item *ret_item)
{
    const char *digit = at + 1;

    if ((*at != '.' && *at != ',') || digit == end || (*digit != '0' && *digit != '9'))
        return 0;
    while (digit < end && *digit == at[1])
        digit++;
    *ret_item = at[1] == '0' ? GO_FRACTION_ZERO : GO_FRACTION_NINE;
    return digit < end && *digit >= '0' && *digit <= '9' ? 0 : (size_t)(digit - at);
}

/* The size of the item that stands here, 0: none. */
static size_t item_size(const char *at, const char *end, enum go_item *ret_item)
{
    if (starts(at, end, "_2006")) /* a line and a year */
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        size_t size = strlen(forms[i].form);

        if (!starts(at, end, forms[i].form))
            continue;
        if (forms[i].alone && at + size < end && at[size] >= 'a' && at[size] <= 'z')
            continue;
        *ret_item = forms[i].item;
        return size;
    }
    return fraction_size(at, end, ret_item);
}

static void add(struct go_layout *layout, struct go_piece piece)
{
    MEM_GROW(layout->pieces, layout->count, layout->capacity);
    layout->pieces[layout->count++] = piece;
}

struct go_layout *go_layout_create(struct weir_str text)
{
    struct go_layout *layout = mem_zalloc(sizeof *layout);
    const char *start = text.data, *at = start, *end = at + text.size;

    while (at < end) {
        enum go_item item;
        size_t size = item_size(at, end, &item);

        if (!size) {
            at++;
            continue;
        }
        add(layout, (struct go_piece){{start, (size_t)(at - start)}, item, {at, size}});
        start = at += size;
    }
    add(layout, (struct go_piece){{start, (size_t)(end - start)}, GO_END, {end, 0}});
    return layout;
}

void go_layout_destroy(struct go_layout *layout)
{
    if (!layout)
        return;
    free(layout->pieces);
    free(layout);
}
