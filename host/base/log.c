#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const format_names[] = {"plain", "logfmt", "json"};

static atomic_int max_level = LOG_LEVEL_INFO;
static atomic_int line_format = LOG_FORMAT_PLAIN;

void log_setup(enum log_level level, enum log_format format)
{
    atomic_store(&max_level, (int)level);
    atomic_store(&line_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

static void put_time(struct buf *buf)
{
    uint64_t wall_ns = clock_wall_ns();
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    char text[32];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(buf, "%s.%06uZ", text, (unsigned)(wall_ns % NS_PER_S / 1000));
}

/* Bare when it is one harmless word, else quoted and escaped. */
static void put_logfmt_value(struct buf *buf, const char *text, size_t size)
{
    bool bare = size > 0;

    for (size_t i = 0; bare && i < size; i++)
        bare =
            text[i] > ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '=' && text[i] != '\\';
    if (bare)
        buf_append(buf, text, size);
    else
        buf_json_string(buf, text, size);
}

static size_t field_size(const struct log_field *field)
{
    return field->size == SIZE_MAX ? strlen(field->text) : field->size;
}

static void put_words(struct buf *buf, enum log_level level, const char *message,
    const struct log_field *fields, size_t n_fields, bool plain)
{
    if (!plain)
        buf_puts(buf, "ts=");
    put_time(buf);
    buf_printf(buf, plain ? " %-5s " : " level=%s msg=", level_names[level]);
    if (plain)
        buf_puts(buf, message);
    else
        put_logfmt_value(buf, message, strlen(message));
    for (size_t i = 0; i < n_fields; i++) {
        buf_printf(buf, " %s=", fields[i].key);
        if (fields[i].text)
            put_logfmt_value(buf, fields[i].text, field_size(&fields[i]));
        else
            buf_printf(buf, "%lld", (long long)fields[i].number);
    }
}

static void put_json(struct buf *buf, enum log_level level, const char *message,
    const struct log_field *fields, size_t n_fields)
{
    buf_puts(buf, "{\"ts\":\"");
    put_time(buf);
    buf_printf(buf, "\",\"level\":\"%s\",\"msg\":", level_names[level]);
    buf_json_string(buf, message, strlen(message));
    for (size_t i = 0; i < n_fields; i++) {
        buf_printf(buf, ",\"%s\":", fields[i].key);
        if (fields[i].text)
            buf_json_string(buf, fields[i].text, field_size(&fields[i]));
        else
            buf_printf(buf, "%lld", (long long)fields[i].number);
    }
    buf_putc(buf, '}');
}

void log_write(
    enum log_level level, const char *message, const struct log_field *fields, size_t n_fields)
{
    SCOPED_BUF struct buf line = {0};
    int format = atomic_load_explicit(&line_format, memory_order_relaxed);

    if (!log_enabled(level))
        return;
    if (format == LOG_FORMAT_JSON)
        put_json(&line, level, message, fields, n_fields);
    else
        put_words(&line, level, message, fields, n_fields, format == LOG_FORMAT_PLAIN);
    buf_putc(&line, '\n');
    (void)!write(STDERR_FILENO, line.data, line.size);
}

static bool find_name(
    const char *text, const char *const *names, size_t n_names, unsigned *ret_index)
{
    for (unsigned i = 0; i < n_names; i++)
        if (!strcmp(text, names[i])) {
            *ret_index = i;
            return true;
        }
    return false;
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
    return find_name(text, level_names, ARRAY_SIZE(level_names), (unsigned *)ret_level);
}

bool log_format_parse(const char *text, enum log_format *ret_format)
{
    return find_name(text, format_names, ARRAY_SIZE(format_names), (unsigned *)ret_format);
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, uint64_t *ret_suppressed)
{
    if (now_ns < limit->next_ns) {
        limit->suppressed++;
        return false;
    }
    limit->next_ns = now_ns + limit->interval_ns;
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
