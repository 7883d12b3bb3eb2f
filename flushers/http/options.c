#include "http/options.h"

#include <weir/words.h>

static const char *const protocols[] = {"custom_single", "custom_single_flatten", "jsonline",
    "influxdb", "raw", "ndjson", "json_array", NULL};

#define SERIES_LIMIT_DEFAULT 1000

enum { ENCODING_JSON, ENCODING_CUSTOM };
static const char *const encodings[] = {"json", "custom", NULL};

static const char *const flush_interceptors[] = {"none", "ext_groupinfo_filter", NULL};
static const char *const encoders[] = {"none", "ext_default_encoder", NULL};
static const char *const formats[] = {"prometheus", NULL};
static const char *const interceptors[] = {"ext_request_breaker", NULL};

/* A row that also wants to know whether it was given. */
#define GIVEN(STRUCT, MEMBER, HAS, NAME, TYPE, DEFAULT, MIN, MAX, UNIT, HELP, REPLACED_BY) \
    { \
        NAME, TYPE, 0, offsetof(STRUCT, MEMBER), offsetof(STRUCT, HAS), DEFAULT, MIN, MAX, UNIT, \
            TYPE == WEIR_OPTION_ENUM ? encodings : NULL, NULL, 0, 0, HELP, NULL, REPLACED_BY, NULL \
    }

static const struct weir_option convert_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct convert_options, protocol, "Protocol", protocols, "custom_single",
        "What logs look like, and how many go into a request."),
    GIVEN(struct convert_options, encoding, has_encoding, "Encoding", WEIR_OPTION_ENUM, "json",
        NULL, NULL, NULL, "That of the protocol, if it is not given: json or custom.", NULL),
    WEIR_OPTION_STRING_ROW(struct convert_options, separator, "Separator", 0, NULL,
        "With raw: joins the logs of a group to one body; without it each log is one."),
    WEIR_OPTION_BOOL_ROW(struct convert_options, ignore_unexpected, "IgnoreUnExpectedData", "true",
        "With influxdb: logs that are no metrics are left out and counted, else rejected."),
    WEIR_OPTION(struct convert_options, tag_rename, "TagFieldsRename", WEIR_OPTION_STRING_MAP, 0,
        NULL, NULL, NULL, NULL, "New names of tags, by the names in the result; \"\" deletes one."),
    WEIR_OPTION(struct convert_options, protocol_rename, "ProtocolFieldsRename",
        WEIR_OPTION_STRING_MAP, 0, NULL, NULL, NULL, NULL, "New names of contents, tags, time."),
};

static const struct weir_option retry_rows[] = {
    GIVEN(struct lane_options, retry_times, has_retry_times, "MaxRetryTimes", WEIR_OPTION_UINT,
        NULL, NULL, "1000000", "retries", "Gives a batch up after so many retries.",
        "delivery.RetryMaxAttempts"),
    GIVEN(struct lane_options, retry, has_retry, "Enable", WEIR_OPTION_BOOL, "true", NULL, NULL,
        NULL, "false: one attempt.", "delivery.RetryMaxAttempts"),
    GIVEN(struct lane_options, initial_delay_ns, has_initial_delay, "InitialDelay",
        WEIR_OPTION_DURATION, NULL, NULL, NULL, NULL, "Longest pause before the first retry.",
        "delivery.RetryInitialDelay"),
    GIVEN(struct lane_options, max_delay_ns, has_max_delay, "MaxDelay", WEIR_OPTION_DURATION, NULL,
        NULL, NULL, NULL, "Longest pause between two attempts.", "delivery.RetryMaxDelay"),
};

