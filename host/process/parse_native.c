#include "process/parse_native.h"

#include "process/source.h"

struct weir_str parse_native_source_key(
    const struct parse_native_options *options, struct batch *batch)
{
    return batch_copy(batch,
        options->renamed_source_key.size ? options->renamed_source_key : options->source_key);
}

bool parse_native_begin(struct parse_native *parse)
{
    parse->source = log_find(parse->log, parse->options->source_key);
    parse->n_before = parse->log->n_contents;
    if (parse->source == parse->n_before)
        return false;
    parse->text = parse->log->contents[parse->source].value;
    return true;
}

/* Whether the content replaces one that was there before; *ret_source: it is the source. */
static bool replaces(struct parse_native *parse, struct weir_kv content, bool *ret_source)
{
    struct weir_kv *contents = log_contents(parse->log);

    for (uint32_t i = 0; i < parse->n_before; i++)
        if (str_equal(contents[i].key, content.key)) {
            contents[i].value = content.value;
            *ret_source |= i == parse->source;
            return true;
        }
    return false;
}

/* Returns whether the source was replaced. */
static bool merge(struct parse_native *parse)
{
    struct weir_kv *contents = log_contents(parse->log);
    uint32_t n_kept = parse->n_before;
    bool source_replaced = false;

    for (uint32_t i = parse->n_before; i < parse->log->n_contents; i++)
        if (!replaces(parse, contents[i], &source_replaced))
            contents[n_kept++] = contents[i];
    parse->log->n_contents = n_kept;
    return source_replaced;
}

static void add_missing(struct parse_native *parse, struct weir_str key)
{
    if (log_find(parse->log, key) == parse->log->n_contents)
        append_content(parse->batch, parse->log, key, parse->text, 1);
}

bool parse_native_end(struct parse_native *parse, bool parsed)
{
    const struct parse_native_options *given = parse->options;

    if (!parsed)
        parse->log->n_contents = parse->n_before;
    if (!parsed || !merge(parse))
        log_remove(parse->log, parse->source);
    if (parsed ? given->keep_if_parsed : given->keep_if_failed)
        add_missing(parse, parse->source_key);
    if (!parsed && given->keep_if_failed && given->copy_raw_log)
        add_missing(parse, str_of("__raw_log__"));
    return parsed || given->keep_if_failed || parse->log->n_contents;
}
