#include <string.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "delivery/dead_letter_private.h"
#include "delivery/group_read.h"

/* -- reading -- */

/* The head in front of the group. False when it is not as it was written. */
static bool parse(const struct spool_info *info, struct letter *letter)
{
    const char *data = letter->block->data;
    SCOPED_FREE char *text = NULL;
    uint32_t size;

    if (info->size < sizeof size)
        return false;
    memcpy(&size, data, sizeof size);
    if (size > info->size - sizeof size)
        return false;
    text = mem_strndup(data + sizeof size, size);
    letter->head = json_tokener_parse(text);
    letter->group =
        (struct weir_str){data + sizeof size + size, (size_t)info->size - sizeof size - size};
    return json_object_is_type(letter->head, json_type_object);
}

/* The first record that is not gone. It is found, asked for, and read: what went in between
 * is not there any more, or is asked for once more. */
static int read_record(struct dead_letters *letters, struct spool *store, uint64_t after,
    struct spool_info *info, struct block **ret_block)
{
    uint64_t id;
    int r;

    for (;;) {
        r = spool_peek(store, after, UINT64_MAX, NULL, info, NULL);
        if (r && r != SPOOL_E_BAD_RECORD)
            return r;
        id = info->seq;
        if (!letter_is_gone(letters, id)) {
            r = spool_peek(store, id - 1, id, letters->memory, info, ret_block);
            if (r != SPOOL_E_END)
                return r;
        }
        after = id;
    }
}

int letter_read(struct dead_letters *letters, uint64_t after, struct letter *ret)
{
    struct spool *store = dead_letters_open_store(letters);
    struct spool_info info;
    int r = SPOOL_E_END;

    *ret = (struct letter){0};
    if (store)
        r = read_record(letters, store, after, &info, &ret->block);
    if (r && r != SPOOL_E_BAD_RECORD)
        return SPOOL_E_END;
    ret->id = info.seq;
    if (r || parse(&info, ret))
        return r;
    letter_finish(ret);
    return SPOOL_E_BAD_RECORD;
}

void letter_finish(struct letter *letter)
{
    json_object_put(take_ptr(letter->head));
    block_unref(take_ptr(letter->block));
}

const char *letter_text(const struct letter *letter, const char *key)
{
    struct json_object *value;

    if (!json_object_object_get_ex(letter->head, key, &value))
        return "";
    return json_object_get_string(value);
}

uint64_t letter_logs(const struct letter *letter)
{
    struct json_object *value;

    return json_object_object_get_ex(letter->head, "logs", &value) ? json_object_get_uint64(value)
                                                                   : 0;
}

static bool is_of(const struct letter *letter, const char *flusher)
{
    return !strcmp(letter_text(letter, "flusher"), flusher) ||
           !strcmp(letter_text(letter, "pipeline"), flusher);
}

bool letter_is_chosen(const struct letter *letter, const struct dead_letter_choice *choice)
{
    bool chosen = !choice->n_ids;

    for (size_t i = 0; i < choice->n_ids; i++)
        chosen |= choice->ids[i] == letter->id;
    return chosen && (!choice->flusher || is_of(letter, choice->flusher));
}

/* -- list -- */

static struct json_object *letter_json(struct dead_letters *letters, const struct letter *letter)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "id", json_object_new_uint64(letter->id));
    json_object_object_foreach(letter->head, key, value)
    {
        json_object_object_add(object, key, json_object_get(value));
    }
    json_object_object_add(
        object, "replayed", json_object_new_boolean(letter_is_replayed(letters, letter->id)));
    return object;
}

static void add_totals(struct dead_letters *letters, struct json_object *object)
{
    struct spool *store = dead_letters_open_store(letters);
    struct spool_status status = {.max_bytes = letters->max_bytes};

    if (store)
        spool_get_status(store, &status);
    json_object_object_add(object, "logs", json_object_new_uint64(status.logs));
    json_object_object_add(object, "bytes", json_object_new_uint64(status.bytes));
    json_object_object_add(object, "max_bytes", json_object_new_uint64(status.max_bytes));
}

struct json_object *dead_letters_list(
    struct dead_letters *letters, const struct dead_letter_choice *choice)
{
    struct json_object *object = json_object_new_object();
    struct json_object *list = json_object_new_array();
    uint64_t after = 0, left_out = 0;
    struct letter letter;
    int r;

