/* The options of flusher_http beside those of the sender: filled by the host, checked here
 * for what a table cannot say. */
#ifndef FLUSHERS_HTTP_OPTIONS_H
#define FLUSHERS_HTTP_OPTIONS_H

#include <weir/convert.h>
#include <weir/http.h>

/* Up to RAW these are WEIR_CONVERT_*. */
enum {
    PROTOCOL_CUSTOM_SINGLE,
    PROTOCOL_CUSTOM_SINGLE_FLATTEN,
    PROTOCOL_JSONLINE,
    PROTOCOL_INFLUXDB,
    PROTOCOL_RAW,
    PROTOCOL_NDJSON,
    PROTOCOL_JSON_ARRAY,
    PROTOCOL_PROMETHEUS, /* not of Convert: an Encoder's */
};

struct convert_options {
    uint32_t protocol, encoding;
    bool has_encoding;
    struct weir_str separator;
    bool ignore_unexpected;
    struct weir_str_map tag_rename, protocol_rename;
};

/* What upstream's flusher does by itself and a lane does here: read by the host. */
struct lane_options {
    uint64_t retry_times;
    bool has_retry_times;
    bool retry, has_retry;
    uint64_t initial_delay_ns, max_delay_ns;
    bool has_initial_delay, has_max_delay;
};

struct breaker_options {
    double ratio;
    uint64_t window_s;
    bool has_ratio, has_window;
};

struct interceptor_options {
    uint32_t type;
    struct breaker_options breaker;
    struct breaker_options options; /* upstream's form; goes before the other */
};

enum { FLUSH_INTERCEPTOR_NONE, FLUSH_INTERCEPTOR_GROUPINFO };

/* A condition on a tag, for the host's check of what the maps below hold. */
struct condition_options {
    struct weir_str pattern;
    bool reverse;
};

/* Maps from names of tags to struct condition_options, as JSON. */
struct filter_options {
    struct weir_str tags, metas;
};

struct flush_interceptor_options {
    uint32_t type; /* FLUSH_INTERCEPTOR_* */
    struct filter_options filter;
    struct filter_options options; /* upstream's form; goes before the other */
};

enum { ENCODER_NONE, ENCODER_DEFAULT };

struct format_options {
    uint32_t format; /* there is one only */
    int64_t series_limit;
    bool has_series_limit;
};

struct encoder_options {
    uint32_t type; /* ENCODER_* */
    struct format_options format;
    struct format_options options; /* upstream's form; goes before the other */
};

/* Entries of RequestInterceptors. */
#define HTTP_BREAKERS_MAX 8u

struct http_options {
    struct weir_http_options http;
    struct convert_options convert;
    uint64_t max_body_size; /* bytes */
    struct lane_options lane;
    int64_t queue_capacity;
    bool has_queue_capacity;
    bool drop_when_full, has_drop_when_full;
    struct weir_object_list interceptors; /* of struct interceptor_options */
    struct flush_interceptor_options flush_interceptor;
    struct encoder_options encoder;
    bool async_intercept;
};

#define HTTP_N_OPTION_ROWS 24
extern const struct weir_option http_option_rows[HTTP_N_OPTION_ROWS];

/* PROTOCOL_*: what Convert says, or the Encoder in its place. */
uint32_t http_protocol(const struct http_options *options);

/* Type of the bodies. Static. */
const char *http_content_type(uint32_t protocol);

/* Logs of a request; 0: as many as it has room for. */
uint32_t http_logs_max(const struct http_options *options);

/* 0, or what weir_refuse() gives. */
int http_check_convert(const struct convert_options *convert, struct weir_error *error);

/* The i-th breaker that is asked for; ratio 0: there is none. */
struct breaker_options http_breaker(const struct http_options *options, size_t i);

#endif
