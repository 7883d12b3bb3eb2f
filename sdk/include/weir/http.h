/*
 * Helper for plugins that speak HTTP; no part of the ABI, and a library of its own:
 * pkg-config weir-sdk-http-1, which brings libcurl. It sends batches as POST requests
 * on one thread of the instance, keeps connections, and settles each batch by what the
 * destination answered. Retrying is the host's: nothing is sent twice from here.
 *
 *     init        weir_http_create(host, &options->http, NULL, context->error, &self->http)
 *     is_ready    weir_http_ready(self->http)
 *     flush       job = weir_http_begin(self->http, batch)
 *                 ... append to weir_http_body(job) ...
 *                 return weir_http_send(job, result)
 *     set_urgent  weir_http_set_urgent(self->http)
 *     stop        weir_http_stop(self->http, deadline_ns)
 *
 * The class says WEIR_ASYNC | WEIR_NET, and holds a struct weir_http_options in its
 * options, filled by WEIR_HTTP_OPTION_ROWS.
 *
 * What becomes of a request:
 *   2xx                                     WEIR_DELIVERED
 *   408, 421, 425, 429, 5xx; no answer:     WEIR_RETRY, with what Retry-After says
 *     refused, reset, DNS, timeout
 *   401, 403, 407, 3xx; a certificate that  WEIR_RETRY, and an error line for the
 *     does not hold                         operator, once a minute at most
 *   413, with several logs in the request   sent again in two halves, if the flusher can say
 *                                           where to cut (hooks.halve)
 *   every other status                      WEIR_REJECTED
 * The reason is in words: status, address, and the first bytes of the answer.
 */
#ifndef WEIR_HTTP_H
#define WEIR_HTTP_H

#include <weir/buffer.h>
#include <weir/flusher.h>

WEIR_BEGIN_DECLS

/* Most requests that may be on their way at once. */
#define WEIR_HTTP_CONCURRENCY_MAX 256

/* What an answer leaves of its body, unless hooks.answer_max says otherwise. */
#define WEIR_HTTP_ANSWER_MAX 4096u /* bytes */

enum { WEIR_HTTP_VERSION_AUTO, WEIR_HTTP_VERSION_1_1, WEIR_HTTP_VERSION_2 };
enum { WEIR_HTTP_TLS_1_0, WEIR_HTTP_TLS_1_1, WEIR_HTTP_TLS_1_2, WEIR_HTTP_TLS_1_3 };

struct weir_http_tls {
    struct weir_str ca_file;   /* PEM, in place of the system's roots; "" = those */
    struct weir_str cert_file; /* PEM of the client; needs key_file */
    struct weir_str key_file;
    bool insecure;        /* the server's certificate is not looked at */
    uint32_t min_version; /* WEIR_HTTP_TLS_* */
};

/* The empty word is how upstream writes that there is none. */
enum { WEIR_HTTP_NO_COMPRESSION, WEIR_HTTP_GZIP, WEIR_HTTP_SNAPPY, WEIR_HTTP_EMPTY_WORD };

struct weir_http_credentials {
    struct weir_str username, password; /* basic */
    struct weir_str token;              /* bearer */
};

struct weir_http_auth {
    uint32_t type; /* index into the choices of its row; 0 = none */
    struct weir_http_credentials credentials;
    struct weir_http_credentials options; /* go before the others */
};

/* Where to and how. Texts are followed by a NUL, as the host fills them. */
struct weir_http_options {
    struct weir_str url;         /* http://... or https://... */
    struct weir_str_map headers; /* of every request */
    struct weir_str_map query;   /* added to that of `url`; then sorted by key */
    uint64_t timeout_ns;         /* whole request, from connecting to the last byte */
    uint64_t connect_timeout_ns;
    uint64_t concurrency;       /* requests at once; 1 keeps batches in order */
    uint64_t connections_max;   /* to one server; 0 = as many as requests */
    uint64_t idle_max;          /* connections kept; never fewer than requests and one */
    uint64_t idle_timeout_ns;   /* a connection unused for so long is not used again; 0 = 90 s */
    uint64_t write_buffer_size; /* bytes of a body that are handed on at once; 0 = 256 KiB */
    uint32_t compression;       /* WEIR_HTTP_GZIP ...; a header Content-Encoding says it, too */
    struct weir_http_auth auth;
    struct weir_str proxy; /* "" = what the environment says (http_proxy, no_proxy) */
    uint32_t version;      /* WEIR_HTTP_VERSION_* */
    struct weir_http_tls tls;
};

#define WEIR_HTTP_N_TLS_ROWS 5
#define WEIR_HTTP_N_AUTH_ROWS 5
extern const struct weir_option weir_http_tls_rows[WEIR_HTTP_N_TLS_ROWS];
extern const struct weir_option weir_http_auth_rows[WEIR_HTTP_N_AUTH_ROWS];
extern const char *const weir_http_versions[];
extern const char *const weir_http_compressions[];