    while ((r = letter_read(letters, after, &letter)) != SPOOL_E_END) {
        after = letter.id;
        if (!r && letter_is_chosen(&letter, choice)) {
            if (json_object_array_length(list) < DEAD_LETTERS_LISTED_MAX)
                json_object_array_add(list, letter_json(letters, &letter));
            else
                left_out++;
        }
        letter_finish(&letter);
    }
    json_object_object_add(object, "letters", list);
    json_object_object_add(object, "left_out", json_object_new_uint64(left_out));
    add_totals(letters, object);
    return object;
}

/* -- show -- */

/* Bytes that are no UTF-8 become U+FFFD. */
static struct json_object *bytes_json(struct weir_str text)
{
    SCOPED_BUF struct buf clean = {0};
    const unsigned char *at = (const unsigned char *)text.data;

    for (size_t size = text.size; size;) {
        size_t length = utf8_length(at, size);
        size_t step = MAX(length, (size_t)1);

        buf_append(&clean, length ? (const void *)at : "\xEF\xBF\xBD", length ? length : 3);
        at += step;
        size -= step;
    }
    return json_object_new_string_len(buf_text(&clean), (int)clean.size);
}

/* Pairs in order, since keys may repeat. */
static struct json_object *pairs_json(const struct weir_kv *pairs, uint32_t n)
{
    struct json_object *list = json_object_new_array();

    for (uint32_t i = 0; i < n; i++) {
        struct json_object *pair = json_object_new_array();

        json_object_array_add(pair, bytes_json(pairs[i].key));
        json_object_array_add(pair, bytes_json(pairs[i].value));
        json_object_array_add(list, pair);
    }
    return list;
}

static struct json_object *log_json(const struct weir_log *log)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "time", json_object_new_uint64(log->time_s));
    json_object_object_add(object, "time_ns", json_object_new_uint64(log->time_ns));
    json_object_object_add(object, "contents", pairs_json(log->contents, log->n_contents));
    return object;
}

static struct json_object *group_json(const struct weir_group *group)
{
    struct json_object *object = json_object_new_object();
    struct json_object *logs = json_object_new_array();
    uint32_t n_shown = MIN(group->n_logs, DEAD_LETTERS_SHOWN_LOGS_MAX);

    json_object_object_add(object, "topic", bytes_json(group->topic));
    json_object_object_add(object, "category", bytes_json(group->category));
    json_object_object_add(object, "source", bytes_json(group->source));
    json_object_object_add(object, "tags", pairs_json(group->tags, group->n_tags));
    for (uint32_t i = 0; i < n_shown; i++)
        json_object_array_add(logs, log_json(weir_log_at(group, i)));
    json_object_object_add(object, "logs", logs);
    json_object_object_add(object, "left_out", json_object_new_uint64(group->n_logs - n_shown));
    return object;
}

struct json_object *dead_letters_show(struct dead_letters *letters, uint64_t id)
{
    struct json_object *object = NULL;
    struct letter letter;
    struct group *group;

    if (!id || letter_read(letters, id - 1, &letter))
        return NULL;
    if (letter.id == id) {
        object = letter_json(letters, &letter);
        group = group_read(letters->memory, letter.block, letter.group, NULL, UINT64_MAX);
        json_object_object_add(object, "group", group ? group_json(&group->view) : NULL);
        group_unref(group);
    }
    letter_finish(&letter);
    return object;
}

/* -- drop -- */

struct json_object *dead_letters_drop(
    struct dead_letters *letters, const struct dead_letter_choice *choice)
{
    struct spool *store = dead_letters_open_store(letters);
    struct json_object *object = json_object_new_object();
    uint64_t after = 0, n = 0, logs = 0;
    struct letter letter;
    int r;

    while ((r = letter_read(letters, after, &letter)) != SPOOL_E_END) {
        after = letter.id;
        if (!r && letter_is_chosen(&letter, choice)) {
            pthread_mutex_lock(&letters->lock);
            letter_go(letters, store, letter.id);
            pthread_mutex_unlock(&letters->lock);
            logs += letter_logs(&letter);
            n++;
        }
        letter_finish(&letter);
    }
    if (n && letters_sync(letters, store))
        dead_letters_sync_soon(letters);
    json_object_object_add(object, "dropped", json_object_new_uint64(n));
    json_object_object_add(object, "logs", json_object_new_uint64(logs));
    return object;
}
