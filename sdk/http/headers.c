#include "private.h"

#include <stdio.h>
#include <string.h>

static void append_clean(struct weir_buffer *buffer, struct weir_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        weir_buffer_append_byte(buffer, byte < ' ' || byte == 0x7F ? ' ' : (char)byte);
    }
}

/* For libcurl a header without a value ends in a semicolon. */
void http_append_header(struct weir_buffer *buffer, struct weir_kv header)
{
    append_clean(buffer, header.key);
    weir_buffer_append_text(buffer, header.value.size ? ": " : ";");
    append_clean(buffer, header.value);
    weir_buffer_append_byte(buffer, '\0');
}

size_t http_append_headers(
    const struct weir_http *http, struct weir_buffer *lines, struct weir_str_map headers)
{
    bool auth = http_has_auth(&http->options->auth);

    for (size_t i = 0; i < headers.count; i++)
        http_append_header(lines, headers.items[i]);
    if (auth)
        http_append_auth(lines, &http->options->auth);
    return headers.count + auth;
}

static bool add(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool has(const struct curl_slist *list, const char *name)
{
    size_t size = strlen(name);

    for (; list; list = list->next)
        if (strncasecmp(list->data, name, size) == 0 && strchr(":;", list->data[size]))
            return true;
    return false;
}

static bool add_defaults(const struct weir_http *http, struct curl_slist **list)
{
    const char *type = http->hooks.content_type ? http->hooks.content_type : "application/json";
    char line[256];

    snprintf(line, sizeof line, "Content-Type: %s", type);
    if (!has(*list, "Content-Type") && !add(list, line))
        return false;
    if (http->compression && !has(*list, "Content-Encoding")) {
        snprintf(line, sizeof line, "Content-Encoding: %s", http_pack_name(http->compression));
        if (!add(list, line))
            return false;
    }
    /* Otherwise libcurl asks first, and waits, before it sends a large body. */
    return has(*list, "Expect") || add(list, "Expect:");
}

bool http_header_list(
    const struct weir_http *http, const char *lines, size_t n_lines, struct curl_slist **ret_list)
{
    struct curl_slist *list = NULL;
    bool good = true;

    for (size_t i = 0; i < n_lines && good; i++, lines += strlen(lines) + 1)
        good = add(&list, lines);
    if (good && add_defaults(http, &list)) {
        *ret_list = list;
        return true;
    }
    curl_slist_free_all(list);
    return false;
}
