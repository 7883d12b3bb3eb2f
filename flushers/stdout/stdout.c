#include <weir/flusher.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <weir/json.h>
#include <weir/words.h>

#include "common/rolling_file.h"
#include "stdout/stream.h"

#define DEFAULT_MAX_SIZE 1048576
#define DEFAULT_MAX_ROLLS 1
#define KEEP_CAPACITY ((size_t)4 << 20)
#define STAMP_SIZE 20 /* "2006-01-02 15:04:05 " */

struct stdout_options {
    struct weir_str file_name;
    int64_t max_size; /* bytes */
    int64_t max_rolls;
    bool key_value_pairs, tags, only_stdout;
};

struct stdout_flusher {
    const struct weir_host *host;
    const struct stdout_options *options;
    bool to_file;
    struct rolling_file file;
    struct stream_rest rest; /* of standard output */
    struct weir_buffer out;
    char stamp[STAMP_SIZE + 1];
};

static const struct weir_option stdout_option_rows[] = {
    WEIR_OPTION_STRING_ROW(struct stdout_options, file_name, "FileName", 0, NULL,
        "Lines go to this file instead of the standard output."),
    WEIR_OPTION(struct stdout_options, max_size, "MaxSize", WEIR_OPTION_INT, 0, "1048576", NULL,
        NULL, "bytes", "The file is rolled to NAME.1 before it exceeds this size."),
    WEIR_OPTION(struct stdout_options, max_rolls, "MaxRolls", WEIR_OPTION_INT, 0, "1", NULL, NULL,
        "files", "How many rolled files are kept."),
    WEIR_OPTION_BOOL_ROW(struct stdout_options, key_value_pairs, "KeyValuePairs", "true",
        "Prints contents as one flat JSON object; otherwise the whole log message."),
    WEIR_OPTION_BOOL_ROW(struct stdout_options, tags, "Tags", "false",
        "Prints a line with topic, logstore and tags before the logs of each group."),
    WEIR_OPTION_BOOL_ROW(struct stdout_options, only_stdout, "OnlyStdout", "false",
        "Prints to the standard output even when FileName is given."),
};

static int stdout_init(void *self, const struct weir_context *context)
{
    struct stdout_flusher *flusher = self;
    const struct stdout_options *options = context->options;
    int64_t max_size = options->max_size > 0 ? options->max_size : DEFAULT_MAX_SIZE;
    int64_t max_rolls = options->max_rolls > 0 ? options->max_rolls : DEFAULT_MAX_ROLLS;

    if (options->file_name.size && memchr(options->file_name.data, '\0', options->file_name.size))
        return weir_refuse(context->error, 0, "FileName holds a NUL");
    flusher->host = context->host;
    flusher->options = options;
    flusher->to_file = options->file_name.size && !options->only_stdout;
    flusher->file = (struct rolling_file){
        .host = context->host,
        .path = options->file_name.data,
        .max_size = (uint64_t)max_size,
        .max_files = (uint64_t)max_rolls,
    };
    rolling_file_init(&flusher->file);
    return 0;
}

static void set_stamp(struct stdout_flusher *flusher)
{
    time_t now = (time_t)(flusher->host->wall_ns(flusher->host) / 1000000000U);
    struct tm local;

    if (!localtime_r(&now, &local) ||
        strftime(flusher->stamp, sizeof flusher->stamp, "%Y-%m-%d %H:%M:%S ", &local) != STAMP_SIZE)
        memcpy(flusher->stamp, "0000-00-00 00:00:00 ", sizeof flusher->stamp);
}

/* Text as Go's protobuf prints it: "a\n\001" with the quotes. */
static void append_quoted(struct weir_buffer *out, struct weir_str text)
{
    static const char plain[] = "\n\r\t\"\\", letters[] = "nrt\"\\";

    weir_buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        const char *special = byte ? strchr(plain, byte) : NULL;
        char escape[5] = {'\\', (char)('0' + (byte >> 6)), (char)('0' + (byte >> 3 & 7)),
            (char)('0' + (byte & 7))};

        if (special)
            weir_buffer_append(out, (char[]){'\\', letters[special - plain]}, 2);
        else if (byte < 0x20 || byte >= 0x7F)
            weir_buffer_append(out, escape, 4);
        else
            weir_buffer_append_byte(out, (char)byte);
    }
    weir_buffer_append_byte(out, '"');
}

/* A list of LogTag messages as Go prints it with %v. */
static void append_tags(struct weir_buffer *out, const struct weir_group *group)
{
    weir_buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < group->n_tags; i++) {
        weir_buffer_append_text(out, i ? " Key:" : "Key:");
        append_quoted(out, group->tags[i].key);
        weir_buffer_append_text(out, " Value:");
        append_quoted(out, group->tags[i].value);
        weir_buffer_append_byte(out, ' ');
    }
    weir_buffer_append_byte(out, ']');
}

