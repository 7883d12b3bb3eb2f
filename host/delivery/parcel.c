#include "delivery/parcel.h"

#include <errno.h>
#include <string.h>
#include "base/mem.h"

static void add_group(struct parcel *parcel, struct hold hold)
{
    const struct group *group = hold.group;
    uint32_t i = parcel->n_groups++;

    parcel->holds[i] = hold;
    parcel->views[i] = &group->view;
    parcel->own_view[i] = false;
    parcel->first_log[i] = parcel->n_logs;
    parcel->n_logs += group->view.n_logs;
}

void parcel_fill(struct parcel *parcel, struct queue *queue)
{
    const struct hold *next;
    size_t bytes = 0;

    while (parcel->n_groups < PARCEL_GROUPS_MAX && (next = queue_peek(queue, 0))) {
        bytes += next->group->held_bytes;
        if (parcel->n_groups && bytes > PARCEL_BYTES_MAX)
            break;
        add_group(parcel, queue_take(queue));
    }
}

static void drop_view(struct parcel *parcel, uint32_t i)
{
    if (parcel->own_view[i])
        free((void *)(uintptr_t)parcel->views[i]);
    parcel->own_view[i] = false;
}

static void drop_marks(struct parcel *parcel)
{
    free(parcel->marks);
    parcel->marks = NULL;
}

void parcel_clear(struct parcel *parcel)
{
    for (uint32_t i = 0; i < parcel->n_groups; i++)
        drop_view(parcel, i);
    drop_marks(parcel);
    parcel->n_groups = parcel->n_logs = 0;
    parcel->first_ns = 0;
    parcel->settled_early = false;
}

int parcel_mark(struct parcel *parcel, uint32_t group, uint32_t log, uint32_t verdict)
{
    if (group >= parcel->n_groups || log >= parcel->views[group]->n_logs)
        return -EINVAL;
    if (verdict != WEIR_RETRY && verdict != WEIR_DELIVERED && verdict != WEIR_REJECTED)
        return -EINVAL;
    if (!parcel->marks)
        parcel->marks = mem_zalloc(parcel->n_logs);
    parcel->marks[parcel->first_log[group] + log] = (uint8_t)(verdict + 1);
    return 0;
}

static uint32_t log_verdict(
    const struct parcel *parcel, uint32_t group, uint32_t log, uint32_t verdict)
{
    uint8_t mark = parcel->marks ? parcel->marks[parcel->first_log[group] + log] : 0;

    return mark ? mark - 1U : verdict;
}

static uint64_t log_bytes(const struct weir_log *log)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < log->n_contents; i++)
        bytes += log->contents[i].key.size + log->contents[i].value.size;
    return bytes;
}

static void count_logs(struct parcel_count *count, uint32_t verdict, uint64_t logs, uint64_t bytes)
{
    if (verdict == WEIR_DELIVERED) {
        count->delivered_logs += logs;
        count->delivered_bytes += bytes;
    } else if (verdict == WEIR_REJECTED) {
        count->rejected_logs += logs;
    } else {
        count->retry_logs += logs;
    }
}

struct parcel_count parcel_count(const struct parcel *parcel, uint32_t verdict)
{
    struct parcel_count count = {0};

    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        const struct weir_group *view = parcel->views[i];

        if (!parcel->marks) {
            count_logs(&count, verdict, view->n_logs, view->bytes);
            continue;
        }
        for (uint32_t j = 0; j < view->n_logs; j++)
            count_logs(
                &count, log_verdict(parcel, i, j, verdict), 1, log_bytes(weir_log_at(view, j)));
    }
    return count;
}

static bool is_retry(uint32_t verdict)
{
    return verdict != WEIR_DELIVERED && verdict != WEIR_REJECTED;
}

static bool has_end(uint32_t verdict, bool retry)
{
    return retry ? is_retry(verdict) : verdict == WEIR_REJECTED;
}

/* A view of the i-th group's logs with that end; NULL if none has it. */
static struct weir_group *select_logs(
    const struct parcel *parcel, uint32_t i, uint32_t verdict, bool retry)
{
    const struct weir_group *from = parcel->views[i];
    struct weir_group *view = mem_zalloc(sizeof *view + from->n_logs * sizeof(struct weir_log));
    struct weir_log *logs = (struct weir_log *)(view + 1);
    uint32_t n_logs = 0;

    *view = *from;
    view->bytes = 0;
    for (uint32_t j = 0; j < from->n_logs; j++)
        if (has_end(log_verdict(parcel, i, j, verdict), retry)) {
            logs[n_logs] = *weir_log_at(from, j);
            view->bytes += log_bytes(&logs[n_logs++]);
        }
    view->logs = logs;
    view->log_stride = sizeof *logs;
    view->n_logs = n_logs;
    if (n_logs)
        return view;
    free(view);
    return NULL;
}

const struct weir_group *parcel_select(const struct parcel *parcel, uint32_t i, uint32_t verdict,
    bool retry, struct weir_group **ret_own)
{
    *ret_own = NULL;
    if (!parcel->marks)
        return has_end(verdict, retry) ? parcel->views[i] : NULL;
    *ret_own = select_logs(parcel, i, verdict, retry);
    return *ret_own;
}

static void release_group(struct parcel *parcel, uint32_t i, struct spool *spool)
{
    drop_view(parcel, i);
    hold_release(&parcel->holds[i], spool);
}

static void move_group(struct parcel *parcel, uint32_t to, uint32_t from)
{
    parcel->holds[to] = parcel->holds[from];
    parcel->views[to] = parcel->views[from];
    parcel->own_view[to] = parcel->own_view[from];
}

/* Without marks all logs share one fate. */
static uint32_t keep_all_or_none(struct parcel *parcel, uint32_t verdict, struct spool *spool)
{
    if (!is_retry(verdict))
        parcel_release(parcel, spool);
    return parcel->n_groups;
}

static void number_logs(struct parcel *parcel)
{
    parcel->n_logs = 0;
    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        parcel->first_log[i] = parcel->n_logs;
        parcel->n_logs += parcel->views[i]->n_logs;
    }
}

uint32_t parcel_keep_retries(struct parcel *parcel, uint32_t verdict, struct spool *spool)
{
    uint32_t kept = 0;

    if (!parcel->marks)
        return keep_all_or_none(parcel, verdict, spool);
    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        struct weir_group *view = select_logs(parcel, i, verdict, true);

        if (!view) {
            release_group(parcel, i, spool);
            continue;
        }
        drop_view(parcel, i);
        parcel->views[i] = view;
        parcel->own_view[i] = true;
        move_group(parcel, kept++, i);
    }
    parcel->n_groups = kept;
    drop_marks(parcel);
    number_logs(parcel);
    return kept;
}

void parcel_release(struct parcel *parcel, struct spool *spool)
{
    for (uint32_t i = 0; i < parcel->n_groups; i++)
        release_group(parcel, i, spool);
    parcel->n_groups = 0;
}

void parcel_give_back(struct parcel *parcel)
{
    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        drop_view(parcel, i);
        hold_give_back(&parcel->holds[i]);
    }
    parcel->n_groups = 0;
}