#define BREAKER_ROWS(STRUCT, PREFIX) \
    GIVEN(STRUCT, PREFIX ratio, PREFIX has_ratio, "FailureRatio", WEIR_OPTION_FLOAT, "0.1", \
        "0.001", "1", NULL, \
        "Nothing is sent for a while once so many of the requests of a window have failed.", \
        NULL), \
        GIVEN(STRUCT, PREFIX window_s, PREFIX has_window, "WindowInSeconds", WEIR_OPTION_UINT, \
            "10", "1", "3600", "seconds", \
            "How long failures are counted, and how long nothing is sent then.", NULL)

static const struct weir_option breaker_rows[] = {BREAKER_ROWS(struct breaker_options, )};

static const struct weir_option condition_rows[] = {
    WEIR_OPTION_STRING_ROW(struct condition_options, pattern, "Pattern",
        WEIR_REQUIRED | WEIR_PATTERN, NULL, "What the value of the tag must match."),
    WEIR_OPTION_BOOL_ROW(
        struct condition_options, reverse, "Reverse", "false", "true: what it must not match."),
};

#define FILTER_ROWS(STRUCT, PREFIX) \
    WEIR_OPTION_JSON_MAP_ROW(STRUCT, PREFIX tags, "Tags", condition_rows, \
        struct condition_options, NULL, \
        "Conditions by tag: {\"env\": {\"Pattern\": \"^prod$\", \"Reverse\": false}}."), \
        WEIR_OPTION_JSON_MAP_ROW(STRUCT, PREFIX metas, "Metas", condition_rows, \
            struct condition_options, NULL, "As Tags: metadata of groups are tags here.")

static const struct weir_option filter_rows[] = {FILTER_ROWS(struct filter_options, )};

static const struct weir_option flush_interceptor_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct flush_interceptor_options, type, "Type", flush_interceptors, "none",
        "What decides which groups are sent."),
    FILTER_ROWS(struct flush_interceptor_options, filter.),
    WEIR_OPTION_OBJECT_ROW(struct flush_interceptor_options, options, "Options", 0, filter_rows,
        struct filter_options, "The same in upstream's form."),
};

#define FORMAT_ROWS(STRUCT, PREFIX) \
    WEIR_OPTION_ENUM_ROW(STRUCT, PREFIX format, "Format", formats, "prometheus", \
        "prometheus: the remote write protocol, of logs that are metrics."), \
        GIVEN(STRUCT, PREFIX series_limit, PREFIX has_series_limit, "SeriesLimit", \
            WEIR_OPTION_INT, "1000", NULL, "1000000", "series", \
            "Most time series of a request; 0 is 1000.", NULL)

static const struct weir_option format_rows[] = {FORMAT_ROWS(struct format_options, )};

static const struct weir_option encoder_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct encoder_options, type, "Type", encoders, "none",
        "What makes the bodies of requests."),
    FORMAT_ROWS(struct encoder_options, format.),
    WEIR_OPTION_OBJECT_ROW(struct encoder_options, options, "Options", 0, format_rows,
        struct format_options, "The same in upstream's form."),
};

static const struct weir_option interceptor_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct interceptor_options, type, "Type", interceptors,
        "ext_request_breaker", "What stands between the flusher and the requests."),
    BREAKER_ROWS(struct interceptor_options, breaker.),
    WEIR_OPTION_OBJECT_ROW(struct interceptor_options, options, "Options", 0, breaker_rows,
        struct breaker_options, "The same in upstream's form."),
};

