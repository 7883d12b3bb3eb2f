#include <weir/json.h>
#include <weir/words.h>

/* What upstream's converters leave out, too. */
static bool is_internal(struct weir_str tag)
{
    return weir_str_is(tag, "__pack_id__") || weir_str_is(tag, "__user_defined_id__");
}

static void set_time(struct weir_json_head *head, uint32_t time_s)
{
    head->text.size = head->size;
    weir_buffer_append_uint(&head->text, time_s);
    head->time_s = time_s;
}

void weir_json_head_set(struct weir_json_head *head, const struct weir_group *group)
{
    struct weir_buffer *text = &head->text;

    weir_buffer_clear(text);
    weir_buffer_append_byte(text, '{');
    for (uint32_t i = 0; i < group->n_tags; i++)
        if (!is_internal(group->tags[i].key))
            weir_json_members(text, &group->tags[i], 1);
    weir_buffer_append_text(text, text->size > 1 ? ",\"__time__\":" : "\"__time__\":");
    head->size = text->size;
    set_time(head, 0);
}

void weir_json_head_finish(struct weir_json_head *head)
{
    weir_buffer_finish(&head->text);
}

void weir_json_object(
    struct weir_buffer *buffer, struct weir_json_head *head, const struct weir_log *log)
{
    if (log->time_s != head->time_s)
        set_time(head, log->time_s);
    buffer->failed |= head->text.failed;
    weir_buffer_append(buffer, head->text.data, head->text.size);
    weir_json_members(buffer, log->contents, log->n_contents);
    weir_buffer_append_byte(buffer, '}');
}
