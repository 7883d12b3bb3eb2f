#include <weir/flusher.h>

#include <errno.h>
#include <string.h>
#include <weir/json.h>
#include <weir/words.h>

#include "common/folders.h"
#include "common/rolling_file.h"

#define KEEP_CAPACITY ((size_t)4 << 20)
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
    struct weir_buffer out; /* the lines of a batch */
    struct weir_json_head head;
    uint64_t synced_ns; /* when last, on the host's clock; 0 = never */
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
        NULL, NULL,
        "The file is rolled to NAME.1 before it would exceed this size; 0 means never."),
    WEIR_OPTION(struct file_options, max_files, "MaxFiles", WEIR_OPTION_UINT, 0, "0", NULL, NULL,
        "files", "How many rolled files are kept; 0 means all."),
};

static int file_init(void *self, const struct weir_context *context)
{
    struct file_flusher *flusher = self;
    const struct file_options *options = context->options;

    if (memchr(options->path.data, '\0', options->path.size))
        return weir_refuse(context->error, 0, "FilePath holds a NUL");
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

/* False when the log has no field `content`. */
static bool append_raw(struct weir_buffer *out, const struct weir_log *log)
{
    const struct weir_str *content = weir_log_get(log, "content");

    if (!content)
        return false;
    weir_buffer_append_str(out, *content);
    weir_buffer_append_byte(out, '\n');
    return true;
}

static void lay_out_json(struct file_flusher *flusher, const struct weir_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_groups; i++) {
        weir_json_head_set(&flusher->head, batch->groups[i]);
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++) {
            weir_json_object(&flusher->out, &flusher->head, weir_log_at(batch->groups[i], j));
            weir_buffer_append_byte(&flusher->out, '\n');
        }
    }
}

static void lay_out_raw(struct file_flusher *flusher, const struct weir_batch *batch)
{
    static const char why[] = "the log has no field `content`, which is all that Format raw writes";
    const struct weir_host *host = flusher->host;

    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++)
            if (!append_raw(&flusher->out, weir_log_at(batch->groups[i], j)))
                host->mark(
                    host, batch, i, j, WEIR_REJECTED, 0, (struct weir_str){why, sizeof why - 1});
}

/* The time of this is to be noted when it has been done. */
static bool sync_is_due(const struct file_flusher *flusher, uint64_t now_ns)
{
    switch (flusher->options->sync) {
    case SYNC_ALWAYS:
        return true;
    case SYNC_INTERVAL:
        return !flusher->synced_ns || now_ns - flusher->synced_ns >= SYNC_INTERVAL_NS;
    default:
        return false;
    }
}

/* 0 or -errno; the batch is then not in the file. */
static int write_out(struct file_flusher *flusher)
{
    const struct weir_buffer *out = &flusher->out;
    uint64_t now_ns = flusher->host->now_ns(flusher->host);
    bool sync = sync_is_due(flusher, now_ns);
    int r;

    if (out->failed)
        return -ENOMEM;
    r = rolling_file_append(&flusher->file, out->data, out->size, sync);
    if (r == 0 && sync)
        flusher->synced_ns = now_ns;
    return r;
}

static uint32_t file_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct file_flusher *flusher = self;
    int r;

    weir_buffer_clear(&flusher->out);
    if (flusher->options->format == FORMAT_RAW)
        lay_out_raw(flusher, batch);
    else
        lay_out_json(flusher, batch);
    r = write_out(flusher);
    if (flusher->out.capacity > KEEP_CAPACITY)
        weir_buffer_finish(&flusher->out);
    if (r == 0)
        return WEIR_DELIVERED;
    weir_explain(result, -r, "cannot write %s: %s", flusher->options->path.data, strerror(-r));
    return WEIR_RETRY;
}

static int file_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct file_flusher *flusher = self;
    int r = folders_allow(flusher->options->path.data);

    (void)deadline_ns;
    if (r < 0)
        weir_explain(
            result, -r, "%s cannot be written: %s", flusher->options->path.data, strerror(-r));
    return r;
}

static int file_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct file_flusher *flusher = self;
    int r = 0;

    (void)deadline_ns;
    if (flusher->options->sync != SYNC_NONE)
        r = rolling_file_sync(&flusher->file);
    if (r < 0)
        weir_explain(result, -r, "cannot sync %s: %s", flusher->options->path.data, strerror(-r));
    rolling_file_close(&flusher->file);
    weir_buffer_finish(&flusher->out);
    weir_json_head_finish(&flusher->head);
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
    .probe = file_probe,
};

WEIR_PLUGIN("file", "1.0.0", "flusher_file", &file_class);
