#include "input/troubles.h"

#include "base/clock.h"
#include "base/metric.h"

static const struct {
    const char *metric, *unit, *help;
    const char *message;
} kinds[TROUBLE_KINDS] = {
    [TROUBLE_LONG_LOGS] = {"weir_input_long_logs_total", "logs",
        "Logs that were longer than MaxLogSize and have been cut.",
        "logs are longer than MaxLogSize and are cut"},
    [TROUBLE_LEFT_OUT_LINES] = {"weir_input_left_out_lines_total", "lines",
        "Lines that belong to no log by Multiline, left out.",
        "lines that belong to no log by Multiline are left out"},
    [TROUBLE_HARD_LINES] = {"weir_input_hard_lines_total", "lines",
        "Lines that an expression of Multiline was given up on.",
        "lines are too hard for an expression of Multiline and count as not matching"},
    [TROUBLE_BAD_CHARACTERS] = {"weir_input_bad_characters_total", "characters",
        "Bytes that were not of FileEncoding and have been replaced.",
        "text is not of FileEncoding; what is wrong is replaced"},
    [TROUBLE_TRUNCATIONS] = {"weir_input_truncations_total", "files",
        "How often a file was truncated or written anew.",
        "file was truncated or written anew; reading it from its start"},
    [TROUBLE_LOST_BYTES] = {"weir_input_lost_bytes_total", "bytes",
        "Bytes that were seen in files and went away before they were read.",
        "bytes went away before they were read: lost"},
    [TROUBLE_COMPRESSED] = {"weir_input_compressed_files_total", "files",
        "Files that are not read because they are compressed.",
        "file is compressed and is not read; ExcludeFiles makes this quiet"},
    [TROUBLE_UTF16] = {"weir_input_utf16_files_total", "files",
        "Files that begin with UTF-16's byte order mark, and are read as if they were UTF-8.",
        "file is UTF-16, which is not known here: it is read as if it were UTF-8; let its "
        "writer write UTF-8"},
};

void troubles_init(struct troubles *troubles, const struct input_context *context)
{
    *troubles = (struct troubles){.context = context};
    for (size_t i = 0; i < TROUBLE_KINDS; i++)
        troubles->kinds[i].limit.interval_ns = TROUBLES_TOLD_NS;
}

/* A series is made when something is to be counted: most never are, and thousands of
 * pipelines would have thousands of zeroes. */
static void record(struct troubles *troubles, enum trouble kind, uint64_t count)
{
    struct metrics *metrics = troubles->context->metrics;
    uint32_t *metric = &troubles->kinds[kind].metric;

    if (!metrics)
        return;
    if (!*metric) {
        SCOPED_FREE char *labels = metric_labels(
            "pipeline", troubles->context->pipeline, "input", troubles->context->config->name);

        *metric = metrics_get(metrics, METRIC_COUNTER, kinds[kind].metric, kinds[kind].unit,
            kinds[kind].help, labels);
    }
    metrics_record(metrics, *metric, (double)count);
}

static void tell(struct troubles *troubles, enum trouble kind, const char *path)
{
    log_warn(kinds[kind].message, LOG_STR("pipeline", troubles->context->pipeline),
        LOG_STR("input", troubles->context->config->name), LOG_STR("path", path),
        LOG_INT("count", troubles->kinds[kind].untold));
    troubles->kinds[kind].untold = 0;
}

void troubles_add(struct troubles *troubles, enum trouble kind, const char *path, uint64_t count)
{
    uint64_t suppressed;

    if (!count)
        return;
    troubles->kinds[kind].count += count;
    troubles->kinds[kind].untold += count;
    record(troubles, kind, count);
    if (log_limit_pass(&troubles->kinds[kind].limit, clock_now_ns(), &suppressed))
        tell(troubles, kind, path);
}

void troubles_finish(struct troubles *troubles)
{
    for (int i = 0; i < TROUBLE_KINDS; i++)
        if (troubles->kinds[i].untold)
            tell(troubles, (enum trouble)i, "(several)");
}
