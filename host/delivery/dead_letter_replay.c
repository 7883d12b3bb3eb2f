#include "base/mem.h"
#include "delivery/dead_letter_private.h"
#include "delivery/group_read.h"

/* A letter on its way: a source of one range, which its group holds as number 0. */
struct replay {
    struct ack_source source;
    struct list list; /* in the letters' replays */
    struct dead_letters *letters;
    uint64_t id;
    bool unsent; /* no flusher has got it */
};

bool letter_is_replayed(struct dead_letters *letters, uint64_t id)
{
    struct replay *replay;
    bool found = false;

    pthread_mutex_lock(&letters->lock);
    LIST_EACH (replay, &letters->replays, list) {
        found |= replay->id == id;
    }
    pthread_mutex_unlock(&letters->lock);
    return found;
}

/* The group is settled, or was given back by a lane that has ended: then the letter
 * stays. [any] */
static void on_released(struct ack_source *source)
{
    struct replay *replay = container_of(source, struct replay, source);
    struct dead_letters *letters = replay->letters;
    bool settled = !replay->unsent && ack_position(source, 0) == 1;

    pthread_mutex_lock(&letters->lock);
    list_remove(&replay->list);
    if (settled && letters->store)
        letter_go(letters, letters->store, replay->id);
    pthread_mutex_unlock(&letters->lock);
    ack_source_finish(source);
    free(replay);
    if (settled)
        dead_letters_sync_soon(letters);
}

static struct replay *start_replay(struct dead_letters *letters, uint64_t id)
{
    static const uint64_t start[1] = {0};
    struct replay *replay = mem_zalloc(sizeof *replay);

    replay->letters = letters;
    replay->id = id;
    replay->source.released = on_released;
    ack_source_init(&replay->source, 1, start);
    pthread_mutex_lock(&letters->lock);
    list_append(&letters->replays, &replay->list);
    pthread_mutex_unlock(&letters->lock);
    return replay;
}

static bool send(struct dead_letters *letters, const struct letter *letter,
    bool (*push)(void *context, const char *flusher, struct group *group), void *context)
{
    struct replay *replay = start_replay(letters, letter->id);
    struct range *range = range_open(&replay->source, 0, 1, 1);
    struct group *group = group_read(letters->memory, letter->block, letter->group, range, 1);
    bool sent = group && push(context, letter_text(letter, "flusher"), group);

    replay->unsent = !sent; /* it is held by the source until that is closed */
    if (group && !sent) {
        group_release(group, 0);
        group_unref(group);
    }
    ack_source_close(&replay->source);
    return sent;
}

struct json_object *dead_letters_replay(struct dead_letters *letters,
    const struct dead_letter_choice *choice,
    bool (*push)(void *context, const char *flusher, struct group *group), void *context)
{
    struct json_object *object = json_object_new_object();
    uint64_t after = 0, n = 0, logs = 0, kept = 0, last_id;
    struct letter letter;
    int r;

    pthread_mutex_lock(&letters->lock);
    last_id = letters->last_id; /* what is rejected again meanwhile is not sent again */
    pthread_mutex_unlock(&letters->lock);
    while ((r = letter_read(letters, after, &letter)) != SPOOL_E_END && letter.id <= last_id) {
        bool chosen =
            !r && letter_is_chosen(&letter, choice) && !letter_is_replayed(letters, letter.id);

        after = letter.id;
        if (chosen && send(letters, &letter, push, context)) {
            n++;
            logs += letter_logs(&letter);
        } else {
            kept += chosen;
        }
        letter_finish(&letter);
    }
    letter_finish(&letter);
    json_object_object_add(object, "replayed", json_object_new_uint64(n));
    json_object_object_add(object, "logs", json_object_new_uint64(logs));
    json_object_object_add(object, "kept", json_object_new_uint64(kept));
    return object;
}
