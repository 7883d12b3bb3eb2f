/* Processors that read times: strptime, gotime, parse_timestamp_native; and the calendar
 * and zones below them. The zone of the machine is Berlin's here. */
#include <time.h>
#include "base/clock.h"
#include "process/civil.h"
#include "process/processing.h"
#include "process/strptime_format.h"

static void start(void)
{
    setenv("TZ", ":/usr/share/zoneinfo/Europe/Berlin", 1);
    tzset();
    if (tzname[0][0] != 'C') /* no zone data here: the rule itself */
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    processing_start();
}

/* One log in: its field, what its time becomes (0: stays as it was) and how it looks then. */
struct row {
    const char *what, *options; /* JSON without braces */
    const char *text;
    uint32_t time_s, time_ns;
    const char *out;
    unsigned n_failed;
};

static void check(const char *type, const struct row *row)
{
    char options[600], in[120];

    snprintf(options, sizeof options, "{%s}", row->options);
    ck_assert_msg(processing_create_json(type, options), "%s: %s", row->what, test.why);
    snprintf(in, sizeof in, "t=%s", row->text);
    for (int i = 0; i < 2; i++) { /* the second is answered from what is remembered */
        processing_add(in);
        test.batch->logs[i].time_s = 1;
    }
    processing_run();
    ck_assert_uint_eq(test.batch->n_logs, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct weir_log *log = &test.batch->logs[i];

        ck_assert_msg(
            log->time_s == (row->time_s ? row->time_s : 1) && log->time_ns == row->time_ns,
            "%s: %u.%09u", row->what, log->time_s, log->time_ns);
        ck_assert_msg(!strcmp(processing_show(i), row->out ? row->out : in), "%s: %s", row->what,
            buf_text(&test.shown));
    }
    ck_assert_msg(test.processor->n_failed == 2 * row->n_failed, "%s: %ju failed", row->what,
        (uintmax_t)test.processor->n_failed);
}

#define T "\"SourceKey\":\"t\","
#define F(FORMAT) T "\"Format\":\"" FORMAT "\""
#define UTC ",\"AdjustUTCOffset\":true,\"UTCOffset\":0"

