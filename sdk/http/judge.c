#include "private.h"

#include <stdio.h>
#include <string.h>

/* Bytes of an answer that the words about it show. */
#define SHOWN_MAX 200

/* Failures that a wait does not end, but the operator can. */
static bool is_trust(CURLcode failure)
{
    switch (failure) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return true;
    default:
        return false;
    }
}

static struct http_judgement judge_status(long status)
{
    if (status >= 200 && status < 300)
        return (struct http_judgement){WEIR_DELIVERED, false};
    if (status >= 500 || status < 200)
        return (struct http_judgement){WEIR_RETRY, false};
    switch (status) {
    case 408: /* Request Timeout */
    case 421: /* Misdirected Request */
    case 425: /* Too Early */
    case 429: /* Too Many Requests */
        return (struct http_judgement){WEIR_RETRY, false};
    case 401: /* Unauthorized */
    case 403: /* Forbidden */
    case 407: /* Proxy Authentication Required */
        return (struct http_judgement){WEIR_RETRY, true};
    default: /* redirects are not followed: the logs might go where they should not */
        return status < 400 ? (struct http_judgement){WEIR_RETRY, true}
                            : (struct http_judgement){WEIR_REJECTED, false};
    }
}

struct http_judgement http_judge(CURLcode failure, long status)
{
    if (failure == CURLE_OK)
        return judge_status(status);
    /* Refused before all was sent: the answer is there, the connection is not. */
    if (failure == CURLE_SEND_ERROR && status >= 400)
        return judge_status(status);
    return (struct http_judgement){WEIR_RETRY, is_trust(failure)};
}

/* The start of the body, on one line. Cut in the middle of no character. */
static size_t show(char *text, size_t text_max, struct weir_str body)
{
    size_t size = body.size < SHOWN_MAX ? body.size : SHOWN_MAX, n = 0;
    bool blank = true;

    while (size && size < body.size && ((unsigned char)body.data[size] & 0xC0) == 0x80)
        size--;
    for (size_t i = 0; i < size && n + 1 < text_max; i++) {
        unsigned char byte = (unsigned char)body.data[i];

        if (byte > ' ' && byte != 0x7F)
            text[n++] = (char)byte;
        else if (!blank)
            text[n++] = ' ';
        blank = byte <= ' ' || byte == 0x7F;
    }
    n -= n && text[n - 1] == ' ';
    text[n] = '\0';
    return n;
}

void http_describe(char *text, size_t text_max, const char *address, long status,
    const char *failure, struct weir_str body)
{
    char shown[SHOWN_MAX + 1];

    if (!status) {
        snprintf(text, text_max, "no answer from %s: %s", address, failure);
        return;
    }
    if (show(shown, sizeof shown, body))
        snprintf(text, text_max, "HTTP %ld from %s: %s", status, address, shown);
    else
        snprintf(text, text_max, "HTTP %ld from %s", status, address);
}
