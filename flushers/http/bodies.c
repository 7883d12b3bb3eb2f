#include "http/bodies.h"

#include <errno.h>
#include <weir/words.h>

/* A log by its place in the batch. */
struct place {
    uint32_t group, log;
};

static struct joint joint_of(uint32_t protocol, const struct convert_options *convert)
{
    switch (protocol) {
    case PROTOCOL_JSONLINE:
        return (struct joint){"", "\n", "", false, true};
    case PROTOCOL_INFLUXDB:
    case PROTOCOL_PROMETHEUS:
        return (struct joint){"", "", "", false, true};
    case PROTOCOL_RAW:
        return (struct joint){"", convert->separator.size ? convert->separator.data : "", "",
            !convert->separator.size, true};
    case PROTOCOL_NDJSON:
        return (struct joint){"", "\n", "\n", false, false};
    case PROTOCOL_JSON_ARRAY:
        return (struct joint){"[", ",\n", "]", false, false};
    default:
        return (struct joint){"", "", "", true, true};
    }
}

/* ndjson and json_array are not of the converter; there it only serves selectors. */
static bool is_plain(const struct bodies *bodies)
{
    return bodies->protocol == PROTOCOL_NDJSON || bodies->protocol == PROTOCOL_JSON_ARRAY;
}

/* WEIR_CONVERT_* */
static uint32_t convert_protocol(const struct bodies *bodies)
{
    if (bodies->protocol == PROTOCOL_PROMETHEUS)
        return WEIR_CONVERT_PROMETHEUS;
    return is_plain(bodies) ? (uint32_t)WEIR_CONVERT_CUSTOM_SINGLE : bodies->protocol;
}

int bodies_init(struct bodies *bodies, const struct http_options *options, struct weir_error *error)
{
    int r;

    bodies->options = options;
    bodies->protocol = http_protocol(options);
    bodies->logs_max = http_logs_max(options);
    r = bodies->protocol == PROTOCOL_PROMETHEUS ? 0 : http_check_convert(&options->convert, error);
    if (r)
        return r;
    bodies->joint = joint_of(bodies->protocol, &options->convert);
    bodies->convert_options = (struct weir_convert_options){.protocol = convert_protocol(bodies),
        .tag_rename = options->convert.tag_rename,
        .protocol_rename = options->convert.protocol_rename};
    r = filter_init(&bodies->filter, options, error);
    if (r)
        return r;
    r = target_init(&bodies->target, &options->http, bodies->convert_options.protocol, error);
    if (r) {
        filter_finish(&bodies->filter);
        return r;
    }
    bodies->convert = weir_convert_create(&bodies->convert_options);
    if (bodies->convert)
        return 0;
    bodies_finish(bodies);
    return weir_refuse(error, ENOMEM, "no memory");
}

void bodies_finish(struct bodies *bodies)
{
    target_finish(&bodies->target);
    filter_finish(&bodies->filter);
    weir_convert_destroy(bodies->convert);
    bodies->convert = NULL;
    weir_json_head_finish(&bodies->head);
    weir_buffer_finish(&bodies->selected);
    weir_buffer_finish(&bodies->again);
}

/* Appends a log; NULL, or why it cannot be. */
static const char *append_log(
    struct bodies *bodies, struct weir_buffer *body, const struct weir_log *log)
{
    if (!is_plain(bodies))
        return weir_convert_log(bodies->convert, log, body);
    weir_json_object(body, &bodies->head, log);
    if (bodies->target.any) {
        weir_buffer_clear(&bodies->selected);
        weir_convert_log(bodies->convert, log, &bodies->selected);
        body->failed |= bodies->selected.failed;
    }
    return NULL;
}

/* Writes over what lies at `at` in the body of the next request. */
static void put(struct bodies *bodies, size_t at, const char *text)
{
    struct weir_buffer *body = weir_http_body(bodies->job);

    if (!body->failed)
        memcpy(body->data + body->size - weir_http_size(bodies->job) + at, text, strlen(text));
}

/* Ends the request behind its first `size` bytes. What joined the log that follows to it
 * becomes its end and that one's beginning, or falls out. */
static void split(struct bodies *bodies, size_t size, struct place at)
{
    const struct joint *joint = &bodies->joint;
    size_t gap = strlen(joint->between), end = strlen(joint->end), first = strlen(joint->first);

    put(bodies, size, joint->end);
    put(bodies, size + gap - first, joint->first);
    weir_http_cut_gap(bodies->job, size + end, gap - end - first, at.group, at.log);
    bodies->n_logs = 0;
}

/* Ends the request before this log, whatever is in it. */
static void cut(struct bodies *bodies, struct place at)
{
    if (!bodies->n_logs)
        return;
    weir_buffer_append_text(weir_http_body(bodies->job), bodies->joint.end);
    weir_http_cut(bodies->job, at.group, at.log);
    bodies->n_logs = 0;
}

/* The log is in no request: what becomes of those around it is not its business. */
static void settle_here(struct bodies *bodies, struct place at)
{
    weir_http_mark(bodies->job, at.group, at.log, WEIR_DELIVERED, 0, (struct weir_str){"", 0});
}

