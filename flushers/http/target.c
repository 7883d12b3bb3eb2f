#include "http/target.h"

#include <errno.h>
#include <stdlib.h>
#include <weir/words.h>

static size_t count(const struct target *target)
{
    return target->query.count + target->headers.count;
}

static const struct weir_kv *option(const struct target *target, size_t i)
{
    return i < target->query.count ? &target->query.items[i]
                                   : &target->headers.items[i - target->query.count];
}

static int refuse(const struct target *target, size_t i, const char *why, struct weir_str what,
    struct weir_error *error)
{
    return weir_refuse(error, 0, "%s: the value of %s: %s%.*s",
        i < target->query.count ? "Query" : "Headers", option(target, i)->key.data, why,
        (int)what.size, what.size ? what.data : "");
}

static int read_value(struct target *target, size_t i, uint32_t protocol, struct weir_error *error)
{
    struct weir_template *made = &target->templates[i];
    const char *why = "no memory";

    if (weir_template_parse(made, option(target, i)->value, &why) != 0)
        return refuse(target, i, why, (struct weir_str){0}, error);
    for (size_t part = 0; part < weir_template_n_parts(made); part++) {
        struct weir_str name = weir_template_text(made, part);

        if (!weir_template_is_variable(made, part))
            continue;
        target->any = true;
        if (!weir_convert_selects(protocol, name))
            return refuse(target, i, "unsupported field: ", name, error);
    }
    return 0;
}

int target_init(struct target *target, const struct weir_http_options *options, uint32_t protocol,
    struct weir_error *error)
{
    int r = 0;

    target->query = options->query;
    target->headers = options->headers;
    target->templates = calloc(count(target) + 1, sizeof *target->templates);
    target->pairs = calloc(count(target) + 1, sizeof *target->pairs);
    target->now.ends = calloc(count(target) + 1, sizeof *target->now.ends);
    target->last.ends = calloc(count(target) + 1, sizeof *target->last.ends);
    if (!target->templates || !target->pairs || !target->now.ends || !target->last.ends)
        r = weir_refuse(error, ENOMEM, "no memory");
    for (size_t i = 0; r == 0 && i < count(target); i++)
        r = read_value(target, i, protocol, error);
    if (r)
        target_finish(target);
    return r;
}

void target_finish(struct target *target)
{
    for (size_t i = 0; target->templates && i < count(target); i++)
        weir_template_finish(&target->templates[i]);
    free(target->templates);
    free(target->pairs);
    free(target->now.ends);
    free(target->last.ends);
    weir_buffer_finish(&target->now.text);
    weir_buffer_finish(&target->last.text);
    *target = (struct target){0};
}

void target_reset(struct target *target)
{
    target->aimed = false;
}

static const struct weir_str *find(void *owner, struct weir_str name)
{
    return weir_convert_find(owner, name);
}

static bool equal(const struct target_values *a, const struct target_values *b, size_t n)
{
    return a->text.size == b->text.size && memcmp(a->ends, b->ends, n * sizeof *a->ends) == 0 &&
           (!a->text.size || memcmp(a->text.data, b->text.data, a->text.size) == 0);
}

bool target_changes(struct target *target, struct weir_convert *convert)
{
    struct target_values before = target->last;

    weir_buffer_clear(&target->now.text);
    for (size_t i = 0; i < count(target); i++) {
        weir_template_append(&target->templates[i], &target->now.text, find, convert);
        target->now.ends[i] = target->now.text.size;
    }
    if (target->aimed && equal(&target->now, &target->last, count(target)))
        return false;
    target->last = target->now;
    target->now = before;
    return true;
}

void target_aim(struct target *target, struct weir_http_job *job)
{
    const struct target_values *values = &target->last;
    size_t from = 0;

    for (size_t i = 0; i < count(target); from = values->ends[i++])
        target->pairs[i] = (struct weir_kv){
            option(target, i)->key, {values->text.data + from, values->ends[i] - from}};
    weir_http_body(job)->failed |= values->text.failed;
    target->aimed = true;
    weir_http_target(job, (struct weir_str_map){target->pairs, target->query.count},
        (struct weir_str_map){target->pairs + target->query.count, target->headers.count});
}
