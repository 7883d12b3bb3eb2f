/* service_mock: LogsPerSecond logs of fixed contents as a burst each second, up to
 * MaxLogCount. With LogsPerSecond 0 it makes nothing, as upstream. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include "base/mem.h"
#include "input/inputs.h"
#include "input/mock.h"

#define BATCH_LOGS_MAX 1024U
/* What File may hold at most; bytes. */
#define FILE_MAX_BYTES (16 * MIB)

struct service_mock_options {
    struct weir_str_map tags, fields;
    struct weir_str file;
    int64_t index;
    uint64_t logs_per_second, max_log_count;
    bool block;
};

struct service_mock {
    struct input input; /* first */
    const struct service_mock_options *options;
    struct mock_contents contents;
    int64_t index;
    uint64_t burst_left;    /* logs of this second that are still to be made */
    uint64_t next_burst_ns; /* when the next second begins */
    struct loop_timer timer;
    bool ended;
};

#define ROW(MEMBER, NAME, TYPE, DEFAULT, UNIT, HELP) \
    WEIR_OPTION(struct service_mock_options, MEMBER, NAME, TYPE, 0, DEFAULT, NULL, NULL, UNIT, HELP)

static const struct weir_option options[] = {
    ROW(tags, "Tags", WEIR_OPTION_STRING_MAP, NULL, NULL,
        "Contents of every log, before the fields."),
    ROW(fields, "Fields", WEIR_OPTION_STRING_MAP, NULL, NULL, "Contents of every log."),
    ROW(file, "File", WEIR_OPTION_STRING, NULL, NULL,
        "What this file holds becomes the field content; at most 16 MiB."),
    ROW(index, "Index", WEIR_OPTION_INT, "0", NULL, "The first log's content Index is one more."),
    ROW(logs_per_second, "LogsPerSecond", WEIR_OPTION_UINT, "0", "logs",
        "How many logs are made each second, in one burst."),
    ROW(max_log_count, "MaxLogCount", WEIR_OPTION_UINT, "0", "logs",
        "How many logs are made in all; 0 for no limit."),
    ROW(block, "Block", WEIR_OPTION_BOOL, "false", NULL,
        "Read for compatibility: the input always stays when it has made its last log."),
};

static struct service_mock *self_of(struct input *input)
{
    return container_of(input, struct service_mock, input);
}

static uint64_t left_in_all(const struct service_mock *self)
{
    uint64_t most = self->options->max_log_count;

    return most ? most - MIN(most, self->input.n_logs) : UINT64_MAX;
}

/* Makes what is left of the burst, while the gate is open. */
static void make_logs(struct service_mock *self)
{
    const struct input_context *context = self->input.context;

    while (self->burst_left && gate_is_open(context->gate) &&
           memory_ask(context->memory, context->gate)) {
        uint32_t n = (uint32_t)MIN(self->burst_left, (uint64_t)BATCH_LOGS_MAX);

        self->burst_left -= n;
        mock_push(&self->input, &(struct mock_contents){0}, &self->contents, n, &self->index);
    }
}

/* With `once` and no MaxLogCount, one burst is all. */
static bool is_done(const struct service_mock *self)
{
    bool single = self->input.context->once && !self->options->max_log_count;

    return !self->options->logs_per_second || (!self->burst_left && (single || !left_in_all(self)));
}

static void go_on(struct service_mock *self)
{
    const struct input_context *context = self->input.context;

    make_logs(self);
    if (is_done(self)) {
        if (context->once && !self->ended) {
            self->ended = true;
            context->ended(context->owner);
        }
    } else if (!self->burst_left) {
        loop_set_timer(context->loop, &self->timer, self->next_burst_ns);
    }
}

static void begin_burst(struct loop_timer *timer)
{
    struct service_mock *self = container_of(timer, struct service_mock, timer);

    self->burst_left = MIN(self->options->logs_per_second, left_in_all(self));
    self->next_burst_ns = loop_now_ns(self->input.context->loop) + NS_PER_S;
    go_on(self);
}

/* Adds what the file holds as `content`; 0 or -errno. */
static int add_file(struct mock_contents *contents, const char *path)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    SCOPED_BUF struct buf text = {0};
    ssize_t n;

    if (fd < 0)
        return -errno;
    while ((n = read(fd, buf_reserve(&text, 64 * KIB), 64 * KIB)) > 0) {
        text.size += (size_t)n;
        if (text.size > FILE_MAX_BYTES)
            return -EFBIG;
    }
    if (n < 0)
        return -errno;
    mock_contents_add(contents, str_of("content"), (struct weir_str){text.data, text.size});
    return 0;
}

static struct input *create(const struct input_context *context, char *why, size_t why_max)
{
    struct service_mock *self = mem_zalloc(sizeof *self);
    int r = 0;

    self->input = (struct input){.class = &input_service_mock, .context = context};
    self->options = context->config->options->values;
    self->index = self->options->index;
    self->timer.expired = begin_burst;
    mock_contents_add_map(&self->contents, &self->options->tags);
    mock_contents_add_map(&self->contents, &self->options->fields);
    if (self->options->file.size)
        r = add_file(&self->contents, self->options->file.data);
    if (r) {
        snprintf(why, why_max, "File %s: %s", self->options->file.data, strerror(-r));
        mock_contents_finish(&self->contents);
        free(self);
        return NULL;
    }
    return &self->input;
}

static void start(struct input *input)
{
    struct loop *loop = input->context->loop;

    loop_set_timer(loop, &self_of(input)->timer, loop_now_ns(loop));
}

static void resume(struct input *input)
{
    if (self_of(input)->burst_left)
        go_on(self_of(input));
}

static void stop(struct input *input)
{
    self_of(input)->burst_left = 0;
    loop_clear_timer(input->context->loop, &self_of(input)->timer);
}

static void destroy(struct input *input)
{
    mock_contents_finish(&self_of(input)->contents);
    free(self_of(input));
}

static void explain(struct input *input, char *text, size_t text_max)
{
    snprintf(
        text, text_max, "%s", self_of(input)->options->logs_per_second ? "" : "LogsPerSecond is 0");
}

const struct input_class input_service_mock = {
    .config =
        {
            .type = "service_mock",
            .description = "Makes a burst of logs of fixed contents each second, for tests.",
            .version = "1.0.0",
            .options = options,
            .n_options = ARRAY_SIZE(options),
            .option_stride = sizeof options[0],
            .options_size = sizeof(struct service_mock_options),
            .implementation = &input_service_mock,
        },
    .create = create,
    .start = start,
    .resume = resume,
    .stop = stop,
    .destroy = destroy,
    .explain = explain,
};
