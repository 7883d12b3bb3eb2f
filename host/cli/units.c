#include "cli/units.h"

#include <inttypes.h>
#include <stdio.h>
#include "base/util.h"

const char *duration_text(double seconds, char text[static UNITS_TEXT_MAX])
{
    uint64_t whole = (uint64_t)seconds;

    if (seconds < 1)
        snprintf(text, UNITS_TEXT_MAX, "%ums", (unsigned)(seconds * 1000));
    else if (whole < 60)
        snprintf(text, UNITS_TEXT_MAX, "%.1fs", seconds);
    else if (whole < 3600)
        snprintf(text, UNITS_TEXT_MAX, "%" PRIu64 "m%02us", whole / 60, (unsigned)(whole % 60));
    else if (whole < 86400)
        snprintf(
            text, UNITS_TEXT_MAX, "%" PRIu64 "h%02um", whole / 3600, (unsigned)(whole / 60 % 60));
    else
        snprintf(text, UNITS_TEXT_MAX, "%" PRIu64 "d%02uh", whole / 86400,
            (unsigned)(whole / 3600 % 24));
    return text;
}

const char *size_text(uint64_t bytes, char text[static UNITS_TEXT_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    unsigned unit = 0;

    for (; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
        value /= 1024;
    snprintf(text, UNITS_TEXT_MAX, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}