static void leave_out(struct bodies *bodies, struct place at, const char *why)
{
    bool is_metric =
        bodies->protocol == PROTOCOL_INFLUXDB || bodies->protocol == PROTOCOL_PROMETHEUS;

    if (is_metric && bodies->options->convert.ignore_unexpected) {
        bodies->n_ignored++;
        settle_here(bodies, at);
        return;
    }
    weir_http_mark(bodies->job, at.group, at.log, WEIR_REJECTED, 0, weir_str_of(why));
}

/* A request is larger than the limit only if a single log is. */
static void lay_out_log(struct bodies *bodies, const struct weir_log *log, struct place at)
{
    struct weir_buffer *body = weir_http_body(bodies->job);
    size_t before = weir_http_size(bodies->job);
    const char *why;
    bool turns;

    weir_buffer_append_text(body, bodies->n_logs ? bodies->joint.between : bodies->joint.first);
    why = append_log(bodies, body, log);
    if (why) {
        body->size -= weir_http_size(bodies->job) - before;
        leave_out(bodies, at, why);
        return;
    }
    turns = bodies->target.any && target_changes(&bodies->target, bodies->convert);
    if (bodies->n_logs &&
        (turns || bodies->n_logs == bodies->logs_max ||
            weir_http_size(bodies->job) + strlen(bodies->joint.end) > bodies->size_max))
        split(bodies, before, at);
    if (turns)
        target_aim(&bodies->target, bodies->job);
    bodies->n_logs++;
    if (bodies->joint.alone)
        cut(bodies, (struct place){at.group, at.log + 1});
}

static void begin_group(struct bodies *bodies, const struct weir_group *group)
{
    if (is_plain(bodies))
        weir_json_head_set(&bodies->head, group);
    if (!is_plain(bodies) || bodies->target.any)
        weir_convert_group(bodies->convert, group);
}

static void filter_out(struct bodies *bodies, const struct weir_group *group, uint32_t number)
{
    for (uint32_t log = 0; log < group->n_logs; log++)
        settle_here(bodies, (struct place){number, log});
    bodies->n_filtered += group->n_logs;
}

static void lay_out_group(struct bodies *bodies, const struct weir_group *group, uint32_t number)
{
    struct place at = {number, 0};

    if (bodies->joint.by_group)
        cut(bodies, at);
    if (!filter_passes(&bodies->filter, group)) {
        filter_out(bodies, group, number);
        return;
    }
    begin_group(bodies, group);
    for (; at.log < group->n_logs; at.log++)
        lay_out_log(bodies, weir_log_at(group, at.log), at);
}

void bodies_lay_out(struct bodies *bodies, struct weir_http_job *job,
    const struct weir_batch *batch, uint64_t size_max)
{
    bodies->job = job;
    bodies->size_max = size_max;
    bodies->n_logs = 0;
    bodies->n_ignored = 0;
    bodies->n_filtered = 0;
    target_reset(&bodies->target);
    for (uint32_t i = 0; i < batch->n_groups; i++)
        lay_out_group(bodies, batch->groups[i], i);
    cut(bodies, (struct place){batch->n_groups, 0});
}

/* False: the log is in no request. */
static bool measure(struct bodies *bodies, const struct weir_log *log, size_t *ret_size)
{
    weir_buffer_clear(&bodies->again);
    if (append_log(bodies, &bodies->again, log))
        return false;
    *ret_size = bodies->again.size;
    return true;
}

/* Past the ends of groups. False: all logs of the request lie before. */
static bool seek(const struct weir_http_answer *answer, struct place *at)
{
    const struct weir_batch *batch = answer->batch;

    while (at->group < batch->n_groups && at->log >= batch->groups[at->group]->n_logs)
        *at = (struct place){at->group + 1, 0};
    return at->group < batch->n_groups &&
           (at->group < answer->end_group ||
               (at->group == answer->end_group && at->log < answer->end_log));
}

/* The first half ends with the log with which it has half of the bytes, unless that is the
 * last. False: there is only one. */
static bool find_half(struct bodies *bodies, const struct weir_http_answer *answer, size_t size,
    struct weir_http_half *ret_half)
{
    struct place at = {answer->first_group, answer->first_log};
    size_t end = strlen(bodies->joint.first), between = strlen(bodies->joint.between), n_bytes;
    uint32_t begun = UINT32_MAX, n_logs = 0;
    bool passes = true;

    for (; seek(answer, &at); at.log++) {
        const struct weir_group *group = answer->batch->groups[at.group];

        if (at.group != begun) {
            passes = filter_passes(&bodies->filter, group);
            begin_group(bodies, group);
        }
        begun = at.group;
        if (!passes || !measure(bodies, weir_log_at(group, at.log), &n_bytes))
            continue;
        if (n_logs++) {
            *ret_half = (struct weir_http_half){end, between, at.group, at.log};
            if (end >= size / 2)
                return true;
            end += between;
        }
        end += n_bytes;
    }
    return n_logs > 1;
}

bool bodies_halve(struct bodies *bodies, const struct weir_http_answer *answer, char *body,
    size_t size, struct weir_http_half *ret_half)
{
    const struct joint *joint = &bodies->joint;
    size_t first = strlen(joint->first), end = strlen(joint->end), between;

    if (!find_half(bodies, answer, size, ret_half) || bodies->again.failed)
        return false;
    between = ret_half->gap;
    memcpy(body + ret_half->size, joint->end, end);
    memcpy(body + ret_half->size + between - first, joint->first, first);
    ret_half->size += end;
    ret_half->gap -= end + first;
    return true;
}
