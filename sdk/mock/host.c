#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "own.h"

static struct weir_mock *mock_of(const struct weir_host *host)
{
    return host->handle;
}

struct own *mock_lock(const struct weir_mock *mock)
{
    struct own *own = mock->own;

    pthread_mutex_lock(&own->lock);
    return own;
}

void mock_unlock(const struct weir_mock *mock)
{
    pthread_mutex_unlock(&((struct own *)mock->own)->lock);
}

char *mock_text(struct weir_str text)
{
    char *copy = mock_allocate(text.size + 1);

    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

static char *line_text(struct weir_str message, const struct weir_field *fields, uint32_t n_fields)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        abort();
    fwrite(message.data, 1, message.size, stream);
    for (uint32_t i = 0; i < n_fields; i++) {
        fputc(' ', stream);
        fwrite(fields[i].key.data, 1, fields[i].key.size, stream);
        fputc('=', stream);
        fwrite(fields[i].value.data, 1, fields[i].value.size, stream);
    }
    if (fclose(stream) != 0)
        abort();
    return text;
}

static void host_log(const struct weir_host *host, uint32_t level, struct weir_str message,
    const struct weir_field *fields, uint32_t n_fields)
{
    struct weir_mock *mock = mock_of(host);
    struct weir_mock_line *lines;

    if (level > mock->log_level)
        return;
    mock_lock(mock);
    lines = mock_grow(mock->lines, mock->n_lines, sizeof *lines);
    lines[mock->n_lines++] =
        (struct weir_mock_line){.level = level, .text = line_text(message, fields, n_fields)};
    mock->lines = lines;
    mock_unlock(mock);
}

static int host_log_enabled(const struct weir_host *host, uint32_t level)
{
    return level <= mock_of(host)->log_level;
}

/* Index of the metric of that name; n_metrics if there is none. */
static uint32_t find_metric(const struct weir_mock *mock, const char *name)
{
    uint32_t i = 0;

    while (i < mock->n_metrics && strcmp(mock->metrics[i].name, name) != 0)
        i++;
    return i;
}

static int is_metric_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    return name[0] >= 'a' && name[0] <= 'z' && name[strspn(name, allowed)] == '\0';
}

static uint32_t host_metric(const struct weir_host *host, uint32_t kind, const char *name,
    const char *unit, const char *help)
{
    struct weir_mock *mock = mock_of(host);
    struct weir_mock_metric *metrics;
    uint32_t i;

    (void)unit;
    (void)help;
    if (!is_metric_name(name) || kind < WEIR_METRIC_COUNTER || kind > WEIR_METRIC_HISTOGRAM)
        return 0;
    mock_lock(mock);
    i = find_metric(mock, name);
    if (i == mock->n_metrics) {
        metrics = mock_grow(mock->metrics, mock->n_metrics, sizeof *metrics);
        metrics[mock->n_metrics++] = (struct weir_mock_metric){
            .name = mock_text((struct weir_str){name, strlen(name)}), .kind = kind};
        mock->metrics = metrics;
    }
    if (mock->metrics[i].kind != kind)
        i = UINT32_MAX;
    mock_unlock(mock);
    return i + 1;
}

static void host_record(const struct weir_host *host, uint32_t metric, double value)
{
    struct weir_mock *mock = mock_of(host);
    struct weir_mock_metric *found;

    mock_lock(mock);
    if (metric > 0 && metric <= mock->n_metrics) {
        found = (struct weir_mock_metric *)(uintptr_t)&mock->metrics[metric - 1];
        found->value = found->kind == WEIR_METRIC_GAUGE ? value : found->value + value;
        found->n_records++;
    }
    mock_unlock(mock);
}

void weir_mock_advance(struct weir_mock *mock, uint64_t ns)
{
    mock_lock(mock);
    mock->now_ns += ns;
    mock->wall_ns += ns;
    mock_unlock(mock);
}

static uint64_t host_now_ns(const struct weir_host *host)
{
    struct weir_mock *mock = mock_of(host);
    uint64_t now_ns;

    mock_lock(mock);
    mock->wall_ns += mock->step_ns;
    now_ns = mock->now_ns += mock->step_ns;
    mock_unlock(mock);
    return now_ns;
}

static uint64_t host_wall_ns(const struct weir_host *host)
{
    struct weir_mock *mock = mock_of(host);
    uint64_t wall_ns;

    mock_lock(mock);
    mock->now_ns += mock->step_ns;
    wall_ns = mock->wall_ns += mock->step_ns;
    mock_unlock(mock);
    return wall_ns;
}

struct open_batch *mock_find_open(struct own *own, uint64_t id)
{
    for (uint32_t i = 0; i < own->n_open; i++)
        if (own->open[i].id == id)
            return &own->open[i];
    return NULL;
}

