/*
 * What the files of the HTTP sender share: options.c (rows, checks), auth.c, url.c,
 * headers.c, job.c (a batch on its way), request.c (one libcurl handle), judge.c (verdicts, pure),
 * sender.c (the thread).
 */
#ifndef SDK_HTTP_PRIVATE_H
#define SDK_HTTP_PRIVATE_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <weir/http.h>

/* Bytes of the words about a failed request, the NUL included. */
#define HTTP_TEXT_MAX 512
/* A part's verdict as long as there is none: it is to be sent, it is being sent. */
#define HTTP_OPEN UINT32_MAX
#define HTTP_SENDING (UINT32_MAX - 1)
/* The target of the options. */
#define HTTP_NO_TARGET UINT32_MAX

/* Where requests go that were cut behind weir_http_target(): offsets into job->texts. */
struct http_target {
    size_t url;
    size_t headers; /* n_headers lines, each with a NUL behind it */
    size_t n_headers;
};

/* One request of a job. It carries the logs from its first up to the next part's. */
struct http_part {
    size_t offset, size;               /* of its body in job->body; size 0: nothing is sent */
    size_t packed_offset, packed_size; /* of the same in job->packed; 0: it is not there */
    uint32_t group, log;               /* its first log */
    uint32_t target;                   /* index, or HTTP_NO_TARGET */
    uint32_t verdict;                  /* WEIR_*, HTTP_OPEN, HTTP_SENDING */
};

/* A log by its place in the batch. */
struct http_place {
    uint32_t group, log;
};

/* A batch on its way. The flusher's until sent, then the sender's thread's. */
struct weir_http_job {
    struct weir_http_job *next; /* in whatever queue it is */
    struct weir_http *http;
    const struct weir_batch *batch;
    uint32_t epoch; /* of the sender, when it was begun */

    struct weir_buffer body, parts, targets, texts;
    struct weir_buffer packed; /* the bodies, compressed */
    struct weir_buffer marks;  /* of struct http_place: logs that have a verdict of their own */
    size_t n_sorted;           /* how many of them are in order */
    size_t cut_at;             /* where in `body` the next part begins */
    struct http_place cut;     /* its first log */
    uint32_t target;           /* of the next part */

    size_t n_parts, n_sending;
    size_t next_part; /* none before it is open */
    bool failed;      /* a part is to be sent again: no other begins */
    bool delivered;
    struct weir_result result; /* of the part that decides */
    char text[HTTP_TEXT_MAX];
};

struct http_request {
    CURL *easy; /* NULL until first used */
    struct weir_http *http;
    struct weir_http_job *job; /* NULL: free */
    size_t part;
    struct curl_slist *headers; /* those of a target; NULL: the sender's */
    struct weir_buffer packed;  /* the body of a half, compressed */
    struct weir_buffer answer;
    char error[CURL_ERROR_SIZE];
};

struct weir_http {
    const struct weir_host *host;
    const struct weir_http_options *options;
    struct weir_http_hooks hooks;
    uint32_t compression;       /* WEIR_HTTP_GZIP ... */
    char *url;                  /* with the query */
    char *address;              /* as it may be told: no user, no query */
    struct curl_slist *headers; /* of the options */
    uint32_t requests_total, failures_total, bytes_total, seconds; /* metrics */

    atomic_uint n_jobs; /* given and not settled */
    atomic_bool urgent;
    /* Grows when the host has been told of a failure behind which the order counts: what
     * was begun before that, and comes after it, goes back. */
    atomic_uint epoch;

    pthread_mutex_t lock;        /* of the next members */
    struct weir_http_job *given; /* in order, not seen by the thread yet */
    struct weir_http_job *spare; /* memory for the next ones */
    uint32_t n_spare;
    bool started;
    bool stopping;
    uint64_t stop_at_ns; /* CLOCK_MONOTONIC, as the thread waits by it */

    pthread_t thread; /* what follows is its own */
    CURLM *multi;
    struct weir_http_job *open; /* in order */
    struct http_request *requests;
    uint32_t n_requests;
    uint64_t failed_id; /* the batch that made the epoch */
    uint64_t next_diagnosis_ns;
};

/* options.c: 0, or what weir_refuse() gives. */
int http_check_options(const struct weir_http_options *options, struct weir_error *error);

/* auth.c: 0, or what weir_refuse() gives. */
int http_check_auth(const struct weir_http_options *options, struct weir_error *error);
bool http_has_auth(const struct weir_http_auth *auth);
/* The header as a line, as http_append_header() does. */
void http_append_auth(struct weir_buffer *lines, const struct weir_http_auth *auth);

/* pack.c: appends the data compressed. */
void http_pack(const struct weir_http *http, struct weir_buffer *to, const char *data, size_t size);
const char *http_pack_name(uint32_t compression);
/* By the value of Content-Encoding; WEIR_HTTP_NO_COMPRESSION if it is another. */
uint32_t http_pack_by_name(struct weir_str name);

/* url.c: the address with these parameters added, in the caller's memory; NULL: no memory. */
char *http_url_with(const char *url, struct weir_str_map query);
/* scheme://host:port/path; NULL: no memory, or no address. */
char *http_url_public(const char *url);

/* headers.c: one as a line without control bytes, a NUL behind it, at the end of a buffer. */
void http_append_header(struct weir_buffer *buffer, struct weir_kv header);
/* Those of a map and Authorization; returns how many lines. */
size_t http_append_headers(
    const struct weir_http *http, struct weir_buffer *lines, struct weir_str_map headers);
/* Such lines, and what is sent anyway; false: no memory. */
bool http_header_list(
    const struct weir_http *http, const char *lines, size_t n_lines, struct curl_slist **ret_list);

/* judge.c */
struct http_judgement {
    uint32_t verdict;
    bool diagnosis; /* the operator has to do something */
};
struct http_judgement http_judge(CURLcode failure, long status);
/* Words for one line: "HTTP 400 from http://host/: first bytes of the body". */
void http_describe(char *text, size_t text_max, const char *address, long status,
    const char *failure, struct weir_str body);

/* job.c */
struct http_part *http_job_part(const struct weir_http_job *job, size_t i);
const struct http_target *http_job_target(const struct weir_http_job *job, uint32_t i);
struct http_place http_job_part_end(const struct weir_http_job *job, size_t i);
/* A part has its verdict; `result` has the details. */
void http_job_judged(
    struct weir_http_job *job, size_t i, uint32_t verdict, const struct weir_result *result);
/* Cuts a part in two that are both to be sent. False: no memory; it is as it was. */
bool http_job_halve(struct weir_http_job *job, size_t i, const struct weir_http_half *half);
/* Whether a part is to be sent: next_part. */
bool http_job_has_next(struct weir_http_job *job);
/* Whether nothing of it is being sent nor will be. */
bool http_job_over(struct weir_http_job *job);
/* Tells the host, and keeps the memory for another job. */
void http_job_settle(struct weir_http_job *job);
void http_job_free(struct weir_http_job *job);

/* request.c: on the sender's thread. */
/* Begins to send the job's next part. False: no memory; nothing has begun. */
bool http_request_start(struct http_request *request, struct weir_http_job *job);
void http_request_done(struct http_request *request, CURLcode failure);
/* Ends it without an answer: a retry. */
void http_request_abort(struct http_request *request);
void http_request_finish(struct http_request *request);
/* Sets what all requests have in common; false: no memory, or libcurl cannot. */
bool http_request_prepare(CURL *easy, const struct weir_http *http);

/* sender.c: takes the job over. 0 or -errno; the job stays the caller's then. */
int http_sender_give(struct weir_http_job *job);

#endif
