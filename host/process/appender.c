/* processor_appender: appends a text to a content. */
#include "process/builtin.h"

#include <limits.h>
#include <stdio.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/source_ip.h"
#include "process/labels.h"

/* More labels than that in one value are not sorted. */
#define SORTED_LABELS_MAX 1024U

struct appender_options {
    struct weir_str key, value;
    bool sort_labels, read_once;
    uint32_t platform;
};

struct appender {
    struct processor processor; /* first */
    const struct appender_options *options;
    struct buf value; /* with variables replaced */
    struct labels labels;
};

static const char *const platforms[] = {"mock", NULL};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct appender_options, key, "Key", WEIR_REQUIRED, NULL,
        "Key of the field to append to; the first one of a log. A log without it gets it."),
    WEIR_OPTION_STRING_ROW(struct appender_options, value, "Value", WEIR_REQUIRED, NULL,
        "The text to append. {{__ip__}} and {{__host__}} in it are this machine's address and "
        "name, {{$NAME}} is what the environment has, all as they are when the pipeline starts; "
        "{{anything else}} is left without the braces."),
    WEIR_OPTION_BOOL_ROW(struct appender_options, sort_labels, "SortLabels", "false",
        "The field holds labels, a#$#1|b#$#2: sort them by key."),
    WEIR_OPTION_ENUM_ROW(struct appender_options, platform, "Platform", platforms, "mock",
        "Where upstream asks for the metadata of a cloud; none is asked here."),
    WEIR_OPTION_BOOL_ROW(struct appender_options, read_once, "ReadOnce", "false",
        "For the metadata of a cloud, so without a meaning here."),
};

static void destroy(struct processor *processor)
{
    struct appender *self = (struct appender *)processor;

    labels_finish(&self->labels);
    buf_finish(&self->value);
    free(self);
}

static void put_variable(struct buf *to, struct weir_str name)
{
    SCOPED_FREE char *text = mem_strndup(name.data, name.size);
    char address[SOURCE_IP_MAX], host[HOST_NAME_MAX + 1] = "";

    if (text[0] == '$') {
        buf_puts(to, getenv(text + 1) ? getenv(text + 1) : "");
    } else if (!strcmp(text, "__ip__")) {
        source_ip_find(address);
        buf_puts(to, address);
    } else if (!strcmp(text, "__host__")) {
        gethostname(host, sizeof host - 1);
        buf_puts(to, host);
    } else {
        buf_puts(to, text);
    }
}

/* Puts the text with {{name}} replaced; a name has at least one byte and no brace. */
static void put_value(struct buf *to, struct weir_str text)
{
    const char *at = text.data, *end = at + text.size, *open, *close;

    while (at < end && (open = memmem(at, (size_t)(end - at), "{{", 2))) {
        close = memchr(open + 2, '}', (size_t)(end - open - 2));
        if (!close || close == open + 2 || close + 1 == end || close[1] != '}') {
            buf_append(to, at, (size_t)(open + 1 - at));
            at = open + 1;
            continue;
        }
        buf_append(to, at, (size_t)(open - at));
        put_variable(to, (struct weir_str){open + 2, (size_t)(close - open - 2)});
        at = close + 2;
    }
    buf_append(to, at, (size_t)(end - at));
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct appender *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_appender;
    self->options = context->config->options->values;
    put_value(&self->value, self->options->value);
    return &self->processor;
}

/* Sorted, without what is no label; as it was when nothing is one. */
static struct weir_str sorted(struct appender *self, struct batch *batch, struct weir_str text)
{
    struct weir_str rest = text;

    self->labels.count = 0;
    while (rest.size) {
        struct weir_kv label = labels_take(&rest);

        if (self->labels.count == SORTED_LABELS_MAX)
            return text;
        if (label.value.data)
            labels_add(&self->labels, label.key, label.value);
    }
    return self->labels.count ? labels_text(&self->labels, batch) : text;
}

static void process_log(
    struct appender *self, struct batch *batch, struct weir_log *log, struct weir_kv own)
{
    uint32_t at = log_find(log, own.key);
    struct weir_str old, value = own.value;
    char *text;

    if (at == log->n_contents) {
        batch_add_content(batch, log, own.key, (struct weir_str){"", 0});
    } else if (log->contents[at].value.size) {
        old = log->contents[at].value;
        text = batch_alloc(batch, old.size + value.size);
        memcpy(mempcpy(text, old.data, old.size), value.data, value.size);
        value = (struct weir_str){text, old.size + value.size};
    }
    log_contents(log)[at].value = self->options->sort_labels ? sorted(self, batch, value) : value;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct appender *self = (struct appender *)processor;
    struct weir_str value = {buf_text(&self->value), self->value.size};
    struct weir_kv own = {batch_copy(batch, self->options->key), batch_copy(batch, value)};

    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], own);
}

const struct processor_class processor_appender = {
    .config = BUILTIN_CONFIG("processor_appender", "Appends a text to a field.",
        struct appender_options, options, &processor_appender),
    .create = create,
    .process = process,
    .destroy = destroy,
};
