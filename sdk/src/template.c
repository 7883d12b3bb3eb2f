#include <weir/template.h>

#include <errno.h>

/* A template that is being read. */
struct reader {
    struct weir_template *to;
    struct weir_str text;
    size_t at;   /* in `text` */
    size_t from; /* where in to->text the part begins */
};

static const struct weir_template_part *part_of(const struct weir_template *self, size_t i)
{
    return (const struct weir_template_part *)(const void *)self->parts.data + i;
}

static void end_part(struct reader *reader, bool variable)
{
    struct weir_template_part part = {reader->from, reader->to->text.size - reader->from, variable};

    if (part.size)
        weir_buffer_append(&reader->to->parts, &part, sizeof part);
    reader->from = reader->to->text.size;
}

static bool more(const struct reader *reader)
{
    return reader->at < reader->text.size;
}

static bool opens(const struct reader *reader)
{
    return reader->text.size - reader->at >= 2 && reader->text.data[reader->at] == '%' &&
           reader->text.data[reader->at + 1] == '{';
}

/* The next character, without the backslash in front of it. */
static char take(struct reader *reader)
{
    char c = reader->text.data[reader->at++];

    return c == '\\' && more(reader) ? reader->text.data[reader->at++] : c;
}

/* A colon and what makes it an operator. */
static void pass_operator(struct reader *reader)
{
    reader->at++;
    if (more(reader) && strchr("!@#&*=+<>?", reader->text.data[reader->at]) &&
        reader->text.data[reader->at])
        reader->at++;
}

/* Behind `%{`. NULL, or what is wrong. */
static const char *read_variable(struct reader *reader)
{
    size_t n_texts = 0, n_operators = 0;
    bool in_text = false; /* the name, or what follows an operator */

    while (more(reader)) {
        if (opens(reader))
            return "format string variables can not be nested";
        if (reader->text.data[reader->at] == '}') {
            reader->at++;
            end_part(reader, true);
            return n_texts ? NULL : "empty format expansion";
        }
        if (reader->text.data[reader->at] == ':') {
            if (!n_texts)
                return "unexpected formatter operator";
            if (++n_operators > n_texts)
                return "consecutive operators";
            pass_operator(reader);
            in_text = false;
            continue;
        }
        n_texts += !in_text;
        in_text = true;
        if (n_operators)
            take(reader);
        else
            weir_buffer_append_byte(&reader->to->text, take(reader));
    }
    return "missing closing '}'";
}

static const char *read_all(struct reader *reader)
{
    const char *wrong = NULL;

    while (!wrong && more(reader)) {
        if (!opens(reader)) {
            weir_buffer_append_byte(&reader->to->text, take(reader));
            continue;
        }
        end_part(reader, false);
        reader->at += 2;
        wrong = read_variable(reader);
    }
    end_part(reader, false);
    return wrong;
}

int weir_template_parse(struct weir_template *self, struct weir_str text, const char **ret_why)
{
    struct weir_template made = {0};
    struct reader reader = {&made, text, 0, 0};
    const char *wrong = read_all(&reader);

    if (!wrong && !made.text.failed && !made.parts.failed) {
        *self = made;
        return 0;
    }
    weir_template_finish(&made);
    if (!wrong)
        return -ENOMEM;
    *ret_why = wrong;
    return -EINVAL;
}

void weir_template_finish(struct weir_template *self)
{
    weir_buffer_finish(&self->text);
    weir_buffer_finish(&self->parts);
}

size_t weir_template_n_parts(const struct weir_template *self)
{
    return self->parts.size / sizeof(struct weir_template_part);
}

bool weir_template_is_variable(const struct weir_template *self, size_t part)
{
    return part_of(self, part)->variable;
}

struct weir_str weir_template_text(const struct weir_template *self, size_t part)
{
    return (struct weir_str){
        self->text.data + part_of(self, part)->offset, part_of(self, part)->size};
}

void weir_template_append(const struct weir_template *self, struct weir_buffer *out,
    weir_template_find_fn *find, void *owner)
{
    for (size_t i = 0; i < weir_template_n_parts(self); i++) {
        struct weir_str text = weir_template_text(self, i);
        const struct weir_str *value =
            weir_template_is_variable(self, i) ? find(owner, text) : NULL;

        weir_buffer_append_str(out, value ? *value : text);
    }
}
