/*
 * Dead letters: logs that were given up, kept with the reason until somebody looks at
 * them. One store for the process, a spool in the data folder; a letter is a group, or
 * what was given up of it, as LogGroup protobuf behind a JSON object that says from whom,
 * why, when, and after how many attempts.
 *
 * A letter survives kill -9 from the end of put on, and a crash of the machine some
 * seconds later. The store is bounded: when it is full, what is given up is dropped, and
 * counted by its lane.
 */
#ifndef DELIVERY_DEAD_LETTER_H
#define DELIVERY_DEAD_LETTER_H

#include <json-c/json.h>
#include "delivery/pool.h"
#include "event/group.h"

#define DEAD_LETTERS_BYTES_MAX (UINT64_C(256) << 20)
#define DEAD_LETTERS_LISTED_MAX 10000 /* letters in one answer */
#define DEAD_LETTERS_SHOWN_LOGS_MAX 1000

struct dead_letters;

/* Opens what lies there. `pool` lends threads for syncing. */
struct dead_letters *dead_letters_create(const char *folder, uint64_t max_bytes, struct pool *pool);
/* The pool still runs. NULL is fine. */
void dead_letters_destroy(struct dead_letters *letters);

struct dead_letter {
    const char *pipeline, *flusher; /* the lane's name */
    const char *reason;             /* judge_word() */
    const char *words;              /* the flusher's */
    int32_t code;
    uint64_t attempts;
};

/* A letter for each group. False, and nothing kept, when there is no room. [any] */
bool dead_letters_put(struct dead_letters *letters, const struct dead_letter *letter,
    const struct weir_group *const *groups, uint32_t n_groups);

/* Which letters are meant: those of `ids`, or all, and of them those of one flusher. */
struct dead_letter_choice {
    const uint64_t *ids;
    size_t n_ids;        /* 0: all */
    const char *flusher; /* a lane's or a pipeline's name; NULL: all */
};

/* What an operator asks; answers are the caller's. All calls on one thread. [control]
 *
 * list:   {"letters": [{id, time, pipeline, flusher, reason, code, words, attempts, logs,
 *         bytes}, ...], "left_out": n, "logs": n, "bytes": n, "max_bytes": n}
 * show:   one of these, with "group": tags and logs; NULL when there is none of that id
 * drop:   {"dropped": letters, "logs": n}
 * replay: {"replayed": letters, "logs": n, "kept": letters whose flusher does not run, or
 *         has no room} */
struct json_object *dead_letters_list(
    struct dead_letters *letters, const struct dead_letter_choice *choice);
struct json_object *dead_letters_show(struct dead_letters *letters, uint64_t id);
struct json_object *dead_letters_drop(
    struct dead_letters *letters, const struct dead_letter_choice *choice);

/* Sends letters again: `push` takes the group over for the flusher of that name, or says
 * false when there is none, or no room. A letter goes when its group is settled; what is rejected
 * again is a new one. */
struct json_object *dead_letters_replay(struct dead_letters *letters,
    const struct dead_letter_choice *choice,
    bool (*push)(void *context, const char *flusher, struct group *group), void *context);

#endif
