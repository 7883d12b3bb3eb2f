/*
 * One file as it is followed: its descriptor, how far it is read, and who it is. Told
 * apart by device, inode, the time the inode was made, and the fingerprint of its
 * content, never by its path.
 * Belongs to one input, on its loop.
 */
#ifndef INPUT_TAIL_H
#define INPUT_TAIL_H

#include <sys/stat.h>
#include "base/list.h"
#include "base/map.h"
#include "input/file_source.h"
#include "input/fingerprint.h"
#include "input/input.h"
#include "input/lines.h"
#include "input/troubles.h"

/* What a file may hold while others are read, and what all of one input may hold that
 * hold more than that; bytes. */
#define TAIL_HOLD_MAX_BYTES ((size_t)4 << 10)
#define TAIL_PARKED_MAX_BYTES ((size_t)4 << 20)

/* The last bytes that were read of a file are remembered: so many. */
#define TAIL_MARK_BYTES 32U

/* What all files of one input have in common. */
struct tail_setup {
    struct input *input;
    struct lines_rules rules;
    struct lines_scratch scratch;
    const struct weir_kv *tags; /* behind those about the file */
    size_t n_tags;
    struct weir_str path_key;   /* tag with a file's path; "": none */
    struct weir_str inode_key;  /* tag with its inode; "": none */
    struct weir_str offset_key; /* content with a log's place in the file; "": none */
    struct weir_str topic;      /* of all files */
    struct pattern *topic_path; /* or: what its groups are in a file's path. NULL: not so */
    uint64_t tail_bytes;        /* where new files start, before their end; UINT64_MAX: at 0 */
    size_t parked_bytes;        /* what the lines of all files hold while others are read */
    struct troubles troubles;
};

struct tail {
    struct tail_setup *setup;
    char *path;  /* where it is now, as far as is known */
    char *name;  /* where it was first seen: the tag __path__ */
    char *topic; /* by the setup's expression, "" if it does not match; NULL: the setup's */
    char *context;
    uint64_t device, inode;
    uint64_t born_ns; /* when the inode was made; 0: not known */
    int fd;           /* -1: closed */
    struct fingerprint print;
    struct {
        char bytes[TAIL_MARK_BYTES];
        uint32_t size; /* 0: nothing was read yet, since it was begun */
        uint64_t at;   /* where they are in the file */
    } mark;
    struct file_source *source; /* NULL: not opened yet */
    struct lines lines;
    uint64_t position;       /* bytes read; the line that is held lies before it */
    uint64_t end;            /* its size when its end was last seen; UINT64_MAX: not yet */
    uint64_t size;           /* when it was last looked at */
    uint64_t was_size;       /* before it became smaller; 0: it did not, since it was begun */
    uint64_t *lane_starts;   /* by lane, where each began; NULL: all have the same */
    uint64_t boundary;       /* where the next lane begins; UINT64_MAX: none */
    struct timespec changed; /* its mtime when it was last checked */
    uint64_t furthest;       /* the most that was ever read, in bytes; since it was begun */
    uint64_t grew_ns;        /* when that grew; loop time */
    size_t parked;           /* bytes it holds while others are read, if that is much */
    uint64_t lacks_ns;       /* since when it lacks a descriptor; loop time, 0: it does not */
    int error;               /* of the last try to open it, told once */
    bool already_read;       /* its checkpoint lay at its end when it was opened */
    bool compressed;         /* when it was last looked into, and told */
    bool noted;              /* its checkpoint is in the store */
    bool only_known;         /* read it only if its checkpoint fits; its name is set then */

    /* The input's. */
    struct map_item by_inode, by_path;
    struct list all, work, idle; /* idle: also among those that lack a descriptor */
    uint32_t seen;               /* the scan that saw it last */
    bool by_link;                /* its path is a symbolic link */
    bool gone;                   /* no path leads to it any more */
    bool closed;                 /* and it has been read to its end and closed for good */
    bool deleted;                /* it had no name at all when it was closed */
    bool flush_due;              /* at its end, what is held is delivered */
    bool at_end, done;           /* `once`: the end was seen; nothing more is read */
};

/* Nothing is opened yet. */
struct tail *tail_create(struct tail_setup *setup, const char *path, const struct stat *status);
/* Ranges that are out live on. NULL is fine. */
void tail_destroy(struct tail *tail);

/* Opens it if it is closed, and sees whether it is the same as before and has not been
 * truncated; if not it is begun anew. 0 or -errno, and then it is closed (ESTALE: the path
 * leads elsewhere now, or it is not the file that was looked for; EMEDIUMTYPE: it is
 * compressed). */
int tail_check(struct tail *tail);
/* Closes the descriptor; it can be opened again while the path leads to it. */
void tail_close(struct tail *tail);
/* Its file is open already: takes the descriptor over. */
void tail_set_fd(struct tail *tail, int fd);
void tail_rename(struct tail *tail, const char *path);
/* What the tag __path__ says. */
void tail_set_name(struct tail *tail, const char *name);
/* Whether it may be read: its checkpoint is in the store, so that it is found again. */
bool tail_is_noted(struct tail *tail);
/* Looked for by its checkpoint: `name` is what it was called then. */
void tail_set_known(struct tail *tail, const char *name);
/* Found by the pattern: it is read, whatever the checkpoints say of its inode's number. */
void tail_set_wanted(struct tail *tail);
/* Its size was seen, and whether it has become smaller. */
void tail_note_size(struct tail *tail, uint64_t size);
/* Takes a look at its status: whether there is reason to read it. */
bool tail_look(struct tail *tail, const struct stat *status);
/* Whether something was read of it that has not been delivered, or lies behind it. */
bool tail_has_rest(const struct tail *tail);
/* Whether it has no name any more, anywhere; it is open. */
bool tail_is_deleted(const struct tail *tail);
/* How many bytes of its first `size` have not been read. */
uint64_t tail_unread(const struct tail *tail, uint64_t size);

enum tail_result {
    TAIL_LINES, /* whole logs were read, there may be more */
    TAIL_PART,  /* something was read, but no log is whole yet */
    TAIL_END,   /* there is no more now */
    TAIL_ERROR, /* errno says why */
};
/* One read, pushed to the sink. The descriptor is open. */
enum tail_result tail_read(struct tail *tail);
/* Others have their turn: what is held and takes much memory is let go. */
void tail_yield(struct tail *tail);
/* Holds nothing any more; what it held will be read again. */
void tail_let_go(struct tail *tail);
/* The line that is held is delivered as it is: nothing will complete it. */
void tail_push_rest(struct tail *tail);

static inline bool tail_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The lanes that still need what begins at `start`. Pure. */
uint64_t lanes_at(const uint64_t *lane_starts, uint32_t n_lanes, uint64_t start);
/* The first position of a lane behind `position`; UINT64_MAX: none. Pure. */
uint64_t next_boundary(const uint64_t *lane_starts, uint32_t n_lanes, uint64_t position);

/* What has become of a file, going by what is seen of it. Pure. */
enum tail_change {
    TAIL_SAME,
    TAIL_TRUNCATED, /* it is shorter than what was read of it */
    TAIL_REPLACED,  /* it is otherwise: copied and truncated, or another file */
};
enum tail_change tail_change_of(uint64_t position, uint64_t size, bool same_print);

#endif