/* Seconds as `date -u -d ... +%s` says. */
static const struct row strptime_rows[] = {
    {"UTC", F("%Y-%m-%d %H:%M:%S") UTC, "2023-10-10 13:55:36", 1696946136, 0, NULL, 0},
    {"the machine's zone, in summer", F("%Y-%m-%d %H:%M:%S"), "2023-10-10 13:55:36", 1696938936, 0,
        NULL, 0},
    {"and in winter", F("%Y-%m-%d %H:%M:%S"), "2023-12-10 13:55:36", 1702212936, 0, NULL, 0},
    {"another zone", F("%Y-%m-%d %H:%M:%S") ",\"AdjustUTCOffset\":true,\"UTCOffset\":28800",
        "2023-10-10 13:55:36", 1696917336, 0, NULL, 0},
    {"an offset without AdjustUTCOffset means nothing",
        F("%Y-%m-%d %H:%M:%S") ",\"UTCOffset\":28800", "2023-10-10 13:55:36", 1696938936, 0, NULL,
        0},
    {"a zone of its own", F("%d/%b/%Y:%H:%M:%S %z"), "10/Oct/2023:13:55:36 +0200", 1696938936, 0,
        NULL, 0},
    {"with a colon", F("%Y-%m-%dT%H:%M:%S%z"), "2023-10-10T13:55:36-03:30", 1696958736, 0, NULL, 0},
    {"Z", F("%Y-%m-%dT%H:%M:%S%z"), "2023-10-10T13:55:36Z", 1696946136, 0, NULL, 0},
    {"UTC by name", F("%Y-%m-%d %H:%M:%S %Z"), "2023-10-10 13:55:36 UTC", 1696946136, 0, NULL, 0},
    {"both, as upstream",
        F("%Y-%m-%d %H:%M:%S %z") ",\"AdjustUTCOffset\":true,\"UTCOffset\":-28800",
        "2016-01-02 12:59:59 +0700", 1451743199, 0, NULL, 0},
    {"epoch", F("%s"), "1696946136", 1696946136, 0, NULL, 0},
    {"epoch, milliseconds behind it", F("%s"), "1696946136789", 1696946136, 0, NULL, 0},
    {"a short epoch", F("%s"), "169", 169, 0, NULL, 0},
    {"what follows is not looked at", F("%Y-%m-%d") UTC, "2023-10-10 and more", 1696896000, 0, NULL,
        0},
    {"names in full and in any case", F("%A, %d %B %y, %I:%M %p") UTC,
        "tuesday, 10 OCTOBER 23, 1:55 pm", 1696946100, 0, NULL, 0},
    {"12 at night", F("%F %I:%M %p") UTC, "2023-10-10 12:05 AM", 1696896300, 0, NULL, 0},
    {"12 at noon", F("%F %I:%M %p") UTC, "2023-10-10 12:05 PM", 1696939500, 0, NULL, 0},
    {"short for others", F("%D %T") UTC, "10/10/23 13:55:36", 1696946136, 0, NULL, 0},
    {"%c", F("%c") UTC, "Tue Oct 10 13:55:36 2023", 1696946136, 0, NULL, 0},
    {"one digit", F("%m/%e/%Y %k:%M") UTC, "1/ 2/2023  3:04", 1672628640, 0, NULL, 0},
    {"day of the year", F("%Y %j") UTC, "2023 283", 1696896000, 0, NULL, 0},
    {"the last day of a leap year", F("%Y %j") UTC, "2024 366", 1735603200, 0, NULL, 0},
    {"which others do not have", F("%Y %j") UTC, "2023 366", 0, 0, NULL, 1},
    {"nor with the year behind it", F("%j/%y") UTC, "366/23", 0, 0, NULL, 1},
    {"century", F("%C%y-%m-%d") UTC, "2023-10-10", 1696896000, 0, NULL, 0},
    {"69 is 1969: too early", F("%y-%m-%d") UTC, "69-01-01", 0, 0, NULL, 1},
    {"a per cent sign", F("%%%Y") UTC, "%2023", 1672531200, 0, NULL, 0},
    {"space stands for any", F("%Y %m") UTC, "2023   10", 1696118400, 0, NULL, 0},
    {"no such day", F("%Y-%m-%d"), "2023-02-29", 0, 0, NULL, 1},
    {"a leap day", F("%Y-%m-%d") UTC, "2024-02-29", 1709164800, 0, NULL, 0},
    {"no such month", F("%Y-%m-%d"), "2023-13-01", 0, 0, NULL, 1},
    {"no number", F("%Y-%m-%d"), "today", 0, 0, NULL, 1},
    {"too short", F("%Y-%m-%d %H"), "2023-10-10", 0, 0, NULL, 1},
    {"empty", F("%Y"), "", 0, 0, NULL, 1},
    {"AlarmIfFail false still counts", F("%Y") ",\"AlarmIfFail\":false", "x", 0, 0, NULL, 1},
    {"KeepSource", F("%s") ",\"KeepSource\":false", "1696946136", 1696946136, 0, "", 0},
    {"a precise time", F("%s") ",\"EnablePreciseTimestamp\":true", "1696946136", 1696946136, 0,
        "t=1696946136|precise_timestamp=1696946136000", 0},
    {"of fractions",
        F("%Y-%m-%d %H:%M:%S.%f") UTC
        ",\"EnablePreciseTimestamp\":true,"
        "\"PreciseTimestampKey\":\"p\",\"PreciseTimestampUnit\":\"us\"",
        "2023-10-10 13:55:36.0123456", 1696946136, 0,
        "t=2023-10-10 13:55:36.0123456|p=1696946136012345", 0},
    {"in nanoseconds",
        F("%s,%f") ",\"EnablePreciseTimestamp\":true,\"PreciseTimestampUnit\":\"ns\"",
        "1696946136,5", 1696946136, 0, "t=1696946136,5|precise_timestamp=1696946136500000000", 0},
    {"the source goes, the new field comes",
        F("%s") ",\"KeepSource\":false,\"EnablePreciseTimestamp\":true", "1", 1, 0,
        "precise_timestamp=1000", 0},
};

#define G(FROM, TO) T "\"SourceFormat\":\"" FROM "\",\"DestKey\":\"d\",\"DestFormat\":\"" TO "\""
#define IN_UTC ",\"SourceLocation\":0,\"DestLocation\":0"
#define OUT(TEXT) "t=" TEXT