const struct weir_option http_option_rows[HTTP_N_OPTION_ROWS] = {
    WEIR_HTTP_OPTION_ROWS(struct http_options, http),
    WEIR_OPTION_OBJECT_ROW(struct http_options, convert, "Convert", 0, convert_rows,
        struct convert_options, "What logs look like in a request."),
    WEIR_OPTION(struct http_options, max_body_size, "MaxBodySize", WEIR_OPTION_SIZE, 0, "1MiB",
        "1KiB", "1GiB", NULL,
        "A request takes no more logs once its body would be larger than this."),
    WEIR_OPTION_OBJECT_LIST_ROW(struct http_options, interceptors, "RequestInterceptors", 0,
        interceptor_rows, struct interceptor_options,
        "Breakers in front of a failing server; each counts."),
    WEIR_OPTION_OBJECT_ROW(struct http_options, flush_interceptor, "FlushInterceptor", 0,
        flush_interceptor_rows, struct flush_interceptor_options,
        "Sends only the groups whose tags meet all conditions; the others count as delivered."),
    WEIR_OPTION_OBJECT_ROW(struct http_options, encoder, "Encoder", 0, encoder_rows,
        struct encoder_options, "Makes the bodies in place of Convert."),
    WEIR_OPTION_BOOL_ROW(struct http_options, async_intercept, "AsyncIntercept", "false",
        "Upstream's; here groups are always looked at right before they are sent."),
    WEIR_OPTION_OBJECT_ROW(struct http_options, lane, "Retry", 0, retry_rows, struct lane_options,
        "As upstream has it; the lane retries."),
    GIVEN(struct http_options, queue_capacity, has_queue_capacity, "QueueCapacity", WEIR_OPTION_INT,
        NULL, NULL, NULL, "groups", "How many groups may wait.", "delivery.QueueMaxGroups"),
    GIVEN(struct http_options, drop_when_full, has_drop_when_full, "DropEventWhenQueueFull",
        WEIR_OPTION_BOOL, "false", NULL, NULL, NULL, "true: a full queue drops the newest group.",
        "delivery.WhenFull"),
};

static bool is_json(uint32_t protocol)
{
    return protocol != PROTOCOL_INFLUXDB && protocol != PROTOCOL_RAW;
}

uint32_t http_protocol(const struct http_options *options)
{
    return options->encoder.type == ENCODER_NONE ? options->convert.protocol : PROTOCOL_PROMETHEUS;
}

const char *http_content_type(uint32_t protocol)
{
    switch (protocol) {
    case PROTOCOL_NDJSON:
        return "application/x-ndjson";
    case PROTOCOL_PROMETHEUS:
        return "application/x-protobuf";
    default:
        return is_json(protocol) ? "application/json" : "application/octet-stream";
    }
}

uint32_t http_logs_max(const struct http_options *options)
{
    const struct encoder_options *encoder = &options->encoder;
    int64_t limit = encoder->options.has_series_limit ? encoder->options.series_limit
                                                      : encoder->format.series_limit;

    if (http_protocol(options) != PROTOCOL_PROMETHEUS)
        return 0;
    return limit > 0 ? (uint32_t)limit : SERIES_LIMIT_DEFAULT;
}

int http_check_convert(const struct convert_options *convert, struct weir_error *error)
{
    uint32_t encoding = is_json(convert->protocol) ? ENCODING_JSON : ENCODING_CUSTOM;

    if (convert->has_encoding && convert->encoding != encoding)
        return weir_refuse(error, 0,
            "Convert: unsupported encoding: %s for protocol %s; leave Encoding out, or make it %s",
            encodings[convert->encoding], protocols[convert->protocol], encodings[encoding]);
    if (convert->separator.size && convert->protocol != PROTOCOL_RAW)
        return weir_refuse(error, 0, "Convert: Separator is for Protocol raw, not for %s",
            protocols[convert->protocol]);
    if (strlen(convert->separator.data ? convert->separator.data : "") != convert->separator.size)
        return weir_refuse(error, 0, "Convert: Separator holds a NUL");
    return 0;
}

struct breaker_options http_breaker(const struct http_options *options, size_t i)
{
    const struct interceptor_options *given = options->interceptors.items;
    struct breaker_options breaker;

    if (i >= options->interceptors.count)
        return (struct breaker_options){0};
    breaker = given[i].breaker;
    if (given[i].options.has_ratio)
        breaker.ratio = given[i].options.ratio;
    if (given[i].options.has_window)
        breaker.window_s = given[i].options.window_s;
    return breaker;
}
