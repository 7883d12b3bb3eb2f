/* FLU: the memory of batches and of results. */
#include "kit/check_flu.h"

#include <string.h>
#include <sys/mman.h>
#include "base/clock.h"
#include "base/util.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

#define SETTLE_NS (5 * NS_PER_S)
#define CANARY ((char)0x5c)
#define CANARY_BYTES 64u
#define LOGS 100u

static const char *blame_writer(const struct trial *trial, const void *address)
{
    return stand_holds(trial->blame_context, address)
               ? "the plugin writes into the batch; it is read-only"
               : NULL;
}

void flu_read_only(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    trial->blame = blame_writer;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 4; id++) {
        struct sample *sample = marks_sample(trial, id, (uint32_t)id * LOGS, LOGS);

        sample_view(sample);
        sample_protect(sample, PROT_READ);
        stand_try(stand, sample, SETTLE_NS);
    }
    stand_urgent(stand, 1);
    stand_stop(stand, 5 * NS_PER_S);
    trial->blame = NULL;
}

static const char *blame_keeper(const struct trial *trial, const void *address)
{
    return stand_holds(trial->blame_context, address) ? "the plugin uses a batch after its verdict"
                                                      : NULL;
}

static void take_away(struct stand *stand, struct stand_batch *batch)
{
    (void)stand;
    sample_protect(batch->sample, PROT_NONE);
}

void flu_kept(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    stand->on_settle = take_away;
    trial->blame = blame_keeper;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 8; id++) {
        struct sample *sample = marks_sample(trial, id, (uint32_t)id * LOGS, LOGS);

        if (stand_flush(stand, sample, NULL) == WEIR_PENDING && id % 2)
            stand_wait(stand, sample, SETTLE_NS);
        life_pause_ms(5); /* for threads of the plugin's that still look at it */
    }
    stand_urgent(stand, 1);
    life_pause_ms(50);
    stand_stop(stand, 5 * NS_PER_S);
    life_pause_ms(50);
    trial->blame = NULL;
}

/* Writes behind the room that a result has are seen here. */
struct result_room {
    char before[CANARY_BYTES];
    struct weir_result result;
    char after[CANARY_BYTES];
    char text[256 + CANARY_BYTES];
};

static void expect_canaries(struct trial *trial, const char *bytes, size_t size, const char *what)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != CANARY)
            trial_fail(trial, "the plugin writes behind the end of %s", what);
}

static void flush_into(struct trial *trial, struct stand *stand, size_t text_max)
{
    struct sample *sample = marks_sample(trial, stand->n_batches + 1, 0, 1);
    struct result_room room;

    memset(&room, CANARY, sizeof room);
    room.result = (struct weir_result){
        .struct_size = sizeof room.result, .text = room.text, .text_max = text_max};
    if (text_max)
        room.text[0] = '\0';
    if (stand_flush_with(stand, sample, &room.result) == WEIR_PENDING)
        stand_wait(stand, sample, SETTLE_NS);
    expect_canaries(trial, room.before, sizeof room.before, "weir_result");
    expect_canaries(trial, room.after, sizeof room.after, "weir_result");
    expect_canaries(trial, room.text + text_max, sizeof room.text - text_max, "the room for words");
    if (text_max && !memchr(room.text, '\0', text_max))
        trial_fail(trial, "its words do not end in NUL within %zu bytes", text_max);
}

void flu_result(struct trial *trial)
{
    static const size_t sizes[] = {0, 1, 2, 16, 256};
    struct stand *stand = stand_start(trial, NULL);

    sink_break(trial);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        trial_doing(trial, "flush with %zu bytes for words", sizes[i]);
        flush_into(trial, stand, sizes[i]);
    }
    life_end(stand);
}