/* What Go's own package time makes of the same. */
static const struct row gotime_rows[] = {
    {"a layout to another", G("2006-01-02 15:04:05", "02 Jan 06 15:04") IN_UTC,
        "2019-07-05 19:28:01", 1562354881, 0, OUT("2019-07-05 19:28:01|d=05 Jul 19 19:28"), 0},
    {"zones",
        G("2006-01-02 15:04:05",
            "2006/01/02 15:04:05 -0700") ",\"SourceLocation\":8,\"DestLocation\":9",
        "2019-07-05 19:28:01", 1562326081, 0,
        OUT("2019-07-05 19:28:01|d=2019/07/05 20:28:01 +0900"), 0},
    {"the machine's", G("2006-01-02 15:04:05", "15:04 MST"), "2019-07-05 19:28:01", 1562347681, 0,
        OUT("2019-07-05 19:28:01|d=19:28 CEST"), 0},
    {"seconds", G("seconds", "2006-01-02T15:04:05Z07:00") IN_UTC, "1562354881", 1562354881, 0,
        OUT("1562354881|d=2019-07-05T19:28:01Z"), 0},
    {"milliseconds", G("milliseconds", "05.000") IN_UTC, "1562354881123", 1562354881, 0,
        OUT("1562354881123|d=01.123"), 0},
    {"microseconds", G("microseconds", "05.999999999") IN_UTC, "1562354881120000", 1562354881, 0,
        OUT("1562354881120000|d=01.12"), 0},
    {"nanoseconds", G("nanoseconds", "05.000000000") IN_UTC, "1562354881123456789", 1562354881, 0,
        OUT("1562354881123456789|d=01.123456789"), 0},
    {"an offset", G("Mon Jan _2 15:04:05 -0700 2006", "January 2, 2006 at 3:04pm (MST)") IN_UTC,
        "Fri Jul  5 19:28:01 +0200 2019", 1562347681, 0,
        OUT("Fri Jul  5 19:28:01 +0200 2019|d=July 5, 2019 at 5:28pm (UTC)"), 0},
    {"Z", G("2006-01-02T15:04:05Z07:00", "Monday 02.01.2006 03:04:05 PM") IN_UTC,
        "2019-07-05T00:28:01Z", 1562286481, 0,
        OUT("2019-07-05T00:28:01Z|d=Friday 05.07.2019 12:28:01 AM"), 0},
    {"a fraction that the layout has not", G("2006-01-02 15:04:05", "05.000000") IN_UTC,
        "2019-07-05 19:28:01.5", 1562354881, 0, OUT("2019-07-05 19:28:01.5|d=01.500000"), 0},
    {"nines may be missing", G("15:04:05.999 2006", "05.999") IN_UTC, "19:28:01 2019", 1546370881,
        0, OUT("19:28:01 2019|d=01"), 0},
    {"zeros may not", G("15:04:05.000 2006", "05") IN_UTC, "19:28:01 2019", 0, 0, NULL, 1},
    {"the right number of zeros", G("15:04:05.000 2006", "05") IN_UTC, "19:28:01.12 2019", 0, 0,
        NULL, 1},
    {"a comma", G("15:04:05,000 2006", "05,00") IN_UTC, "19:28:01,129 2019", 1546370881, 0,
        OUT("19:28:01,129 2019|d=01,12"), 0},
    {"day of the year", G("2006-002", "2006 __2 002 Jan 2 _2") IN_UTC, "2019-009", 1546992000, 0,
        OUT("2019-009|d=2019   9 009 Jan 9  9"), 0},
    {"short forms", G("1/2/06 3:4:5 PM", "1/2/06 3:4:5 pm -07 Mon") IN_UTC, "7/5/19 7:8:1 PM",
        1562353681, 0, OUT("7/5/19 7:8:1 PM|d=7/5/19 7:8:1 pm +00 Fri"), 0},
    {"words that are no items", G("2006y_2006", "Janus Mona 2006") IN_UTC, "2019y_2019", 1546300800,
        0, OUT("2019y_2019|d=Janus Mona 2019"), 0},
    {"text behind it", G("2006", "06") IN_UTC, "2019 x", 0, 0, NULL, 1},
    {"no such day", G("2006-01-02", "06") IN_UTC, "2019-02-29", 0, 0, NULL, 1},
    {"one digit where two must be", G("2006-01-02", "06") IN_UTC, "2019-1-02", 0, 0, NULL, 1},
    {"no number", G("seconds", "06") IN_UTC, "12x", 0, 0, NULL, 1},
    {"too large", G("seconds", "06") IN_UTC, "99999999999999999999", 0, 0, NULL, 1},
    {"too far ahead", G("seconds", "2006") ",\"DestLocation\":8", "9223372036854775807", 0, 0, NULL,
        1},
    {"too long ago", G("seconds", "2006") ",\"DestLocation\":-8", "-9223372036854775807", 0, 0,
        NULL, 1},
    {"a year of five digits", G("seconds", "2006-01-02") IN_UTC ",\"SetTime\":false",
        "253402300800", 0, 0, OUT("253402300800|d=10000-01-01"), 0},
    {"the year before 0",
        G("15:04", "2006-01-02 06") ",\"SourceLocation\":8,\"DestLocation\":0,\"SetTime\":false",
        "01:00", 0, 0, OUT("01:00|d=-0001-12-31 00"), 0},
    {"AlarmIfFail false still counts", G("seconds", "06") ",\"AlarmIfFail\":false", "x", 0, 0, NULL,
        1},
    {"a time that no log can have", G("15:04", "3:04PM") IN_UTC, "19:28", 0, 0,
        OUT("19:28|d=7:28PM"), 1},
    {"is fine where it is not set", G("15:04", "3:04PM") IN_UTC ",\"SetTime\":false", "19:28", 0, 0,
        OUT("19:28|d=7:28PM"), 0},
    {"before 1970", G("seconds", "2006-01-02 15:04:05") IN_UTC ",\"SetTime\":false", "-1", 0, 0,
        OUT("-1|d=1969-12-31 23:59:59"), 0},
    {"KeepSource", G("seconds", "2006") IN_UTC ",\"KeepSource\":false", "1", 1, 0, "d=1970", 0},
    {"no such key",
        "\"SourceKey\":\"q\",\"SourceFormat\":\"2006\",\"DestKey\":\"d\",\"DestFormat\":\"06\"",
        "1", 0, 0, NULL, 1},
    {"no such key, and that is fine",
        "\"SourceKey\":\"q\",\"SourceFormat\":\"2006\",\"DestKey\":\"d\",\"DestFormat\":\"06\","
        "\"NoKeyError\":false",
        "1", 0, 0, NULL, 0},
};

