/*
 * The spools of a process, by lane name: each is open at most once (LMDB's locks do not
 * stand two in a process), and belongs to the name, not to the lane. So a lane that is
 * made anew by a reload gets what its predecessor has left, as soon as that has put it
 * back. All calls [any].
 */
#ifndef DELIVERY_SPOOLS_H
#define DELIVERY_SPOOLS_H

#include "base/filesystem.h"
#include "base/list.h"
#include "config/pipeline_config.h"
#include "delivery/spool.h"

/* Memory for what is read back: of the process, besides the budget that inputs ask. A lane
 * that holds nothing may exceed it by one group, so that none starves. */
#define SPOOLS_READ_BACK_BYTES ((size_t)64 << 20)

struct spools;

/* `folder`: spools lie below it, <folder>/<pipeline>/<type>/<id>, unless their lane says
 * otherwise. */
struct spools *spools_create(const char *folder);
/* All must have been put back, or belong to lanes that were left behind. NULL is fine. */
void spools_destroy(struct spools *spools);

/* What read-back is charged to. */
struct memory *spools_memory(struct spools *spools);

/* Who wants one; embedded in the lane, zeroed at first. */
struct spool_claim {
    const char *lane;                           /* name */
    const struct delivery_config *limits;       /* path, size, durability */
    void (*returned)(struct spool_claim *self); /* another has put it back: take again */
    struct list waiting;                        /* private */
};

/* Opens it. 0; -EBUSY: another lane has it, and `returned` will be called; SPOOL_E_FULL or
 * another -errno: try again later; `why` holds words. */
int spools_take(struct spools *spools, struct spool_claim *claim, struct spool **ret, char *why,
    size_t why_max);
/* Closes it; when `empty`, its files go, too. The next in line is told. */
void spools_put(struct spools *spools, struct spool_claim *claim, struct spool *spool, bool empty);
/* No longer wants it; the next in line is told, if it is free. */
void spools_withdraw(struct spools *spools, struct spool_claim *claim);

/* On what it lies, or would lie; *ret_name as in filesystem_of. */
enum filesystem spools_filesystem(
    struct spools *spools, const struct spool_claim *claim, const char **ret_name);

/* Whether something lies on disk for it. */
bool spools_has_data(struct spools *spools, const struct spool_claim *claim);

/* Spools in `folder` that are not open: their lanes have gone, have no spool any more, or
 * have set a damaged one aside. Those below a path of a lane's own are not looked for,
 * since another host may use that path, too. */
#define SPOOLS_LEFT_MAX 256u

struct spool_left {
    char *lane;              /* the name it belongs to */
    uint64_t logs, bytes;    /* 0 logs when it cannot be read; then bytes are the file's */
    uint64_t oldest_wall_ns; /* 0: not known */
    char *why;               /* it cannot be read; NULL */
};

struct spools_left {
    struct spool_left *items; /* by name */
    size_t count, n_more;     /* more: beyond SPOOLS_LEFT_MAX */
};

/* Reads the disk, and has what it finds checked: may take long. A lane that wants one of
 * them meanwhile waits in line. */
void spools_look(struct spools *spools, struct spools_left *ret);
void spools_left_finish(struct spools_left *left);

/* Removes one for good; *ret says what it was, its texts are the caller's. 0; -ENOENT:
 * nothing lies there under that name; -EBUSY: a lane has it; another -errno. */
int spools_drop(struct spools *spools, const char *lane, struct spool_left *ret);

#endif