/* Rows of an option table: RemoteURL, Headers, Query, Timeout, ConnectTimeout,
 * Concurrency, MaxConnsPerHost, MaxIdleConnsPerHost, IdleConnTimeout, WriteBufferSize,
 * Compression, Proxy, HTTPVersion, Authenticator, TLS. MEMBER is the struct
 * weir_http_options in STRUCT. */
#define WEIR_HTTP_OPTION_ROWS(STRUCT, MEMBER) \
    WEIR_OPTION_STRING_ROW(STRUCT, MEMBER.url, "RemoteURL", WEIR_REQUIRED, NULL, \
        "Where requests are posted to: http:// or https://."), \
        WEIR_OPTION(STRUCT, MEMBER.headers, "Headers", WEIR_OPTION_STRING_MAP, WEIR_SECRET, NULL, \
            NULL, NULL, NULL, "Headers of every request."), \
        WEIR_OPTION(STRUCT, MEMBER.query, "Query", WEIR_OPTION_STRING_MAP, WEIR_SECRET, NULL, \
            NULL, NULL, NULL, "Parameters that are added to the query of RemoteURL."), \
        WEIR_OPTION(STRUCT, MEMBER.timeout_ns, "Timeout", WEIR_OPTION_DURATION, 0, "60s", "1ms", \
            NULL, NULL, "A request that is not answered by then is sent again."), \
        WEIR_OPTION(STRUCT, MEMBER.connect_timeout_ns, "ConnectTimeout", WEIR_OPTION_DURATION, 0, \
            "10s", "1ms", NULL, NULL, "The same for making the connection."), \
        WEIR_OPTION(STRUCT, MEMBER.concurrency, "Concurrency", WEIR_OPTION_UINT, 0, "1", "1", \
            "256", "requests", "How many requests are on their way at once; 1 keeps the order."), \
        WEIR_OPTION(STRUCT, MEMBER.connections_max, "MaxConnsPerHost", WEIR_OPTION_UINT, 0, "0", \
            NULL, "256", "connections", \
            "Most connections to one server; 0 is as many as needed."), \
        WEIR_OPTION(STRUCT, MEMBER.idle_max, "MaxIdleConnsPerHost", WEIR_OPTION_UINT, 0, "0", \
            NULL, "1024", "connections", \
            "Connections that are kept; never fewer than requests and one."), \
        WEIR_OPTION(STRUCT, MEMBER.write_buffer_size, "WriteBufferSize", WEIR_OPTION_SIZE, 0, "0", \
            NULL, "2MiB", NULL, "How much of a body is handed on at once; 0 is 256 KiB."), \
        WEIR_OPTION_ENUM_ROW(STRUCT, MEMBER.compression, "Compression", weir_http_compressions, \
            "none", "How bodies are compressed; said in Content-Encoding."), \
        WEIR_OPTION(STRUCT, MEMBER.idle_timeout_ns, "IdleConnTimeout", WEIR_OPTION_DURATION, 0, \
            "90s", NULL, NULL, NULL, "A connection unused for so long is not used again."), \
        WEIR_OPTION_STRING_ROW(STRUCT, MEMBER.proxy, "Proxy", WEIR_SECRET, NULL, \
            "Address of a proxy; without it what the environment says (http_proxy, no_proxy)."), \
        WEIR_OPTION_ENUM_ROW(STRUCT, MEMBER.version, "HTTPVersion", weir_http_versions, "auto", \
            "auto is 2 where the server offers it over TLS, else 1.1; 2 without TLS, too."), \
        {"Authenticator", WEIR_OPTION_OBJECT, 0, (uint32_t)offsetof(STRUCT, MEMBER.auth), \
            WEIR_NO_OFFSET, NULL, NULL, NULL, NULL, NULL, weir_http_auth_rows, \
            WEIR_HTTP_N_AUTH_ROWS, (uint32_t)sizeof(struct weir_http_auth), \
            "Makes the header Authorization.", NULL, NULL, NULL}, \
    { \
        "TLS", WEIR_OPTION_OBJECT, 0, (uint32_t)offsetof(STRUCT, MEMBER.tls), WEIR_NO_OFFSET, \
            NULL, NULL, NULL, NULL, NULL, weir_http_tls_rows, WEIR_HTTP_N_TLS_ROWS, \
            (uint32_t)sizeof(struct weir_http_tls), "Certificates and versions, for https.", NULL, \
            NULL, NULL \
    }

struct weir_http;
struct weir_http_job;

/* An answer, or that there was none. Borrowed. */
struct weir_http_answer {
    struct weir_http_job *job;
    const struct weir_batch *batch;
    uint32_t first_group, first_log; /* the first log of the request */
    uint32_t end_group, end_log;     /* the one behind its last log */
    uint32_t status;                 /* 0: no answer */
    struct weir_str body;            /* its first answer_max bytes */
};

