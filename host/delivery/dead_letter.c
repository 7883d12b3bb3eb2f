#include "delivery/dead_letter.h"

#include <string.h>
#include <sys/stat.h>
#include <weir/loggroup.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "delivery/dead_letter_private.h"

#define COMPLAINT_INTERVAL_NS (10 * NS_PER_S)
#define SYNC_NS (1 * NS_PER_S)
#define PUT_GROUPS_MAX 64
#define READ_MEMORY_BYTES (64 * MIB)

static void sync_turn(struct turn *turn)
{
    struct dead_letters *letters = container_of(turn, struct dead_letters, sync);
    struct spool *store = dead_letters_open_store(letters);

    if (store && letters_sync(letters, store))
        dead_letters_sync_soon(letters);
}

void dead_letters_sync_soon(struct dead_letters *letters)
{
    pool_schedule_at(letters->pool, &letters->sync, clock_now_ns() + SYNC_NS);
}

static bool has_data(const struct dead_letters *letters)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", letters->folder);
    struct stat status;

    return stat(path, &status) == 0;
}

struct dead_letters *dead_letters_create(const char *folder, uint64_t max_bytes, struct pool *pool)
{
    struct dead_letters *letters = mem_zalloc(sizeof *letters);

    letters->folder = mem_strdup(folder);
    letters->max_bytes = max_bytes;
    letters->pool = pool;
    letters->sync.run = sync_turn;
    letters->memory = memory_create(READ_MEMORY_BYTES);
    letters->complaint.interval_ns = COMPLAINT_INTERVAL_NS;
    list_init(&letters->sync.line);
    list_init(&letters->replays);
    pthread_mutex_init(&letters->lock, NULL);
    if (has_data(letters))
        dead_letters_store(letters);
    return letters;
}

void dead_letters_destroy(struct dead_letters *letters)
{
    if (!letters)
        return;
    if (!pool_forget(letters->pool, &letters->sync, clock_now_ns() + NS_PER_S))
        return; /* the disk hangs */
    pthread_mutex_lock(&letters->lock);
    spool_close(take_ptr(letters->store));
    pthread_mutex_unlock(&letters->lock);
    if (!list_empty(&letters->replays)) /* with a flusher that was left behind */
        return;
    memory_destroy(letters->memory);
    pthread_mutex_destroy(&letters->lock);
    free(letters->gone);
    free(letters->folder);
    free(letters);
}

/* Under the lock. */
static void open_store(struct dead_letters *letters)
{
    struct spool_spec spec = {letters->folder, letters->max_bytes, false};
    struct spool_status status;
    uint64_t suppressed;
    char why[256] = "";

    if (!spool_open(&spec, &letters->store, why, sizeof why)) {
        spool_get_status(letters->store, &status);
        letters->last_id = MAX(letters->last_id, status.last_seq);
    } else if (log_limit_pass(&letters->complaint, clock_now_ns(), &suppressed)) {
        log_error("dead letters cannot be kept", LOG_STR("why", why));
    }
}

struct spool *dead_letters_store(struct dead_letters *letters)
{
    struct spool *store;

    pthread_mutex_lock(&letters->lock);
    if (!letters->store)
        open_store(letters);
    store = letters->store;
    pthread_mutex_unlock(&letters->lock);
    return store;
}

struct spool *dead_letters_open_store(struct dead_letters *letters)
{
    struct spool *store;

    pthread_mutex_lock(&letters->lock);
    store = letters->store;
    pthread_mutex_unlock(&letters->lock);
    return store;
}

static uint64_t take_ids(struct dead_letters *letters, uint32_t n)
{
    uint64_t first;

    pthread_mutex_lock(&letters->lock);
    first = letters->last_id + 1;
    letters->last_id += n;
    pthread_mutex_unlock(&letters->lock);
    return first;
}

/* JSON is UTF-8, a flusher's words need not be. */
static struct json_object *text_json(const char *text)
{
    SCOPED_BUF struct buf clean = {0};
    size_t size = strlen(text);

    while (size) {
        size_t length = utf8_length((const unsigned char *)text, size);

        buf_append(&clean, length ? text : "\xEF\xBF\xBD", length ? length : 3);
        text += MAX(length, (size_t)1);
        size -= MAX(length, (size_t)1);
    }
    return json_object_new_string(buf_text(&clean));
}

static void put_head(
    struct weir_buffer *buffer, const struct dead_letter *letter, const struct weir_group *group)
{
    struct json_object *head = json_object_new_object();
    uint32_t size;
    const char *text;

    json_object_object_add(
        head, "time", json_object_new_double((double)clock_wall_ns() / (double)NS_PER_S));
    json_object_object_add(head, "pipeline", text_json(letter->pipeline));
    json_object_object_add(head, "flusher", text_json(letter->flusher));
    json_object_object_add(head, "reason", text_json(letter->reason));
    json_object_object_add(head, "code", json_object_new_int(letter->code));
    json_object_object_add(head, "words", text_json(letter->words));
    json_object_object_add(head, "attempts", json_object_new_uint64(letter->attempts));
    json_object_object_add(head, "logs", json_object_new_uint64(group->n_logs));
    json_object_object_add(head, "bytes", json_object_new_uint64(group->bytes));
    text = json_object_to_json_string_ext(
        head, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    size = (uint32_t)strlen(text);
    weir_buffer_append(buffer, &size, sizeof size);
    weir_buffer_append(buffer, text, size);
    json_object_put(head);
}

bool dead_letters_put(struct dead_letters *letters, const struct dead_letter *letter,
    const struct weir_group *const *groups, uint32_t n_groups)
{
    struct spool *store = dead_letters_store(letters);
    struct weir_buffer buffer = {0};
    struct spool_item items[PUT_GROUPS_MAX];
    size_t at[PUT_GROUPS_MAX + 1] = {0};
    uint64_t id;
    bool kept;

    if (!store || n_groups > PUT_GROUPS_MAX)
        return false;
    id = take_ids(letters, n_groups);
    for (uint32_t i = 0; i < n_groups; i++) {
        put_head(&buffer, letter, groups[i]);
        weir_loggroup_append(&buffer, groups[i]);
        at[i + 1] = buffer.size;
    }
    for (uint32_t i = 0; i < n_groups; i++)
        items[i] = (struct spool_item){
            .info = {.seq = id + i,
                .wall_ns = clock_wall_ns(),
                .size = at[i + 1] - at[i],
                .n_logs = groups[i]->n_logs},
            .content = buffer.data + at[i],
        };
    kept = !buffer.failed && spool_append(store, items, n_groups) == 0;
    weir_buffer_finish(&buffer);
    if (kept)
        dead_letters_sync_soon(letters);
    return kept;
}
