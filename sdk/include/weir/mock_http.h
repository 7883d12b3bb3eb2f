/*
 * An HTTP server for unit tests of flushers, in libweir-mock: listens on a free port of
 * 127.0.0.1, answers by script, keeps what came. HTTP/1.1 with Content-Length only. It
 * has a thread of its own; all functions here belong to the one thread of the test.
 *
 *   struct weir_mock_server *server = weir_mock_server_new();
 *
 *   weir_mock_server_answer(server, 503, "Retry-After: 7\r\n", "busy");
 *   weir_mock_server_answer(server, 200, "", "");
 *   options.http.url = weir_str_of(weir_mock_server_url(server));
 *   ... flush, weir_mock_await(mock, 1) ...
 *   assert(strstr(weir_mock_server_request(server, 0)->head, "POST / HTTP/1.1\r\n"));
 *   weir_mock_server_free(server);
 */
#ifndef WEIR_MOCK_HTTP_H
#define WEIR_MOCK_HTTP_H

#include <weir/abi.h>

WEIR_BEGIN_DECLS

/* In place of a status. */
enum {
    WEIR_MOCK_CLOSE = 0,  /* the connection ends without an answer */
    WEIR_MOCK_STALL = -1, /* no answer ever comes */
};

/* What came. A NUL follows both. */
struct weir_mock_request {
    char *head; /* request line and headers, up to the empty line */
    char *body;
    size_t body_size;
};

struct weir_mock_server;

/* Never NULL; it listens. The caller's, until weir_mock_server_free(). */
struct weir_mock_server *weir_mock_server_new(void);
void weir_mock_server_free(struct weir_mock_server *server);

/* "http://127.0.0.1:PORT/". The server's. */
const char *weir_mock_server_url(const struct weir_mock_server *server);

/* Appends to the script: one entry a request, the last one for ever. Before the first,
 * everything is answered with 200. `headers` are lines that end in \r\n. Copied. */
void weir_mock_server_answer(
    struct weir_mock_server *server, int status, const char *headers, const char *body);

/* Waits, for up to 30 s, until `n` requests have come. Returns how many have. */
uint32_t weir_mock_server_await(struct weir_mock_server *server, uint32_t n);

/* The i-th request, i < what weir_mock_server_await() returned. The server's. */
const struct weir_mock_request *weir_mock_server_request(
    struct weir_mock_server *server, uint32_t i);

WEIR_END_DECLS

#endif
