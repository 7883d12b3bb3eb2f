#include <weir/words.h>
#include "convert.h"
#include "metric.h"
#include "utf8.h"

/* Fields of a WriteRequest, as tags of protobuf: the number, and how the value is written. */
enum {
    REQUEST_TIMESERIES = 1 << 3 | 2,
    SERIES_LABELS = 1 << 3 | 2,
    SERIES_SAMPLES = 2 << 3 | 2,
    LABEL_NAME = 1 << 3 | 2,
    LABEL_VALUE = 2 << 3 | 2,
    SAMPLE_VALUE = 1 << 3 | 1,
    SAMPLE_TIMESTAMP = 2 << 3 | 0,
};

#define NS_PER_MS 1000000

/* How upstream writes the NaN with which Prometheus says that a series has ended, and its
 * bits, which a double in a register need not keep. */
#define STALE_TEXT "__STALE_NAN__"
#define STALE_BITS UINT64_C(0x7ff0000000000002)

static const struct weir_str name_key = {"__name__", 8};

/* The name of the series: two parts with something between. */
struct series_name {
    struct weir_str name, field;
    const char *between;
};

static size_t varint_size(uint64_t number)
{
    size_t size = 1;

    while (number >>= 7)
        size++;
    return size;
}

static void append_varint(struct weir_buffer *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        weir_buffer_append_byte(out, (char)(number | 0x80));
    weir_buffer_append_byte(out, (char)number);
}

/* Of a field with a length, in front of what it holds. */
static void append_head(struct weir_buffer *out, int tag, size_t size)
{
    weir_buffer_append_byte(out, (char)tag);
    append_varint(out, size);
}

static size_t field_size(size_t size)
{
    return 1 + varint_size(size) + size;
}

static size_t name_size(const struct series_name *name)
{
    return name->name.size + strlen(name->between) + name->field.size;
}

static void append_name(struct weir_buffer *out, const struct series_name *name)
{
    append_head(out, SERIES_LABELS, field_size(name_key.size) + field_size(name_size(name)));
    append_head(out, LABEL_NAME, name_key.size);
    weir_buffer_append_str(out, name_key);
    append_head(out, LABEL_VALUE, name_size(name));
    weir_buffer_append_str(out, name->name);
    weir_buffer_append_text(out, name->between);
    weir_buffer_append_str(out, name->field);
}

static void append_label(struct weir_buffer *out, const struct weir_kv *label)
{
    append_head(out, SERIES_LABELS, field_size(label->key.size) + field_size(label->value.size));
    append_head(out, LABEL_NAME, label->key.size);
    weir_buffer_append_str(out, label->key);
    append_head(out, LABEL_VALUE, label->value.size);
    weir_buffer_append_str(out, label->value);
}

/* Empty ones do not count; the name is not theirs. */
static bool is_label(const struct weir_kv *pair)
{
    return pair->key.size && pair->value.size && str_compare(pair->key, name_key) != 0;
}

static void append_labels(
    struct weir_buffer *out, const struct pairs *labels, const struct series_name *name)
{
    const struct weir_kv *items = pairs_items(labels);
    size_t n = pairs_count(labels), i = 0;

    for (; i < n && str_compare(items[i].key, name_key) < 0; i++)
        if (is_label(&items[i]))
            append_label(out, &items[i]);
    append_name(out, name);
    for (; i < n; i++)
        if (is_label(&items[i]))
            append_label(out, &items[i]);
}

static size_t labels_size(const struct pairs *labels, const struct series_name *name)
{
    const struct weir_kv *items = pairs_items(labels);
    size_t size = field_size(field_size(name_key.size) + field_size(name_size(name)));

    for (size_t i = 0; i < pairs_count(labels); i++)
        if (is_label(&items[i]))
            size += field_size(field_size(items[i].key.size) + field_size(items[i].value.size));
    return size;
}

/* The bits of a double; false: the text is no number. */
static bool read_value(struct weir_str text, uint64_t *ret_bits)
{
    double value;

    if (weir_str_is(text, STALE_TEXT)) {
        *ret_bits = STALE_BITS;
        return true;
    }
    if (!metric_double(text, &value))
        return false;
    memcpy(ret_bits, &value, sizeof value);
    return true;
}

/* Either zero. */
static bool is_zero(uint64_t bits)
{
    return !(bits << 1);
}

/* Zeros are left out, as protobuf has it. */
static size_t sample_size(uint64_t bits, int64_t time_ms)
{
    return (is_zero(bits) ? 0 : 9) + (time_ms ? 1 + varint_size((uint64_t)time_ms) : 0);
}

static void append_sample(struct weir_buffer *out, uint64_t bits, int64_t time_ms)
{
    append_head(out, SERIES_SAMPLES, sample_size(bits, time_ms));
    if (!is_zero(bits)) {
        weir_buffer_append_byte(out, SAMPLE_VALUE);
        for (int i = 0; i < 8; i++)
            weir_buffer_append_byte(out, (char)(bits >> 8 * i));
    }
    if (time_ms) {
        weir_buffer_append_byte(out, SAMPLE_TIMESTAMP);
        append_varint(out, (uint64_t)time_ms);
    }
}

static bool is_text(struct weir_str text)
{
    size_t i = 0;

    while (i < text.size) {
        const unsigned char *at = (const unsigned char *)text.data + i;
        size_t n = *at < 0x80 ? 1 : utf8_length(at, text.size - i);

        if (!n)
            return false;
        i += n;
    }
    return true;
}

static bool all_text(const struct pairs *labels, const struct series_name *name)
{
    bool good = is_text(name->name) && is_text(name->field);

    for (size_t i = 0; i < pairs_count(labels) && good; i++)
        good = is_text(pairs_items(labels)[i].key) && is_text(pairs_items(labels)[i].value);
    return good;
}

const char *convert_prometheus(
    struct weir_convert *convert, const struct weir_log *log, struct weir_buffer *out)
{
    struct metric metric = metric_read(log);
    struct series_name name = {metric_name(&metric), metric_field(&metric), ""};
    const char *why = metric_labels(&metric, &convert->labels, convert->words);
    int64_t time_ns, time_ms;
    uint64_t bits;

    if (why)
        return why;
    if (!name.name.size || !metric.value.size)
        return "no metric: it must have __name__ and __value__";
    if (!read_value(metric.value, &bits))
        return "__value__ is no number, and Prometheus has nothing else";
    if (!metric_time_ns(&metric, &time_ns))
        return "__time_nano__ is no time";
    if (!all_text(&convert->labels, &name))
        return "a name or label is not UTF-8";
    name.between = name.field.size ? "_" : "";
    time_ms = metric.time.size ? time_ns / NS_PER_MS
                               : (int64_t)log->time_s * 1000 + log->time_ns / NS_PER_MS;
    append_head(out, REQUEST_TIMESERIES,
        labels_size(&convert->labels, &name) + field_size(sample_size(bits, time_ms)));
    append_labels(out, &convert->labels, &name);
    append_sample(out, bits, time_ms);
    return NULL;
}