#define N(FORMAT) T "\"SourceFormat\":\"" FORMAT "\""

static const struct row native_rows[] = {
    {"the machine's zone", N("%Y-%m-%d %H:%M:%S"), "2023-10-10 13:55:36", 1696938936, 0, NULL, 0},
    {"another", N("%Y-%m-%d %H:%M:%S") ",\"SourceTimezone\":\"GMT+08:00\"", "2023-10-10 13:55:36",
        1696917336, 0, NULL, 0},
    {"west of it", N("%Y-%m-%d %H:%M:%S") ",\"SourceTimezone\":\"GMT-03:30\"",
        "2023-10-10 13:55:36", 1696958736, 0, NULL, 0},
    {"what follows is not looked at", N("%Y-%m-%dT%H:%M:%S") ",\"SourceTimezone\":\"GMT+00:00\"",
        "2023-10-10T13:55:36.123Z", 1696946136, 0, NULL, 0},
    {"epoch", N("%s"), "1696946136", 1696946136, 0, NULL, 0},
    {"the year that is given",
        N("%b %d %H:%M:%S") ",\"SourceYear\":2023,\"SourceTimezone\":\"GMT+00:00\"",
        "Oct 10 13:55:36", 1696946136, 0, NULL, 0},
    {"a day of the leap year that is given",
        N("%j %H:%M") ",\"SourceYear\":2024,\"SourceTimezone\":\"GMT+00:00\"", "60 00:00",
        1709164800, 0, NULL, 0},
    {"its last one", N("%j") ",\"SourceYear\":2024,\"SourceTimezone\":\"GMT+00:00\"", "366",
        1735603200, 0, NULL, 0},
    {"no time", N("%Y"), "x", 0, 0, NULL, 1},
    {"no such key", "\"SourceKey\":\"q\",\"SourceFormat\":\"%Y\"", "2023", 0, 0, NULL, 0},
};

