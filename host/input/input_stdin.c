/* input_stdin: the lines of standard input, whatever it is: pipe, terminal, file. It
 * cannot be read again, so its logs have no range. Ends at its end; a last line
 * without a newline is delivered then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include "base/log.h"
#include "base/mem.h"
#include "input/inputs.h"
#include "input/lines.h"

#define READ_BYTES (256 * KIB)
#define READS_PER_TURN 4
/* Asked of the kernel for pipes, so that one read brings much. */
#define PIPE_BYTES (1 * MIB)

struct input_stdin {
    struct input input; /* first */
    struct lines lines;
    struct lines_scratch scratch;
    struct loop_fd watch;
    struct loop_timer turn; /* drives regular files, which epoll does not take */
    bool is_file, watched, ended;
};

static struct input_stdin *self_of(struct input *input)
{
    return container_of(input, struct input_stdin, input);
}

static void push(struct input_stdin *self, struct batch *batch)
{
    const struct input_context *context = self->input.context;

    if (!batch)
        return;
    input_count(&self->input, batch->n_logs, 0);
    context->sink->push(context->sink, batch);
}

static void pause_watching(struct input_stdin *self)
{
    if (self->watched)
        loop_remove_fd(self->input.context->loop, &self->watch);
    self->watched = false;
    loop_clear_timer(self->input.context->loop, &self->turn);
}

static void end(struct input_stdin *self)
{
    const struct input_context *context = self->input.context;

    pause_watching(self);
    self->ended = true;
    push(self, lines_rest(&self->lines));
    context->sink->seal(context->sink);
    if (context->once)
        context->ended(context->owner);
    else
        log_info("standard input has ended", LOG_STR("pipeline", context->pipeline));
}

static bool may_read(struct input_stdin *self)
{
    const struct input_context *context = self->input.context;

    return gate_is_open(context->gate) && memory_ask(context->memory, context->gate);
}

/* How many bytes a read would bring at once; 0: it might wait. */
static size_t available(const struct input_stdin *self)
{
    int n = 0;

    if (self->is_file)
        return READ_BYTES;
    return ioctl(self->watch.fd, FIONREAD, &n) < 0 || n < 0 ? 0 : (size_t)n;
}

/* One read; false when there will be none after it in this turn. */
static bool read_once(struct input_stdin *self)
{
    size_t room;
    char *to = lines_room(&self->lines, MIN(available(self), READ_BYTES), &room);
    ssize_t n = read(self->watch.fd, to, room);

    if (n > 0) {
        input_count(&self->input, 0, (size_t)n);
        push(self, lines_take(&self->lines, (size_t)n));
        return true;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (n < 0)
        log_error("standard input cannot be read", LOG_STR("error", strerror(errno)));
    end(self);
    return false;
}

/* Readiness promises that the first read does not wait. */
static void read_some(struct input_stdin *self)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        if (!may_read(self)) {
            pause_watching(self);
            return;
        }
        if (!read_once(self) || (i + 1 < READS_PER_TURN && !available(self)))
            break;
    }
    if (self->is_file && !self->ended)
        loop_set_timer(
            self->input.context->loop, &self->turn, loop_now_ns(self->input.context->loop));
}

static void ready(struct loop_fd *watch, uint32_t events)
{
    (void)events;
    read_some(container_of(watch, struct input_stdin, watch));
}

static void take_turn(struct loop_timer *timer)
{
    read_some(container_of(timer, struct input_stdin, turn));
}

static void go_on(struct input *input)
{
    struct input_stdin *self = self_of(input);
    struct loop *loop = input->context->loop;
    int r;

    if (self->ended || self->watched)
        return;
    r = loop_add_fd(loop, &self->watch, EPOLLIN);
    self->watched = r == 0;
    self->is_file = r != 0; /* EPERM; a closed descriptor is told by the read */
    if (self->is_file)
        loop_set_timer(loop, &self->turn, loop_now_ns(loop));
}

static struct input *create(const struct input_context *context, char *why, size_t why_max)
{
    struct input_stdin *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->input = (struct input){.class = &input_stdin, .context = context};
    self->lines = (struct lines){
        .memory = context->memory,
        .rules = &lines_plain,
        .scratch = &self->scratch,
        .nanoseconds = context->global->enable_timestamp_nanosecond,
    };
    self->watch = (struct loop_fd){.fd = STDIN_FILENO, .ready = ready};
    self->turn.expired = take_turn;
    return &self->input;
}

static void start(struct input *input)
{
    fcntl(STDIN_FILENO, F_SETPIPE_SZ, (int)PIPE_BYTES);
    go_on(input);
}

/* A line of which only the beginning has come goes as it is: it cannot be read again. */
static void stop(struct input *input)
{
    struct input_stdin *self = self_of(input);

    pause_watching(self);
    if (!self->ended)
        push(self, lines_rest(&self->lines));
    self->ended = true;
}

static void destroy(struct input *input)
{
    struct input_stdin *self = self_of(input);

    lines_finish(&self->lines);
    lines_scratch_finish(&self->scratch);
    free(self);
}

static void explain(struct input *input, char *text, size_t text_max)
{
    (void)input;
    snprintf(text, text_max, "standard input was empty");
}

const struct input_class input_stdin = {
    .config =
        {
            .type = "input_stdin",
            .description = "Reads the lines of standard input into the field content.",
            .version = "1.0.0",
            .implementation = &input_stdin,
            .option_stride = sizeof(struct weir_option),
        },
    .create = create,
    .start = start,
    .resume = go_on,
    .stop = stop,
    .destroy = destroy,
    .explain = explain,
};
