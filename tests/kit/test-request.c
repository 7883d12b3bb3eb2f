/* What the kit's server takes for a request, whole or in part. */
#include "kit/request.h"

#include <string.h>
#include "unit.h"

#define HEAD "POST / HTTP/1.1\r\nHost: x\r\n"

static const struct {
    const char *data;
    enum request_state state;
    const char *body; /* of a whole one */
    size_t rest;      /* bytes behind it */
} requests[] = {
    {"", REQUEST_PART, NULL, 0},
    {"POST / HTT", REQUEST_PART, NULL, 0},
    {HEAD "\r", REQUEST_PART, NULL, 0},
    {HEAD "\r\n", REQUEST_WHOLE, "", 0},
    {HEAD "Content-Length: 5\r\n\r\nhel", REQUEST_PART, NULL, 0},
    {HEAD "Content-Length: 5\r\n\r\nhello", REQUEST_WHOLE, "hello", 0},
    {HEAD "content-length:5\r\n\r\nhelloPOST", REQUEST_WHOLE, "hello", 4},
    {HEAD "X-Content-Length: 5\r\n\r\n", REQUEST_WHOLE, "", 0},
    {HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n2\r\n45\r\n0\r\n\r\n", REQUEST_WHOLE,
        "12345", 0},
    {HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n2\r\n4", REQUEST_PART, NULL, 0},
    {HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", REQUEST_PART, NULL, 0},
    {HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n", REQUEST_BAD, NULL, 0},
    {HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc", REQUEST_PART, NULL, 0},
    {HEAD "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", REQUEST_EXPECTS, NULL, 0},
    {HEAD "Content-Length: 99999999999999999999\r\n\r\n", REQUEST_PART, NULL, 0},
    {"hello\r\n\r\n", REQUEST_BAD, NULL, 0},
};

START_TEST(is_told_from_the_rest)
{
    const char *data = requests[_i].data;
    SCOPED_BUF struct buf body = {0};
    size_t size = 0;

    ck_assert_int_eq(request_parse(data, strlen(data), false, &size, &body), requests[_i].state);
    if (requests[_i].state != REQUEST_WHOLE)
        return;
    ck_assert_str_eq(buf_text(&body), requests[_i].body);
    ck_assert_uint_eq(strlen(data) - size, requests[_i].rest);
}
END_TEST

START_TEST(waits_for_100_only_once)
{
    static const char data[] = HEAD "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    SCOPED_BUF struct buf body = {0};
    size_t size = 0;

    ck_assert_int_eq(request_parse(data, sizeof data - 1, true, &size, &body), REQUEST_PART);
}
END_TEST

START_TEST(tells_how_the_body_is_packed)
{
    static const char packed[] = HEAD "content-encoding: gzip \r\nContent-Length: 0\r\n\r\n";
    static const char plain[] = HEAD "Content-Length: 30\r\n\r\nContent-Encoding: gzip\r\n\r\n";
    char encoding[REQUEST_ENCODING_MAX];

    request_encoding(packed, sizeof packed - 1, encoding);
    ck_assert_str_eq(encoding, "gzip");
    request_encoding(plain, sizeof plain - 1, encoding);
    ck_assert_str_eq(encoding, "");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("request");

    tcase_add_loop_test(tests, is_told_from_the_rest, 0, sizeof requests / sizeof requests[0]);
    tcase_add_test(tests, waits_for_100_only_once);
    tcase_add_test(tests, tells_how_the_body_is_packed);
    return unit_run(tests);
}