static void append_group_line(struct weir_buffer *out, const struct weir_group *group)
{
    weir_buffer_append_text(out, "[LogGroup] topic ");
    weir_buffer_append_str(out, group->topic);
    weir_buffer_append_text(out, ", logstore ");
    weir_buffer_append_str(out, group->category);
    weir_buffer_append_text(out, ", logcount ");
    weir_buffer_append_uint(out, group->n_logs);
    weir_buffer_append_text(out, ", tags ");
    append_tags(out, group);
    weir_buffer_append_byte(out, '\n');
}

static void append_pairs(struct weir_buffer *out, const struct weir_log *log)
{
    weir_buffer_append_byte(out, '{');
    weir_json_members(out, log->contents, log->n_contents);
    weir_buffer_append_text(out, log->n_contents ? ",\"__time__\":\"" : "\"__time__\":\"");
    weir_buffer_append_uint(out, log->time_s);
    weir_buffer_append_text(out, "\"}\n");
}

/* As Go's encoding/json prints the message. */
static void append_message(struct weir_buffer *out, const struct weir_log *log)
{
    weir_buffer_append_text(out, "{\"Time\":");
    weir_buffer_append_uint(out, log->time_s);
    for (uint32_t i = 0; i < log->n_contents; i++) {
        weir_buffer_append_text(out, i ? ",{\"Key\":" : ",\"Contents\":[{\"Key\":");
        weir_json_string_html(out, log->contents[i].key);
        weir_buffer_append_text(out, ",\"Value\":");
        weir_json_string_html(out, log->contents[i].value);
        weir_buffer_append_byte(out, '}');
    }
    if (log->n_contents)
        weir_buffer_append_byte(out, ']');
    if (log->time_ns) {
        weir_buffer_append_text(out, ",\"Time_ns\":");
        weir_buffer_append_uint(out, log->time_ns);
    }
    weir_buffer_append_text(out, "}\n");
}

static void append_group(struct stdout_flusher *flusher, const struct weir_group *group)
{
    struct weir_buffer *out = &flusher->out;

    if (flusher->options->tags) {
        weir_buffer_append(out, flusher->stamp, STAMP_SIZE);
        append_group_line(out, group);
    }
    for (uint32_t i = 0; i < group->n_logs; i++) {
        weir_buffer_append(out, flusher->stamp, STAMP_SIZE);
        if (flusher->options->key_value_pairs)
            append_pairs(out, weir_log_at(group, i));
        else
            append_message(out, weir_log_at(group, i));
    }
}

/* 0 or -errno. */
static int write_out(struct stdout_flusher *flusher, uint64_t batch_id)
{
    const struct weir_buffer *out = &flusher->out;

    if (out->failed)
        return -ENOMEM;
    if (flusher->to_file)
        return rolling_file_append(&flusher->file, out->data, out->size, false);
    return stream_write(&flusher->rest, batch_id, out->data, out->size);
}

static uint32_t stdout_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct stdout_flusher *flusher = self;
    int r;

    set_stamp(flusher);
    weir_buffer_clear(&flusher->out);
    for (uint32_t i = 0; i < batch->n_groups; i++)
        append_group(flusher, batch->groups[i]);
    r = write_out(flusher, batch->id);
    if (flusher->out.capacity > KEEP_CAPACITY)
        weir_buffer_finish(&flusher->out);
    if (r == 0)
        return WEIR_DELIVERED;
    weir_explain(result, -r, "cannot write to %s: %s",
        flusher->to_file ? flusher->options->file_name.data : "standard output", strerror(-r));
    return WEIR_RETRY;
}

static int stdout_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct stdout_flusher *flusher = self;

    (void)deadline_ns;
    (void)result;
    rolling_file_close(&flusher->file);
    weir_buffer_finish(&flusher->out);
    return 0;
}

static const struct weir_flusher_class stdout_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_STDOUT | WEIR_FS_WRITE,
    .type = "flusher_stdout",
    .version = "1.0.0",
    .description = "Prints logs as lines of JSON, or writes them to a rolling file.",
    .instance_size = sizeof(struct stdout_flusher),
    .options_size = sizeof(struct stdout_options),
    .options = stdout_option_rows,
    .n_options = sizeof stdout_option_rows / sizeof stdout_option_rows[0],
    .option_stride = sizeof(struct weir_option),
    .init = stdout_init,
    .flush = stdout_flush,
    .stop = stdout_stop,
};

WEIR_PLUGIN("stdout", "1.0.0", "flusher_stdout", &stdout_class);
