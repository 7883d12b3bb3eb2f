/* An option of every type, with its bounds, flags and fields; all values are written in
 * front of the first logs. And a probe. */
#include "lines.h"

struct tls {
    bool verify;
    struct weir_str ca;
};

struct peer {
    struct weir_str host;
    uint64_t port;
};

struct options {
    struct weir_str path;
    bool flag;
    int64_t integer;
    uint64_t number;
    double ratio;
    uint64_t size;
    uint64_t pause; /* ns */
    uint32_t mode;
    struct weir_str_list names;
    struct weir_str_map headers;
    struct tls tls;
    struct weir_object_list peers;
    struct weir_str extra; /* JSON */
    struct weir_str token;
    struct weir_str answer;
    bool number_given;
};

struct flusher {
    const struct weir_host *host;
    const struct options *options;
    struct lines out;
    bool told;
};

static const char *const modes[] = {"plain", "fast", NULL};

static const struct weir_option tls_rows[] = {
    WEIR_OPTION_BOOL_ROW(struct tls, verify, "Verify", "true", "Whether the peer is verified."),
    WEIR_OPTION_STRING_ROW(struct tls, ca, "CA", 0, "", "Who vouches for it."),
};

static const struct weir_option peer_rows[] = {
    WEIR_OPTION_STRING_ROW(struct peer, host, "Host", WEIR_REQUIRED, NULL, "Its name."),
    WEIR_OPTION(
        struct peer, port, "Port", WEIR_OPTION_UINT, 0, "80", "1", "65535", NULL, "Its port."),
};

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(struct options, path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
    WEIR_OPTION_BOOL_ROW(struct options, flag, "Flag", "true", "A flag."),
    WEIR_OPTION(struct options, integer, "Integer", WEIR_OPTION_INT, 0, "-5", "-10", "10", NULL,
        "An integer."),
    {"Number", WEIR_OPTION_UINT, 0, (uint32_t)offsetof(struct options, number),
        (uint32_t)offsetof(struct options, number_given), "7", NULL, NULL, "logs", NULL, NULL, 0, 0,
        "A number, and whether it was given.", "1.0.0", NULL, "9"},
    WEIR_OPTION(
        struct options, ratio, "Ratio", WEIR_OPTION_FLOAT, 0, "0.5", "0", "1", NULL, "A share."),
    WEIR_OPTION(
        struct options, size, "Size", WEIR_OPTION_SIZE, 0, "64KiB", NULL, "1GiB", NULL, "A size."),
    WEIR_OPTION(struct options, pause, "Pause", WEIR_OPTION_DURATION, 0, "2s", NULL, "1h", NULL,
        "A duration."),
    WEIR_OPTION_ENUM_ROW(struct options, mode, "Mode", modes, "plain", "One of two."),
    WEIR_OPTION(struct options, names, "Names", WEIR_OPTION_STRING_LIST, 0, "[\"a\",\"b\"]", NULL,
        NULL, NULL, "Texts."),
    WEIR_OPTION(struct options, headers, "Headers", WEIR_OPTION_STRING_MAP, 0, NULL, NULL, NULL,
        NULL, "Texts by name."),
    WEIR_OPTION_OBJECT_ROW(struct options, tls, "TLS", 0, tls_rows, struct tls, "A nested table."),
    WEIR_OPTION_OBJECT_LIST_ROW(
        struct options, peers, "Peers", 0, peer_rows, struct peer, "Nested tables."),
    WEIR_OPTION(
        struct options, extra, "Extra", WEIR_OPTION_JSON, 0, NULL, NULL, NULL, NULL, "Any value."),
    WEIR_OPTION_STRING_ROW(struct options, token, "Token", WEIR_SECRET, NULL, "A secret."),
    WEIR_OPTION_STRING_ROW(struct options, answer, "ProbeAnswer", 0, "",
        "What the connection test complains of; nothing by default."),
    {"OldNumber", WEIR_OPTION_UINT, 0, (uint32_t)offsetof(struct options, number), WEIR_NO_OFFSET,
        NULL, NULL, NULL, "logs", NULL, NULL, 0, 0, "As Number.", "1.0.0", "Number", NULL},
};

static int flusher_init(void *self, const struct weir_context *context)
{
    struct flusher *flusher = self;

    flusher->host = context->host;
    flusher->options = context->options;
    return 0;
}

static void put_numbers(struct lines *out, const struct options *options)
{
    char text[512];

    snprintf(text, sizeof text,
        "{\"flag\":%d,\"integer\":%lld,\"number\":%llu,\"given\":%d,\"ratio\":%g,\"size\":%llu,"
        "\"pause\":%llu,\"mode\":\"%s\",\"verify\":%d,",
        options->flag, (long long)options->integer, (unsigned long long)options->number,
        options->number_given, options->ratio, (unsigned long long)options->size,
        (unsigned long long)options->pause, modes[options->mode], options->tls.verify);
    lines_text(out, text);
}

static void put_lists(struct lines *out, const struct options *options)
{
    const struct peer *peers = options->peers.items;

    lines_text(out, "\"names\":[");
    for (size_t i = 0; i < options->names.count; i++) {
        lines_text(out, i ? "," : "");
        lines_string(out, options->names.items[i]);
    }
    lines_text(out, "],\"headers\":");
    lines_pairs(out, options->headers.items, (uint32_t)options->headers.count);
    lines_text(out, ",\"peers\":[");
    for (size_t i = 0; i < options->peers.count; i++) {
        lines_text(out, i ? ",[" : "[");
        lines_string(out, peers[i].host);
        lines_text(out, ",");
        lines_number(out, peers[i].port);
        lines_text(out, "]");
    }
    lines_text(out, "],");
}

static void put_options(struct lines *out, const struct options *options)
{
    put_numbers(out, options);
    put_lists(out, options);
    lines_member(out, "ca", options->tls.ca);
    lines_text(out, "\"token_bytes\":");
    lines_number(out, options->token.size);
    lines_text(out, ",\"extra\":");
    lines_string(out, options->extra);
    lines_text(out, "}\n");
}

static uint32_t flusher_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct flusher *flusher = self;
    uint32_t verdict;

    if (!flusher->told)
        put_options(&flusher->out, flusher->options);
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++)
            lines_log(&flusher->out, weir_log_at(batch->groups[g], i));
    verdict = lines_send(&flusher->out, flusher->options->path.data, result);
    flusher->told |= verdict == WEIR_DELIVERED;
    return verdict;
}

static int flusher_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct flusher *flusher = self;

    (void)deadline_ns;
    (void)result;
    free(flusher->out.data);
    return 0;
}

static int flusher_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct flusher *flusher = self;
    uint64_t now_ns = flusher->host->now_ns(flusher->host);

    if (!flusher->options->answer.size)
        return 0;
    result->code = 7;
    snprintf(result->text, result->text_max, "%s, with %s left", flusher->options->answer.data,
        deadline_ns > now_ns ? "time" : "no time");
    return 1;
}

static const struct weir_flusher_class flusher_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_FS_WRITE,
    .type = "flusher_v1_options",
    .version = "1.0.0",
    .description = "Writes its options and its logs to a file.",
    .instance_size = sizeof(struct flusher),
    .options_size = sizeof(struct options),
    .options = rows,
    .n_options = sizeof rows / sizeof rows[0],
    .option_stride = sizeof rows[0],
    .init = flusher_init,
    .flush = flusher_flush,
    .stop = flusher_stop,
    .probe = flusher_probe,
};

WEIR_PLUGIN("v1_options", "1.0.0", "flusher_v1_options", &flusher_class);
