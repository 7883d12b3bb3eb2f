#include <weir/flusher.h>

#include <errno.h>
#include <weir/json.h>

#include "common/rolling_file.h"
#include "common/write_all.h"

#define CHUNK_SIZE ((size_t)1 << 20)
#define SYNC_INTERVAL_NS 1000000000U

enum { FORMAT_JSONLINE, FORMAT_RAW };
static const char *const formats[] = {"jsonline", "raw", NULL};

enum { SYNC_NONE, SYNC_INTERVAL, SYNC_ALWAYS };
static const char *const syncs[] = {"none", "interval", "always", NULL};

struct file_options {
    struct weir_str path;
    uint64_t max_file_size; /* bytes */
    uint64_t max_files;
    uint32_t format; /* FORMAT_* */
    uint32_t sync;   /* SYNC_* */
};

struct file_flusher {
    const struct weir_host *host;
    const struct file_options *options;
    struct rolling_file file;
    struct weir_buffer out;  /* not yet written */
    struct weir_buffer head; /* of each line of the group: {tags,"__time__": */
    uint64_t synced_ns;      /* when last, on the host's clock */
    bool unsynced;
};

static const struct weir_option file_option_rows[] = {
    WEIR_OPTION_STRING_ROW(struct file_options, path, "FilePath", WEIR_REQUIRED, NULL,
        "File that logs are appended to; it and its folders are made when missing."),
    WEIR_OPTION_ENUM_ROW(struct file_options, format, "Format", formats, "jsonline",
        "jsonline writes each log as a JSON object with tags and time, raw its field content."),
    WEIR_OPTION_ENUM_ROW(struct file_options, sync, "Sync", syncs, "none",
        "When logs are forced to the disk: never, once a second while logs come, or before each "
        "batch counts as delivered."),
    WEIR_OPTION(struct file_options, max_file_size, "MaxFileSize", WEIR_OPTION_SIZE, 0, "0", NULL,
        NULL, NULL, "The file is rolled to NAME.1 when it exceeds this size; 0 means never."),
    WEIR_OPTION(struct file_options, max_files, "MaxFiles", WEIR_OPTION_UINT, 0, "0", NULL, NULL,
        "files", "How many rolled files are kept; 0 means all."),
};

static int file_init(void *self, const struct weir_context *context)
{
    struct file_flusher *flusher = self;
    const struct file_options *options = context->options;

    flusher->host = context->host;
    flusher->options = options;
    flusher->file = (struct rolling_file){
        .host = context->host,
        .path = options->path.data,
        .max_size = options->max_file_size,
        .max_files = options->max_files,
        .durable = options->sync != SYNC_NONE,
    };
    rolling_file_init(&flusher->file);
    return 0;
}

static void append_raw(struct weir_buffer *out, const struct weir_log *log)
{
    static const char key[] = "content";

    for (uint32_t i = 0; i < log->n_contents; i++) {
        const struct weir_kv *field = &log->contents[i];

        if (field->key.size != sizeof key - 1 || memcmp(field->key.data, key, sizeof key - 1) != 0)
            continue;
        weir_buffer_append_str(out, field->value);
        weir_buffer_append_byte(out, '\n');
        return;
    }
}

static void start_group(struct file_flusher *flusher, const struct weir_group *group)
{
    struct weir_buffer *head = &flusher->head;

    weir_buffer_clear(head);
    weir_buffer_append_byte(head, '{');
    weir_json_members(head, group->tags, group->n_tags);
    if (group->n_tags)
        weir_buffer_append_byte(head, ',');
    weir_buffer_append_text(head, "\"__time__\":");
    flusher->out.failed |= head->failed;
}

static void append_json(struct file_flusher *flusher, const struct weir_log *log)
{
    struct weir_buffer *out = &flusher->out;

    weir_buffer_append(out, flusher->head.data, flusher->head.size);
    weir_buffer_append_uint(out, log->time_s);
    weir_json_members(out, log->contents, log->n_contents);
    weir_buffer_append_text(out, "}\n");
}

/* 0 or -errno; the batch is then taken back. */
static int write_out(struct file_flusher *flusher)
{
    int r;

    if (flusher->out.failed) {
        rolling_file_undo(&flusher->file);
        return -ENOMEM;
    }
    flusher->unsynced |= flusher->out.size > 0;
    r = rolling_file_write(&flusher->file, flusher->out.data, flusher->out.size);
    weir_buffer_clear(&flusher->out);
    return r;
}

static int write_group(struct file_flusher *flusher, const struct weir_group *group)
{
    const bool raw = flusher->options->format == FORMAT_RAW;
    int r = 0;

    if (!raw)
        start_group(flusher, group);
    for (uint32_t i = 0; i < group->n_logs && r == 0; i++) {
        if (raw)
            append_raw(&flusher->out, weir_log_at(group, i));
        else
            append_json(flusher, weir_log_at(group, i));
        if (flusher->out.size >= CHUNK_SIZE || flusher->out.failed)
            r = write_out(flusher);
    }
    return r;
}

/* 0 or -errno; the batch is then taken back. */
static int sync_if_due(struct file_flusher *flusher)
{
    const uint32_t mode = flusher->options->sync;
    uint64_t now_ns;
    int r;

    if (mode == SYNC_NONE || !flusher->unsynced)
        return 0;
    now_ns = flusher->host->now_ns(flusher->host);
    if (mode == SYNC_INTERVAL && flusher->synced_ns &&
        now_ns - flusher->synced_ns < SYNC_INTERVAL_NS)
        return 0;
    r = rolling_file_sync(&flusher->file);
    flusher->unsynced = r < 0;
    flusher->synced_ns = now_ns;
    if (r < 0)
        rolling_file_undo(&flusher->file);
    return r;
}

static int write_batch(struct file_flusher *flusher, const struct weir_batch *batch)
{
    int r = rolling_file_begin(&flusher->file, 0);

    weir_buffer_clear(&flusher->out);
    for (uint32_t i = 0; i < batch->n_groups && r == 0; i++)
        r = write_group(flusher, batch->groups[i]);
    if (r == 0)
        r = write_out(flusher);
    return r < 0 ? r : sync_if_due(flusher);
}

static uint32_t file_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct file_flusher *flusher = self;
    int r = write_batch(flusher, batch);

    if (r == 0)
        return WEIR_DELIVERED;
    explain(result, r, "cannot write", flusher->options->path.data);
    return WEIR_RETRY;
}

static int file_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct file_flusher *flusher = self;
    int r = 0;

    (void)deadline_ns;
    if (flusher->options->sync != SYNC_NONE && flusher->unsynced && flusher->file.fd >= 0)
        r = rolling_file_sync(&flusher->file);
    if (r < 0)
        explain(result, r, "cannot sync", flusher->options->path.data);
    rolling_file_close(&flusher->file);
    weir_buffer_finish(&flusher->out);
    weir_buffer_finish(&flusher->head);
    return r;
}

static const struct weir_flusher_class file_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_FS_WRITE,
    .type = "flusher_file",
    .version = "1.0.0",
    .description = "Appends logs to a file, batches whole or not at all.",
    .instance_size = sizeof(struct file_flusher),
    .options_size = sizeof(struct file_options),
    .options = file_option_rows,
    .n_options = sizeof file_option_rows / sizeof file_option_rows[0],
    .option_stride = sizeof(struct weir_option),
    .init = file_init,
    .flush = file_flush,
    .stop = file_stop,
};

WEIR_PLUGIN("file", "1.0.0", "flusher_file", &file_class);
