#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "input/input_file.h"

#define TOLD_AGAIN_NS (60 * NS_PER_S)

static struct file_input *self_of(struct input *input)
{
    return container_of(input, struct file_input, input);
}

static void scan_is_due(struct loop_timer *timer)
{
    file_scan(container_of(timer, struct file_input, scan_timer));
}

static void turn_is_due(struct loop_timer *timer)
{
    file_take_turn(container_of(timer, struct file_input, turn_timer));
}

struct input *file_create(const struct input_context *context, char *why, size_t why_max)
{
    struct file_input *self = mem_zalloc(sizeof *self);

    self->input =
        (struct input){.class = context->config->class->implementation, .context = context};
    self->options = context->config->options->values;
    self->open_max = file_open_max();
    list_init(&self->tails);
    list_init(&self->work);
    list_init(&self->idle);
    list_init(&self->lacking);
    list_init(&self->all_folders);
    list_init(&self->renamed);
    list_init(&self->left);
    self->scan_timer.expired = scan_is_due;
    self->turn_timer.expired = turn_is_due;
    self->no_descriptor.interval_ns = self->no_folder.interval_ns = TOLD_AGAIN_NS;
    if (file_setup_init(self, why, why_max))
        return &self->input;
    file_destroy(&self->input);
    return NULL;
}

void file_resume(struct input *input)
{
    struct file_input *self = self_of(input);

    if (!self->stopped && !list_empty(&self->work))
        loop_set_timer(input->context->loop, &self->turn_timer, loop_now_ns(input->context->loop));
}

void file_start(struct input *input)
{
    struct file_input *self = self_of(input);

    file_scan(self);
    file_take_up_left(self);
    file_find_moved(self);
    loop_set_timer(input->context->loop, &self->turn_timer, loop_now_ns(input->context->loop));
}

void file_stop(struct input *input)
{
    struct file_input *self = self_of(input);
    struct tail *tail;

    self->stopped = true;
    loop_clear_timer(input->context->loop, &self->scan_timer);
    loop_clear_timer(input->context->loop, &self->turn_timer);
    LIST_EACH (tail, &self->tails, all) {
        file_leave(self, tail);
        file_drop(self, tail);
    }
    file_scan_finish(self);
}

void file_destroy(struct input *input)
{
    struct file_input *self = self_of(input);

    map_finish(&self->by_inode);
    map_finish(&self->by_path);
    file_forget_left(self);
    file_setup_finish(self);
    free(self->unreadable);
    free(self);
}

void file_explain(struct input *input, char *text, size_t text_max)
{
    struct file_input *self = self_of(input);
    const struct checkpoints *checkpoints = input->context->checkpoints;

    if (!self->n_matched)
        snprintf(text, text_max, "no file matches %s%s", self->wanted.items[0],
            self->wanted.count > 1 ? " or the other FilePaths" : "");
    else if (self->n_unreadable)
        snprintf(text, text_max, "%zu of %zu files cannot be read: %s", self->n_unreadable,
            self->n_matched, self->unreadable);
    else if (self->n_compressed)
        snprintf(
            text, text_max, "%zu of %zu files are compressed", self->n_compressed, self->n_matched);
    else if (self->n_already_read && checkpoints)
        snprintf(text, text_max, "%zu of %zu files were already read (checkpoint in %s)",
            self->n_already_read, self->n_matched, checkpoints_folder(checkpoints));
    else
        snprintf(text, text_max, "%zu files match %s, all empty", self->n_matched,
            self->wanted.items[0]);
}
