/*
 * input_file: follows files named by patterns, from their first byte, through rotation,
 * truncation and restarts. A line's value is all up to its newline: a carriage return
 * before it stays, NUL and invalid UTF-8 too, and an empty line is a log like others.
 */
#include "input/input_file.h"

#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "input/inputs.h"

#define NO_DESCRIPTOR_LOG_NS (60 * NS_PER_S)

static const struct weir_option options[] = {
    {
        .name = "FilePaths",
        .type = WEIR_OPTION_STRING_LIST,
        .flags = WEIR_REQUIRED,
        .offset = offsetof(struct file_options, file_paths),
        .present_offset = WEIR_NO_OFFSET,
        .help = "The files to follow; *, ? and [a-z] in any part of a path, and ** for any "
                "folders.",
        .example = "[\"/var/log/app/*.log\"]",
    },
    {
        .name = "MaxDirSearchDepth",
        .type = WEIR_OPTION_UINT,
        .offset = offsetof(struct file_options, max_dir_search_depth),
        .present_offset = WEIR_NO_OFFSET,
        .default_text = "0",
        .max = "1000",
        .unit = "folders",
        .help = "How many folders ** goes down.",
    },
    {
        .name = "TailSizeKB",
        .type = WEIR_OPTION_UINT,
        .offset = offsetof(struct file_options, tail_size_kb),
        .present_offset = offsetof(struct file_options, tail_size_given),
        .default_text = "0",
        .max = "104857600",
        .unit = "KiB",
        .help = "If given, a file that is seen for the first time is read from the line that "
                "begins at most this much before its end; otherwise from its first byte. Without "
                "effect with --once.",
    },
    {
        .name = "Tags",
        .type = WEIR_OPTION_STRING_MAP,
        .offset = offsetof(struct file_options, tags),
        .present_offset = WEIR_NO_OFFSET,
        .help = "Tags of every log group, behind __path__.",
    },
    {
        .name = "AppendingLogPositionMeta",
        .type = WEIR_OPTION_BOOL,
        .offset = offsetof(struct file_options, appending_log_position_meta),
        .present_offset = WEIR_NO_OFFSET,
        .default_text = "false",
        .help = "Adds the tag __inode__, and to each log the content __file_offset__: where its "
                "line begins in the file.",
    },
    {
        .name = "FileOffsetKey",
        .type = WEIR_OPTION_STRING,
        .offset = offsetof(struct file_options, file_offset_key),
        .present_offset = WEIR_NO_OFFSET,
        .help = "Adds to each log a content of this name: where its line begins in the file.",
        .example = "offset",
    },
};

static struct file_input *self_of(struct input *input)
{
    return container_of(input, struct file_input, input);
}

/* A relative pattern counts from the folder the process was started in. */
static char *make_absolute(const char *pattern)
{
    SCOPED_FREE char *folder = pattern[0] == '/' ? NULL : getcwd(NULL, 0);

    while (!strncmp(pattern, "./", 2))
        pattern += 2;
    return folder ? mem_printf("%s/%s", folder, pattern) : mem_strdup(pattern);
}

static void scan_is_due(struct loop_timer *timer)
{
    file_scan(container_of(timer, struct file_input, scan_timer));
}

static void turn_is_due(struct loop_timer *timer)
{
    file_take_turn(container_of(timer, struct file_input, turn_timer));
}

static void init_setup(struct file_input *self)
{
    const struct file_options *given = self->options;

    self->setup = (struct tail_setup){
        .input = &self->input,
        .tags = given->tags.items,
        .n_tags = given->tags.count,
        .inode_tag = given->appending_log_position_meta,
        .offset_key = given->file_offset_key,
        .tail_bytes = given->tail_size_given ? given->tail_size_kb * KIB : UINT64_MAX,
    };
    if (!given->file_offset_key.size && given->appending_log_position_meta)
        self->setup.offset_key = str_of("__file_offset__");
}

static struct input *create(const struct input_context *context, char *why, size_t why_max)
{
    struct file_input *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->input = (struct input){.class = &input_file, .context = context};
    self->options = context->config->options->values;
    init_setup(self);
    self->n_patterns = self->options->file_paths.count;
    self->patterns = mem_calloc(self->n_patterns, sizeof(char *));
    for (size_t i = 0; i < self->n_patterns; i++)
        self->patterns[i] = make_absolute(self->options->file_paths.items[i].data);
    list_init(&self->tails);
    list_init(&self->work);
    list_init(&self->idle);
    list_init(&self->lacking);
    list_init(&self->all_folders);
    self->scan_timer.expired = scan_is_due;
    self->turn_timer.expired = turn_is_due;
    self->no_descriptor.interval_ns = NO_DESCRIPTOR_LOG_NS;
    return &self->input;
}

static void resume(struct input *input)
{
    struct file_input *self = self_of(input);

    if (!self->stopped && !list_empty(&self->work))
        loop_set_timer(input->context->loop, &self->turn_timer, loop_now_ns(input->context->loop));
}

static void start(struct input *input)
{
    struct file_input *self = self_of(input);

    file_scan(self);
    file_find_moved(self);
    loop_set_timer(input->context->loop, &self->turn_timer, loop_now_ns(input->context->loop));
}

static void stop(struct input *input)
{
    struct file_input *self = self_of(input);
    struct tail *tail;

    self->stopped = true;
    loop_clear_timer(input->context->loop, &self->scan_timer);
    loop_clear_timer(input->context->loop, &self->turn_timer);
    LIST_EACH (tail, &self->tails, all) {
        file_drop(self, tail);
    }
    file_scan_finish(self);
}

static void destroy(struct input *input)
{
    struct file_input *self = self_of(input);

    for (size_t i = 0; i < self->n_patterns; i++)
        free(self->patterns[i]);
    free((void *)self->patterns);
    map_finish(&self->by_inode);
    map_finish(&self->by_path);
    lines_scratch_finish(&self->setup.scratch);
    free(self->unreadable);
    free(self);
}

static void explain(struct input *input, char *text, size_t text_max)
{
    struct file_input *self = self_of(input);
    const struct checkpoints *checkpoints = input->context->checkpoints;

    if (!self->n_matched)
        snprintf(text, text_max, "no file matches %s%s", self->patterns[0],
            self->n_patterns > 1 ? " or the other FilePaths" : "");
    else if (self->n_unreadable)
        snprintf(text, text_max, "%zu of %zu files cannot be read: %s", self->n_unreadable,
            self->n_matched, self->unreadable);
    else if (self->n_already_read && checkpoints)
        snprintf(text, text_max, "%zu of %zu files were already read (checkpoint in %s)",
            self->n_already_read, self->n_matched, checkpoints_folder(checkpoints));
    else
        snprintf(
            text, text_max, "%zu files match %s, all empty", self->n_matched, self->patterns[0]);
}

const struct input_class input_file = {
    .config =
        {
            .type = "input_file",
            .description = "Follows files and delivers their lines in the field content.",
            .version = "1.0.0",
            .options = options,
            .n_options = ARRAY_SIZE(options),
            .option_stride = sizeof options[0],
            .options_size = sizeof(struct file_options),
            .implementation = &input_file,
        },
    .create = create,
    .start = start,
    .resume = resume,
    .stop = stop,
    .destroy = destroy,
    .explain = explain,
};