void mock_record_settle(struct weir_mock *mock, uint64_t id, uint32_t verdict,
    const struct weir_result *result, int answer)
{
    const char *text = result && result->text ? result->text : "";
    struct weir_mock_settle *settles = mock_grow(mock->settles, mock->n_settles, sizeof *settles);

    settles[mock->n_settles++] = (struct weir_mock_settle){.batch_id = id,
        .verdict = verdict,
        .code = result ? result->code : 0,
        .retry_after_ns = result ? result->retry_after_ns : 0,
        .text = mock_text((struct weir_str){text, strlen(text)}),
        .answer = answer};
    mock->settles = settles;
}

static int host_settle(const struct weir_host *host, uint64_t batch_id, uint32_t verdict,
    const struct weir_result *result)
{
    struct weir_mock *mock = mock_of(host);
    struct own *own = mock_lock(mock);
    struct open_batch *open = mock_find_open(own, batch_id);
    int answer = open && !open->settled ? 0 : -ENOENT;

    if (answer != 0 || verdict == WEIR_PENDING || verdict > WEIR_BROKEN)
        mock->n_misuses++;
    if (answer == 0) {
        open->settled = 1;
        if (mock->n_open > 0 && !open->batch)
            mock->n_open--;
    }
    mock_record_settle(mock, batch_id, verdict, result, answer);
    pthread_cond_broadcast(&own->settled);
    mock_unlock(mock);
    return answer;
}

static int judge_mark(
    struct own *own, const struct weir_batch *batch, uint32_t group, uint32_t log, uint32_t verdict)
{
    const struct open_batch *open = mock_find_open(own, batch->id);

    if (!open || open->settled || verdict > WEIR_REJECTED)
        return -EINVAL;
    return group < batch->n_groups && log < batch->groups[group]->n_logs ? 0 : -EINVAL;
}

static int host_mark(const struct weir_host *host, const struct weir_batch *batch, uint32_t group,
    uint32_t log, uint32_t verdict, int32_t code, struct weir_str text)
{
    struct weir_mock *mock = mock_of(host);
    struct own *own = mock_lock(mock);
    struct weir_mock_mark *marks = mock_grow(mock->marks, mock->n_marks, sizeof *marks);
    int answer = judge_mark(own, batch, group, log, verdict);

    marks[mock->n_marks++] =
        (struct weir_mock_mark){batch->id, group, log, verdict, code, mock_text(text), answer};
    mock->marks = marks;
    if (answer != 0)
        mock->n_misuses++;
    mock_unlock(mock);
    return answer;
}

static void host_notify_ready(const struct weir_host *host)
{
    mock_lock(mock_of(host));
    mock_of(host)->n_notified++;
    mock_unlock(mock_of(host));
}

static void host_alive(const struct weir_host *host)
{
    mock_lock(mock_of(host));
    mock_of(host)->n_alive++;
    mock_unlock(mock_of(host));
}

/* Takes no real time. Woken (nap_answer non-zero), it takes none at all. */
static int host_nap(const struct weir_host *host, uint64_t ns)
{
    struct weir_mock *mock = mock_of(host);
    int answer = mock->nap_answer;

    weir_mock_advance(mock, answer ? 0 : ns);
    mock_lock(mock);
    mock->n_naps++;
    mock_unlock(mock);
    return answer;
}

static char *make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = NULL;

    if (asprintf(&path, "%s/weir-mock-XXXXXX", parent && *parent ? parent : "/tmp") < 0)
        abort();
    if (mkdtemp(path))
        return path;
    free(path);
    return NULL;
}

static int host_data_dir(const struct weir_host *host, struct weir_str *ret_path)
{
    struct weir_mock *mock = mock_of(host);
    struct own *own = mock_lock(mock);
    int answer = 0;

    if (!own->data_dir)
        own->data_dir = make_folder();
    if (own->data_dir)
        *ret_path = (struct weir_str){own->data_dir, strlen(own->data_dir)};
    else
        answer = -errno;
    mock_unlock(mock);
    return answer;
}

void mock_fill_host(struct weir_mock *mock)
{
    mock->host = (struct weir_host){
        .struct_size = sizeof mock->host,
        .abi_minor = WEIR_ABI_MINOR,
        .handle = mock,
        .name = "weir-mock",
        .version = "0",
        .log = host_log,
        .log_enabled = host_log_enabled,
        .metric = host_metric,
        .record = host_record,
        .now_ns = host_now_ns,
        .wall_ns = host_wall_ns,
        .settle = host_settle,
        .mark = host_mark,
        .notify_ready = host_notify_ready,
        .alive = host_alive,
        .nap = host_nap,
        .data_dir = host_data_dir,
    };
}

const struct weir_mock_metric *weir_mock_metric(const struct weir_mock *mock, const char *name)
{
    uint32_t i = find_metric(mock, name);

    return i < mock->n_metrics ? &mock->metrics[i] : NULL;
}

uint32_t weir_mock_logged(const struct weir_mock *mock, const char *words)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < mock->n_lines; i++)
        count += strstr(mock->lines[i].text, words) != NULL;
    return count;
}