/* Where a request is cut in two: as by weir_http_cut_gap(). */
struct weir_http_half {
    size_t size, gap;    /* bytes of the first half; bytes behind it that are in neither */
    uint32_t group, log; /* the first log of the second half */
};

/* What a flusher may do otherwise. Zeroes are the ordinary thing. */
struct weir_http_hooks {
    void *owner;              /* what `judge` gets */
    const char *content_type; /* NULL: application/json; a header of the options wins */
    size_t answer_max;        /* bytes of an answer's body that are kept; 0: WEIR_HTTP_ANSWER_MAX */

    /* Judges an answer that has a status. `result` has what the ordinary judgement,
     * `verdict`, says, and may be changed. Returns DELIVERED, RETRY or REJECTED; single
     * logs by weir_http_mark(). On the sender's thread: no waiting. */
    uint32_t (*judge)(void *owner, const struct weir_http_answer *answer, uint32_t verdict,
        struct weir_result *result);

    /* The server takes no body of this size (413); what was sent, before it was compressed,
     * is `body`. Says where to cut it, and may change it around there. False when it
     * has a single log: rejected then, as it is without this call. n logs are at most 2n
     * requests. On the sender's thread: no waiting. */
    bool (*halve)(void *owner, const struct weir_http_answer *answer, char *body, size_t size,
        struct weir_http_half *ret_half);

    /* A request has ended, with that verdict. On the sender's thread: no waiting. */
    void (*ended)(void *owner, uint32_t verdict);
};

/* Makes the sender of an instance; connects to nothing, starts no thread. `host` and
 * `options` live until weir_http_stop(); `hooks` is copied, or NULL. 0, or what init()
 * is to return, with words in `error`. [control] */
int weir_http_create(const struct weir_host *host, const struct weir_http_options *options,
    const struct weir_http_hooks *hooks, struct weir_error *error, struct weir_http **ret_http);

/* For is_ready(): whether a batch would be sent at once. [any] */
int weir_http_ready(struct weir_http *http);

/* For set_urgent(): from now on batches are taken though others are on their way. [any] */
void weir_http_set_urgent(struct weir_http *http);

/* For stop(): lets what is on its way end until `deadline_ns` (the host's clock), gives
 * the rest back as RETRY, frees the sender. NULL is fine. [control] */
void weir_http_stop(struct weir_http *http, uint64_t deadline_ns);

/* For probe(): connects, TLS and all, and sends nothing; gives up at `deadline_ns` (the
 * host's clock). 0, or an error number of libcurl with words in `result`. [control] */
int weir_http_probe(struct weir_http *http, uint64_t deadline_ns, struct weir_result *result);

/* Begins to send a batch: one request, or several by weir_http_cut(). Must be ended by
 * weir_http_send(). NULL when memory is out. [flush] */
struct weir_http_job *weir_http_begin(struct weir_http *http, const struct weir_batch *batch);

/* Where the body of the next request goes; append to it. What is in front belongs to
 * requests already cut. What is sent lies here: it is not copied. [flush] */
struct weir_buffer *weir_http_body(struct weir_http_job *job);

/* Bytes of the next request so far. [flush] */
size_t weir_http_size(const struct weir_http_job *job);

/* Ends a request: it carries the logs since the last cut, up to but not including this
 * one. Without a byte there is no request, and these logs count as delivered unless
 * marked. [flush] */
void weir_http_cut(struct weir_http_job *job, uint32_t group, uint32_t log);

/* The same, when too much has been appended: the request is the first `size` bytes of
 * it, the rest begins the next one. [flush] */
void weir_http_cut_at(struct weir_http_job *job, size_t size, uint32_t group, uint32_t log);

/* The same; the `gap` bytes behind are in neither. [flush] */
void weir_http_cut_gap(
    struct weir_http_job *job, size_t size, size_t gap, uint32_t group, uint32_t log);

/* Query and headers for the requests cut from now on, in place of those of the options;
 * copied. Control bytes in headers become spaces. [flush] */
void weir_http_target(
    struct weir_http_job *job, struct weir_str_map query, struct weir_str_map headers);

/* As host->mark(), for logs of a job: in flush() for those that go into no request, or
 * in hooks.judge(). [flush] or the sender's thread */
void weir_http_mark(struct weir_http_job *job, uint32_t group, uint32_t log, uint32_t verdict,
    int32_t code, struct weir_str text);

/* Cuts what is left, and sends. Returns what flush() is to return; the job is gone. [flush] */
uint32_t weir_http_send(struct weir_http_job *job, struct weir_result *result);

/* Drops a job without sending; flush() returns what it likes. [flush] */
void weir_http_drop(struct weir_http_job *job);

WEIR_END_DECLS

#endif
