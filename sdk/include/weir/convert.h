/*
 * Helper for plugins (linked into them, no part of the ABI): logs in upstream's protocols,
 * byte for byte, and the values that selectors such as content.level and tag.host.name
 * have in them.
 *
 *   weir_convert_group(convert, group);
 *   for each log of it:
 *       why = weir_convert_log(convert, log, out);      NULL: appended
 *       value = weir_convert_find(convert, selector);   of that log
 *
 * What a log becomes:
 *   custom_single          {"contents":{...},"tags":{...},"time":1700000000}
 *   custom_single_flatten  {"level":"warn","host.ip":"10.0.0.7",...,"time":1700000000}, sorted;
 *   jsonline               tags win over contents, the time over both
 *   influxdb               weather,city=x value=30 1668653452000000000 and a newline; the log
 *                          is a metric: __name__, __labels__, __value__, __time_nano__, and
 *                          maybe __type__ and __field__
 *   raw                    the value of its content `content`
 *   prometheus             a time series of remote write's WriteRequest, a metric's as in
 *                          influxdb; requests are these one behind the other
 *
 * Tags are contents whose keys say so (__tag__:x, __log_topic__, and upstream's names such
 * as __path__ and _pod_name_), then the group's tags, then host.ip and log.topic. Keys are
 * sorted and there once, the later value wins; bytes that are not UTF-8 become \ufffd.
 *
 * Where upstream's result is of no use, ours differs: in line protocol labels without a
 * key or a value are left out, and a time of 10, 13 or 16 digits counts as seconds,
 * milliseconds, microseconds.
 */
#ifndef WEIR_CONVERT_H
#define WEIR_CONVERT_H

#include <weir/batch.h>
#include <weir/buffer.h>
#include <weir/option.h>

WEIR_BEGIN_DECLS

enum {
    WEIR_CONVERT_CUSTOM_SINGLE,
    WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN,
    WEIR_CONVERT_JSONLINE,
    WEIR_CONVERT_INFLUXDB,
    WEIR_CONVERT_RAW,
    WEIR_CONVERT_PROMETHEUS,
};

struct weir_convert_options {
    uint32_t protocol; /* WEIR_CONVERT_* */
    /* By the name in the result (host.ip); "" deletes the tag. */
    struct weir_str_map tag_rename;
    struct weir_str_map protocol_rename; /* of contents, tags, time */
    bool only_contents;                  /* flatten, jsonline: without tags */
};

struct weir_convert;

/* `options` must live as long. NULL when memory is out. */
struct weir_convert *weir_convert_create(const struct weir_convert_options *options);
void weir_convert_destroy(struct weir_convert *convert);

/* The logs that follow are of this group. It must live until the next. */
void weir_convert_group(struct weir_convert *convert, const struct weir_group *group);

/* Appends a log. NULL; or why it cannot be, and nothing is appended (the words last until
 * the next call). Running out of memory is told by out->failed. */
const char *weir_convert_log(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out);

/* What a selector stands for in the log converted last; NULL: nothing. Lasts until the
 * next log. By protocol:
 *   custom_single, custom_single_flatten, jsonline: content.<key>, tag.<name>, also by the
 *     name from before a renaming, and by upstream's key (tag.__path__)
 *   influxdb: tag.<x> is the group's tag __tag__:<x>; other tags of it by their keys
 *   raw, prometheus: tag.<x> and metadata.<x> are the group's tag x, "" when it has none */
const struct weir_str *weir_convert_find(struct weir_convert *convert, struct weir_str selector);

/* Whether logs of the protocol can have such a selector at all. */
bool weir_convert_selects(uint32_t protocol, struct weir_str selector);

WEIR_END_DECLS

#endif
