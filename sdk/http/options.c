#include <weir/http.h>

#include <errno.h>
#include <stdio.h>
#include <weir/words.h>
#include "private.h"

static const char *const tls_versions[] = {"1.0", "1.1", "1.2", "1.3", NULL};
const char *const weir_http_compressions[] = {"none", "gzip", "snappy", "", NULL};
const char *const weir_http_versions[] = {"auto", "1.1", "2", NULL};

const struct weir_option weir_http_tls_rows[WEIR_HTTP_N_TLS_ROWS] = {
    WEIR_OPTION_STRING_ROW(struct weir_http_tls, ca_file, "CAFile", 0, NULL,
        "Certificates (PEM) that the server's may be signed by, in place of the system's."),
    WEIR_OPTION_STRING_ROW(struct weir_http_tls, cert_file, "CertFile", 0, NULL,
        "Certificate (PEM) that is shown to the server; needs KeyFile."),
    WEIR_OPTION_STRING_ROW(
        struct weir_http_tls, key_file, "KeyFile", 0, NULL, "Private key (PEM) of CertFile."),
    WEIR_OPTION_BOOL_ROW(struct weir_http_tls, insecure, "InsecureSkipVerify", "false",
        "Believes every server. Anybody on the way can then read and change what is sent."),
    WEIR_OPTION_ENUM_ROW(struct weir_http_tls, min_version, "MinVersion", tls_versions, "1.2",
        "Oldest version of TLS that is spoken."),
};

static bool has_control(struct weir_str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7F)
            return true;
    return false;
}

/* A token, as RFC 9110 has it. */
static bool is_header_name(struct weir_str name)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t i = 0; i < name.size; i++)
        if (!memchr(allowed, name.data[i], sizeof allowed - 1))
            return false;
    return name.size != 0;
}

static int check_headers(struct weir_str_map headers, struct weir_error *error)
{
    for (size_t i = 0; i < headers.count; i++) {
        const struct weir_kv *header = &headers.items[i];

        if (!is_header_name(header->key))
            return weir_refuse(error, 0, "Headers: '%s' is no name of a header", header->key.data);
        if (has_control(header->value))
            return weir_refuse(error, 0,
                "Headers: the value of %s holds a line end or another "
                "control character",
                header->key.data);
    }
    return 0;
}

static int check_url(const struct weir_http_options *options, struct weir_error *error)
{
    CURLU *parts = curl_url();
    char *scheme = NULL;
    CURLUcode r;

    if (!parts)
        return weir_refuse(error, 0, "no memory");
    r = curl_url_set(parts, CURLUPART_URL, options->url.data, 0);
    if (r == CURLUE_OK)
        r = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    curl_url_cleanup(parts);
    if (r != CURLUE_OK)
        return weir_refuse(error, (int32_t)r,
            "RemoteURL is no address: %s; it is written like https://host:port/path",
            curl_url_strerror(r));
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
        weir_refuse(error, 0, "RemoteURL begins with %s://, only http:// and https:// do", scheme);
        curl_free(scheme);
        return -1;
    }
    curl_free(scheme);
    return 0;
}

static int check_file(struct weir_str path, const char *name, struct weir_error *error)
{
    char words[128];
    FILE *file;

    if (!path.size)
        return 0;
    file = fopen(path.data, "re");
    if (!file)
        return weir_refuse(error, errno, "TLS.%s: cannot open %s: %s", name, path.data,
            strerror_r(errno, words, sizeof words));
    fclose(file);
    return 0;
}

static int check_tls(const struct weir_http_tls *tls, struct weir_error *error)
{
    int r;

    if (!tls->cert_file.size != !tls->key_file.size)
        return weir_refuse(error, 0, "TLS: CertFile and KeyFile are given together, or not at all");
    r = check_file(tls->ca_file, "CAFile", error);
    if (r == 0)
        r = check_file(tls->cert_file, "CertFile", error);
    return r == 0 ? check_file(tls->key_file, "KeyFile", error) : r;
}

int http_check_options(const struct weir_http_options *options, struct weir_error *error)
{
    int r;

    if (!options->url.size)
        return weir_refuse(error, 0, "RemoteURL is empty");
    if (options->concurrency < 1 || options->concurrency > WEIR_HTTP_CONCURRENCY_MAX)
        return weir_refuse(error, 0, "Concurrency is 1 to %d", WEIR_HTTP_CONCURRENCY_MAX);
    r = check_url(options, error);
    if (r == 0)
        r = check_headers(options->headers, error);
    if (r == 0)
        r = http_check_auth(options, error);
    return r == 0 ? check_tls(&options->tls, error) : r;
}
