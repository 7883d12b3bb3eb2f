#include "private.h"

#include <weir/words.h>

static const char *const auth_types[] = {"none", "ext_basicauth", "basic", "bearer", NULL};
enum { AUTH_NONE, AUTH_EXT_BASIC, AUTH_BASIC, AUTH_BEARER };

#define CREDENTIAL_ROWS(STRUCT, PREFIX) \
    WEIR_OPTION_STRING_ROW(STRUCT, PREFIX username, "Username", 0, NULL, "With basic: the name."), \
        WEIR_OPTION_STRING_ROW( \
            STRUCT, PREFIX password, "Password", WEIR_SECRET, NULL, "With basic: the password."), \
        WEIR_OPTION_STRING_ROW( \
            STRUCT, PREFIX token, "Token", WEIR_SECRET, NULL, "With bearer: the token.")

static const struct weir_option credential_rows[] = {
    CREDENTIAL_ROWS(struct weir_http_credentials, ),
};

const struct weir_option weir_http_auth_rows[WEIR_HTTP_N_AUTH_ROWS] = {
    WEIR_OPTION_ENUM_ROW(struct weir_http_auth, type, "Type", auth_types, "none",
        "How requests prove whose they are; ext_basicauth is basic."),
    CREDENTIAL_ROWS(struct weir_http_auth, credentials.),
    WEIR_OPTION_OBJECT_ROW(struct weir_http_auth, options, "Options", 0, credential_rows,
        struct weir_http_credentials, "The same in upstream's form."),
};

static struct weir_str choose(struct weir_str first, struct weir_str second)
{
    return first.size ? first : second;
}

static struct weir_http_credentials credentials_of(const struct weir_http_auth *auth)
{
    return (struct weir_http_credentials){
        .username = choose(auth->options.username, auth->credentials.username),
        .password = choose(auth->options.password, auth->credentials.password),
        .token = choose(auth->options.token, auth->credentials.token)};
}

static bool has_header(struct weir_str_map headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++)
        if (headers.items[i].key.size == strlen(name) &&
            strncasecmp(headers.items[i].key.data, name, strlen(name)) == 0)
            return true;
    return false;
}

int http_check_auth(const struct weir_http_options *options, struct weir_error *error)
{
    struct weir_http_credentials given = credentials_of(&options->auth);
    bool bearer = options->auth.type == AUTH_BEARER;

    if (options->auth.type == AUTH_NONE)
        return given.username.size || given.password.size || given.token.size
                   ? weir_refuse(error, 0, "Authenticator has credentials, but no Type")
                   : 0;
    if (has_header(options->headers, "Authorization"))
        return weir_refuse(
            error, 0, "Authenticator and the header Authorization are both given; keep one");
    if (bearer && !given.token.size)
        return weir_refuse(error, 0, "Authenticator of Type bearer needs a Token");
    if (!bearer && (!given.username.size || memchr(given.username.data, ':', given.username.size)))
        return weir_refuse(
            error, 0, "Authenticator of Type basic needs a Username, and that has no colon");
    for (size_t i = 0; i < given.token.size; i++)
        if ((unsigned char)given.token.data[i] <= ' ' || given.token.data[i] == 0x7F)
            return weir_refuse(error, 0,
                "the Token of Authenticator holds a space or a control "
                "character, at its end perhaps");
    return 0;
}

static void append_base64(struct weir_buffer *out, struct weir_str text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < text.size; i += 3) {
        size_t n = text.size - i < 3 ? text.size - i : 3;
        uint32_t bits = 0;

        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < n ? (unsigned char)text.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            weir_buffer_append_byte(out, j <= n ? digits[bits >> (18 - 6 * j) & 63] : '=');
    }
}

void http_append_auth(struct weir_buffer *lines, const struct weir_http_auth *auth)
{
    struct weir_http_credentials given = credentials_of(auth);
    struct weir_buffer pair = {0};

    if (auth->type == AUTH_BEARER) {
        weir_buffer_append_text(lines, "Authorization: Bearer ");
        weir_buffer_append_str(lines, given.token);
    } else {
        weir_buffer_append_str(&pair, given.username);
        weir_buffer_append_byte(&pair, ':');
        weir_buffer_append_str(&pair, given.password);
        weir_buffer_append_text(lines, "Authorization: Basic ");
        append_base64(lines, (struct weir_str){pair.data, pair.size});
        lines->failed |= pair.failed;
        weir_buffer_finish(&pair);
    }
    weir_buffer_append_byte(lines, '\0');
}

bool http_has_auth(const struct weir_http_auth *auth)
{
    return auth->type != AUTH_NONE;
}