START_TEST(strptime_row)
{
    check("processor_strptime", &strptime_rows[_i]);
}
END_TEST

START_TEST(gotime_row)
{
    check("processor_gotime", &gotime_rows[_i]);
}
END_TEST

START_TEST(native_row)
{
    check("processor_parse_timestamp_native", &native_rows[_i]);
}
END_TEST

/* With EnableTimestampNanosecond logs get their fractions. */
static const struct {
    const char *type, *options, *text;
} fractions[] = {
    {"processor_strptime", "{" F("%s.%f") "}", "1696946136.25"},
    {"processor_gotime", "{" G("milliseconds", "06") "}", "1696946136250"},
    {"processor_parse_timestamp_native", "{" N("%s") "}", "1696946136250"},
    {"processor_parse_timestamp_native",
        "{" N("%Y-%m-%d %H:%M:%S,%f") ",\"SourceTimezone\":\"GMT+00:00\"}",
        "2023-10-10 13:55:36,250"},
};

START_TEST(fractions_of_seconds)
{
    test.global.enable_timestamp_nanosecond = true;
    ck_assert_msg(
        processing_create_json(fractions[_i].type, fractions[_i].options), "%s", test.why);
    for (int i = 0; i < 2; i++)
        processing_add_bytes("t", fractions[_i].text, strlen(fractions[_i].text));
    processing_run();
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(test.batch->logs[i].time_s, 1696946136);
        ck_assert_uint_eq(test.batch->logs[i].time_ns, 250000000);
    }
}
END_TEST

START_TEST(a_time_before_1970_is_dropped)
{
    ck_assert(processing_create_json("processor_parse_timestamp_native", "{" N("%Y") "}"));
    processing_add("t=1960");
    processing_add("t=2000");
    processing_run();
    ck_assert_str_eq(processing_show_all(), "t=2000");
    ck_assert_uint_eq(test.processor->n_dropped, 1);
}
END_TEST

/* Month and day of so many days from now, in UTC. */
static time_t given_day(int days, char text[20])
{
    time_t s = (time_t)(clock_wall_ns() / NS_PER_S) + days * SECONDS_PER_DAY;
    struct tm parts;

    gmtime_r(&s, &parts);
    strftime(text, 20, "%b %d %H:%M:%S", &parts);
    return s;
}

START_TEST(without_a_year_it_is_the_latest_up_to_now)
{
    static const int days[] = {0, -1, -100, -200, -300, -360};
    char text[20];
    time_t s = given_day(days[_i], text);

    ck_assert(processing_create_json("processor_strptime", "{" F("%b %d %H:%M:%S") UTC "}"));
    processing_add_bytes("t", text, strlen(text));
    processing_run();
    ck_assert_uint_eq(test.batch->logs[0].time_s, (uint32_t)s);
}
END_TEST

static const struct {
    const char *type, *options, *why;
} refused[] = {
    {"processor_strptime", "{\"Format\":\"%Q\"}", "Format: %Q is not known"},
    {"processor_strptime", "{\"Format\":\"%\"}", "Format: %  is not known"},
    {"processor_strptime", "{\"Format\":\"%Y\",\"AdjustUTCOffset\":true,\"UTCOffset\":50401}",
        "UTCOffset: 50401 s is no offset of a zone, which are -12 h to 14 h"},
    {"processor_parse_timestamp_native", "{" T "\"SourceFormat\":\"%Q\"}",
        "SourceFormat: %Q is not known"},
    {"processor_parse_timestamp_native", "{" N("%Y") ",\"SourceTimezone\":\"UTC+8\"}",
        "SourceTimezone: \"UTC+8\" is not of the form GMT+08:00"},
    {"processor_parse_timestamp_native", "{" N("%Y") ",\"SourceTimezone\":\"GMT+08:99\"}",
        "SourceTimezone: \"GMT+08:99\" is not of the form GMT+08:00"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create_json(refused[_i].type, refused[_i].options));
    ck_assert_str_eq(test.why, refused[_i].why);
}
END_TEST

