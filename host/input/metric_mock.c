/* metric_mock: a log of fixed contents and a growing Index at every interval. */
#include <json-c/json.h>
#include <stdio.h>
#include <xxhash.h>
#include "base/clock.h"
#include "base/mem.h"
#include "input/inputs.h"
#include "input/mock.h"

struct metric_mock_options {
    struct weir_str_map group_meta, group_tags, tags;
    struct weir_str fields; /* JSON */
    int64_t index;
    bool open_prometheus_pattern;
};

struct metric_mock {
    struct input input; /* first */
    struct mock_contents contents, group_tags;
    char *labels; /* of the Prometheus pattern; NULL: not wanted */
    int64_t index;
    bool waiting; /* for the gate, with a collection due */
    struct loop_timer timer;
};

#define ROW(MEMBER, NAME, TYPE, DEFAULT, HELP) \
    WEIR_OPTION(struct metric_mock_options, MEMBER, NAME, TYPE, 0, DEFAULT, NULL, NULL, NULL, HELP)

static const struct weir_option options[] = {
    ROW(tags, "Tags", WEIR_OPTION_STRING_MAP, NULL, "Contents of every log, before the fields."),
    ROW(fields, "Fields", WEIR_OPTION_JSON, "{}",
        "Contents of every log: an object. Numbers, booleans, lists and objects become text as "
        "they are written in JSON."),
    ROW(index, "Index", WEIR_OPTION_INT, "0", "The first log's content Index is one more."),
    ROW(open_prometheus_pattern, "OpenPrometheusPattern", WEIR_OPTION_BOOL, "false",
        "Logs look like Prometheus samples: __name__, __time_nano__, __labels__, __value__."),
    ROW(group_meta, "GroupMeta", WEIR_OPTION_STRING_MAP, NULL, "More tags of the group."),
    ROW(group_tags, "GroupTags", WEIR_OPTION_STRING_MAP, NULL,
        "Tags of the group, which is then apart from those of other inputs."),
};

static struct metric_mock *self_of(struct input *input)
{
    return container_of(input, struct metric_mock, input);
}

/* Adds the members of a JSON object, in their order; false when it is none. */
static bool add_fields(struct mock_contents *contents, const char *json)
{
    struct json_object *object = json_tokener_parse(json);
    bool is_object = json_object_is_type(object, json_type_object);

    if (is_object) {
        json_object_object_foreach(object, key, value)
        {
            struct weir_str text;

            if (json_object_is_type(value, json_type_string))
                text = (struct weir_str){
                    json_object_get_string(value), (size_t)json_object_get_string_len(value)};
            else
                text = str_of(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
            mock_contents_add(contents, str_of(key), text);
        }
    }
    json_object_put(object);
    return is_object;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct weir_kv *)a)->key.data, ((const struct weir_kv *)b)->key.data);
}

/* k#$#v|k#$#v, by key: sorts the contents. */
static char *make_labels(struct mock_contents *contents)
{
    struct buf buf = {0};

    if (contents->count)
        qsort(contents->items, contents->count, sizeof *contents->items, compare_keys);
    for (size_t i = 0; i < contents->count; i++)
        buf_printf(&buf, "%s%s#$#%s", i ? "|" : "", contents->items[i].key.data,
            contents->items[i].value.data);
    return buf_take(&buf);
}

static void push_sample(struct metric_mock *self)
{
    const struct input_context *context = self->input.context;
    struct batch *batch = batch_create(context->memory, 1);
    struct weir_log *log = batch_add_log(batch, 4);
    char text[32];

    mock_tag(batch, &self->input, &self->group_tags);
    mock_stamp(&self->input, log);
    batch_add_content(batch, log, str_of("__name__"), str_of("metrics_mock"));
    snprintf(text, sizeof text, "%llu", (unsigned long long)clock_wall_ns());
    batch_add_content(batch, log, str_of("__time_nano__"), batch_copy(batch, str_of(text)));
    batch_add_content(batch, log, str_of("__labels__"), batch_copy(batch, str_of(self->labels)));
    snprintf(text, sizeof text, "%lld", (long long)++self->index);
    batch_add_content(batch, log, str_of("__value__"), batch_copy(batch, str_of(text)));
    self->input.n_logs++;
    context->sink->push(context->sink, batch);
}

static void collect(struct metric_mock *self)
{
    const struct input_context *context = self->input.context;

    self->waiting = !gate_is_open(context->gate) || !memory_ask(context->memory, context->gate);
    if (self->waiting)
        return;
    if (self->labels)
        push_sample(self);
    else
        mock_push(&self->input, &self->group_tags, &self->contents, 1, &self->index);
    if (context->once)
        context->ended(context->owner);
    else
        loop_set_timer(context->loop, &self->timer,
            loop_now_ns(context->loop) + MAX(context->config->interval_ms, 1U) * NS_PER_MS);
}

static void expired(struct loop_timer *timer)
{
    collect(container_of(timer, struct metric_mock, timer));
}

static struct input *create(const struct input_context *context, char *why, size_t why_max)
{
    const struct metric_mock_options *given = context->config->options->values;
    struct metric_mock *self = mem_zalloc(sizeof *self);

    self->input = (struct input){.class = &input_metric_mock, .context = context};
    self->index = given->index;
    self->timer.expired = expired;
    mock_contents_add_map(&self->contents, &given->tags);
    if (given->fields.size && !add_fields(&self->contents, given->fields.data)) {
        snprintf(why, why_max, "Fields must be an object");
        mock_contents_finish(&self->contents);
        free(self);
        return NULL;
    }
    mock_contents_add_map(&self->group_tags, &given->group_meta);
    mock_contents_add_map(&self->group_tags, &given->group_tags);
    if (given->open_prometheus_pattern)
        self->labels = make_labels(&self->contents);
    return &self->input;
}

/* The first delay is random, so that many inputs do not collect all at once. */
static uint64_t first_delay_ns(const struct input_context *context)
{
    uint64_t range_ms =
        MIN(context->global->input_max_first_collect_delay_ms, context->config->interval_ms);
    uint64_t now_ns = clock_now_ns();

    if (context->once || !range_ms)
        return 0;
    return XXH64(&now_ns, sizeof now_ns, (uintptr_t)context) % (range_ms * NS_PER_MS);
}

static void start(struct input *input)
{
    struct loop *loop = input->context->loop;

    loop_set_timer(
        loop, &self_of(input)->timer, loop_now_ns(loop) + first_delay_ns(input->context));
}

static void resume(struct input *input)
{
    if (self_of(input)->waiting)
        collect(self_of(input));
}

static void stop(struct input *input)
{
    self_of(input)->waiting = false;
    loop_clear_timer(input->context->loop, &self_of(input)->timer);
}

static void destroy(struct input *input)
{
    struct metric_mock *self = self_of(input);

    mock_contents_finish(&self->contents);
    mock_contents_finish(&self->group_tags);
    free(self->labels);
    free(self);
}

const struct input_class input_metric_mock = {
    .config =
        {
            .type = "metric_mock",
            .description = "Makes a log of fixed contents at every interval, for tests.",
            .version = "1.0.0",
            .options = options,
            .n_options = ARRAY_SIZE(options),
            .option_stride = sizeof options[0],
            .options_size = sizeof(struct metric_mock_options),
            .implementation = &input_metric_mock,
        },
    .create = create,
    .start = start,
    .resume = resume,
    .stop = stop,
    .destroy = destroy,
};