START_TEST(the_calendar_agrees_with_the_system)
{
    for (int64_t s = -4000000000; s < 8000000000; s += 86400 * 13 + 7919) {
        struct civil civil = civil_of(s, 0);
        time_t t = s;
        struct tm parts;

        gmtime_r(&t, &parts);
        ck_assert_int_eq(civil_seconds(&civil), s);
        ck_assert_int_eq(civil.year, parts.tm_year + 1900);
        ck_assert_uint_eq(civil.month, (unsigned)parts.tm_mon + 1);
        ck_assert_uint_eq(civil.day, (unsigned)parts.tm_mday);
        ck_assert_uint_eq(civil.hour, (unsigned)parts.tm_hour);
        ck_assert_uint_eq(civil.minute, (unsigned)parts.tm_min);
        ck_assert_uint_eq(civil.second, (unsigned)parts.tm_sec);
        ck_assert_uint_eq(civil_weekday(&civil), (unsigned)parts.tm_wday);
        ck_assert_uint_eq(civil_yearday(&civil), (unsigned)parts.tm_yday + 1);
    }
}
END_TEST

/* What strftime(3) writes by a format comes back by it, as far as the format goes. */
static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%d/%b/%Y:%T", "%a %d %B %Y %I:%M:%S %p",
    "%c", "%j %Y %T", "%D %R", "%e %h %y %k:%M", "%A, %F %r", "%G-W%V-%u %Y%m%d %H%M%S",
    "%C%y %m %d %l %p", "%s"};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
START_TEST(formats_agree_with_the_system)
{
    struct zone utc = {0};

    srandom((unsigned)_i);
    for (int i = 0; i < 2000; i++) {
        time_t s = (time_t)random();
        struct strptime_parts parts;
        struct moment moment;
        char text[100], again[100];
        struct tm tm;

        gmtime_r(&s, &tm);
        tm.tm_gmtoff = 0;
        if (strcmp(formats[_i], "%s") != 0)
            ck_assert_uint_gt(strftime(text, sizeof text, formats[_i], &tm), 0);
        else
            snprintf(text, sizeof text, "%jd", (intmax_t)s);
        ck_assert_msg(
            strptime_format_parse(str_of(formats[_i]), str_of(text), &parts) == strlen(text),
            "%s: %s", formats[_i], text);
        moment = strptime_moment(&parts, &utc, 0, s);
        s = (time_t)moment.s;
        gmtime_r(&s, &tm);
        if (strcmp(formats[_i], "%s") != 0)
            strftime(again, sizeof again, formats[_i], &tm);
        else
            snprintf(again, sizeof again, "%jd", (intmax_t)s);
        ck_assert_str_eq(again, text);
    }
}
END_TEST
#pragma GCC diagnostic pop

START_TEST(zones_agree_with_the_system)
{
    struct zone zone = {.local = true};

    for (int64_t s = 1000000000; s < 1100000000; s += 3600 * 5 + 17) {
        time_t t = s;
        struct tm parts;

        localtime_r(&t, &parts);
        ck_assert_int_eq(zone_offset(&zone, s), parts.tm_gmtoff);
        if (parts.tm_mon != 9) /* when clocks are put back an hour comes twice */
            ck_assert_int_eq(zone_to_utc(&zone, s + parts.tm_gmtoff), s);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("time");

    tcase_add_checked_fixture(tests, start, processing_end);
    tcase_add_loop_test(tests, strptime_row, 0, ARRAY_SIZE(strptime_rows));
    tcase_add_loop_test(tests, gotime_row, 0, ARRAY_SIZE(gotime_rows));
    tcase_add_loop_test(tests, native_row, 0, ARRAY_SIZE(native_rows));
    tcase_add_loop_test(tests, fractions_of_seconds, 0, ARRAY_SIZE(fractions));
    tcase_add_test(tests, a_time_before_1970_is_dropped);
    tcase_add_loop_test(tests, without_a_year_it_is_the_latest_up_to_now, 0, 6);
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    tcase_add_test(tests, the_calendar_agrees_with_the_system);
    tcase_add_loop_test(tests, formats_agree_with_the_system, 0, ARRAY_SIZE(formats));
    tcase_add_test(tests, zones_agree_with_the_system);
    return unit_run(tests);
}
